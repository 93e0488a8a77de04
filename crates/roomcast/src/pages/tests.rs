use super::{kept::ITEM_BYTES, *};
use crate::{
    store::memory::Memory,
    testing::store::{append, delete, edit, message},
};
use roomcast_protocol::MAX_CONTENT_BYTES;

/// A room with so many messages.
async fn filled(store: &Memory, room: &str, n: u64, content: &str) -> RoomName {
    for _ in 0..n {
        append(store, vec![message(room, "ann", content)]).await;
    }
    RoomName::parse(room).unwrap()
}

/// So many edits of the room's first message, each to something else.
async fn edited(store: &Memory, room: &str, n: u64) {
    for n in 0..n {
        append(store, vec![edit(room, "ann", 1, &n.to_string())]).await;
    }
}

fn at(seq: u64, change: u64) -> Position {
    Position { seq, change }
}

fn upto(seq: u64, change: u64) -> Wanted {
    Wanted { floor: 0, least: at(seq, change), upto: at(seq, change) }
}

fn numbers(lacking: &Lacking) -> (Vec<u64>, Vec<u64>) {
    (lacking.messages.iter().map(|m| m.seq).collect(), lacking.changes.iter().map(|c| c.number).collect())
}

#[tokio::test]
async fn a_page_is_the_same_for_all_and_read_again_when_the_log_has_grown() {
    let (store, pages) = (Memory::default(), Pages::default());
    let hall = filled(&store, "hall", PAGE + 50, "x").await;
    let page = async |sent, wanted| {
        let sent = Sent::At(at(sent, 0));
        pages.after(&store, &hall, sent, upto(wanted, 0)).await.unwrap().messages
    };
    let first = page(0, PAGE + 50).await;
    assert_eq!((first[0].seq, first.len() as u64), (1, PAGE));
    assert!(Arc::ptr_eq(&first, &page(PAGE - 1, PAGE + 50).await));
    let second = page(PAGE, PAGE + 50).await;
    assert_eq!((second[0].seq, second.len()), (PAGE + 1, 50));
    filled(&store, "hall", 1, "x").await;
    assert!(Arc::ptr_eq(&second, &page(PAGE + 49, PAGE + 50).await));
    assert_eq!(page(PAGE + 49, PAGE + 51).await.len(), 51);
}

#[tokio::test]
async fn pages_of_changes_are_the_same_for_all_as_well() {
    let (store, pages) = (Memory::default(), Pages::default());
    let hall = filled(&store, "hall", 1, "x").await;
    edited(&store, "hall", PAGE + 50).await;
    let page = async |sent, wanted| {
        let sent = Sent::At(at(1, sent));
        pages.after(&store, &hall, sent, upto(1, wanted)).await.unwrap().changes
    };
    let first = page(0, PAGE + 50).await;
    assert_eq!((first[0].number, first.len() as u64), (1, PAGE));
    assert!(Arc::ptr_eq(&first, &page(PAGE - 1, PAGE + 50).await));
    let second = page(PAGE, PAGE + 50).await;
    assert_eq!((second[0].number, second.len()), (PAGE + 1, 50));
    edited(&store, "hall", 1).await;
    assert!(Arc::ptr_eq(&second, &page(PAGE + 49, PAGE + 50).await));
    assert_eq!(page(PAGE + 49, PAGE + 51).await.len(), 51);
}

#[tokio::test]
async fn nothing_is_read_of_which_nothing_lacks() {
    let (store, pages) = (Memory::default(), Pages::default());
    let hall = filled(&store, "hall", 3, "x").await;
    edited(&store, "hall", 2).await;
    let lacking = async |seq, change| {
        numbers(&pages.after(&store, &hall, Sent::At(at(seq, change)), upto(3, 2)).await.unwrap())
    };
    assert_eq!(lacking(3, 2).await, (vec![], vec![]));
    assert_eq!(lacking(2, 2).await, (vec![1, 2, 3], vec![]));
    assert_eq!(lacking(3, 1).await, (vec![], vec![1, 2]));
}

/// A log of 5 × `PAGE` changes: message n has n changes behind it, so that no two places have the same numbers of both.
async fn stairs(store: &Memory) -> (RoomName, Vec<Position>) {
    let (mut places, mut here) = (vec![at(0, 0)], at(0, 0));
    while here.change < 5 * PAGE {
        append(store, vec![message("hall", "ann", "x")]).await;
        here.seq += 1;
        places.push(here);
        for _ in 0..here.seq {
            append(store, vec![edit("hall", "ann", here.seq, &here.change.to_string())]).await;
            here.change += 1;
            places.push(here);
        }
    }
    (RoomName::parse("hall").unwrap(), places)
}

#[tokio::test]
async fn a_place_is_found_by_its_message_or_by_what_is_in_front_of_it() {
    let (store, pages) = (Memory::default(), Pages::default());
    let (hall, places) = stairs(&store).await;
    let newest = places.last().unwrap().change;
    for (n, place) in places.iter().enumerate() {
        let found = pages.find(&store, &pages.key(&hall), Sent::Events(n as u64), newest).await.unwrap();
        assert_eq!(found, *place);
        let right_behind = places.iter().find(|p| p.seq == place.seq).unwrap();
        let found = pages.find(&store, &pages.key(&hall), Sent::Message(place.seq), newest).await.unwrap();
        assert_eq!(found, *right_behind);
    }
}

#[tokio::test]
async fn changes_that_are_not_kept_are_missed_and_those_that_are_need_no_others() {
    let store = Memory::new(std::num::NonZeroUsize::new(3).unwrap());
    let pages = Pages::default();
    let hall = filled(&store, "hall", 1, "x").await;
    edited(&store, "hall", 5).await;
    let lost = async |sent| pages.after(&store, &hall, sent, upto(1, 5)).await.unwrap().is_lost();
    assert!(lost(Sent::At(at(1, 0))).await && lost(Sent::At(at(1, 1))).await);
    assert!(!lost(Sent::At(at(1, 2))).await && !lost(Sent::At(at(1, 5))).await);
    assert!(!lost(Sent::Message(1)).await, "who counts messages alone gets those that are kept");
}

/// The comment at the top of `pages.rs`, tested: whoever gets a message as it was gets what changed it.
#[tokio::test]
async fn a_page_that_is_older_than_a_change_does_no_harm() {
    let (store, pages) = (Memory::default(), Pages::default());
    let hall = filled(&store, "hall", 3, "old").await;
    let kept = pages.after(&store, &hall, Sent::Message(0), upto(3, 0)).await.unwrap();
    append(&store, vec![edit("hall", "ann", 1, "new"), delete("hall", "ann", 2)]).await;
    let lacking = pages.after(&store, &hall, Sent::At(at(0, 0)), upto(3, 2)).await.unwrap();
    assert!(Arc::ptr_eq(&kept.messages, &lacking.messages) && &*lacking.messages[0].content == "old");
    let events = lacking.events().into_events();
    assert_eq!(events.last().unwrap().at, at(3, 2));
    let changed: Vec<_> = lacking.changes.iter().map(|change| change.seq).collect();
    assert_eq!(changed, [1, 2], "each message that is shown as it was is changed behind it");
}

#[tokio::test]
async fn a_deletion_makes_the_pages_of_its_room_void() {
    let (store, pages) = (Memory::default(), Pages::default());
    let (hall, yard) = (filled(&store, "hall", 3, "x").await, filled(&store, "yard", 3, "x").await);
    edited(&store, "hall", 1).await;
    let lacking =
        async |room, change| pages.after(&store, room, Sent::At(at(0, 0)), upto(3, change)).await.unwrap();
    let (before, other) = (lacking(&hall, 1).await, lacking(&yard, 0).await);
    append(&store, vec![delete("hall", "ann", 1)]).await;
    pages.forget(&hall);
    let after = lacking(&hall, 1).await;
    assert_eq!((&*before.messages[0].content, &*after.messages[0].content), ("0", ""));
    assert_eq!(after.changes[0].kind, crate::store::Kind::Edit { content: None });
    let same_count = std::ptr::eq(pages.deletions(&hall), pages.deletions(&yard));
    assert!(same_count || Arc::ptr_eq(&other.messages, &lacking(&yard, 0).await.messages), "others are kept");
}

#[tokio::test]
async fn so_many_bytes_are_kept_and_no_more() {
    let (store, pages) = (Memory::default(), Pages::default());
    let content = "x".repeat(MAX_CONTENT_BYTES);
    let a_page = (ITEM_BYTES + PAGE as usize * (ITEM_BYTES + content.len())) as u64;
    let rooms = MAX_BYTES / a_page + 4;
    for n in 0..rooms {
        let room = filled(&store, &format!("room-{n}"), PAGE, &content).await;
        for n in 0..PAGE {
            append(&store, vec![edit(room.as_str(), "ann", n + 1, &content.replacen('x', "y", 1))]).await;
        }
        let lacking =
            async || pages.after(&store, &room, Sent::At(at(0, 0)), upto(PAGE, PAGE)).await.unwrap();
        let (first, again) = (lacking().await, lacking().await);
        assert!(Arc::ptr_eq(&first.messages, &again.messages), "the largest page is kept");
        assert!(Arc::ptr_eq(&first.changes, &again.changes), "the largest page of changes is kept");
        assert!(pages.messages.weight() <= MAX_BYTES && pages.changes.weight() <= MAX_BYTES);
    }
    assert!(pages.messages.weight() > MAX_BYTES / 2 && pages.changes.weight() > MAX_BYTES / 2);
}
