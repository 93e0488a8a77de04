use super::*;
use crate::{
    auth::Users,
    catch_up::{PAGE_BYTES, piece},
    limits::Limits,
    pages::Lacking,
    store::{Head, Record},
};
use roomcast_protocol::RoomName;
use roomcast_socket::{Hub, Options};

pub(in crate::room) fn room() -> Room {
    let hub = Hub::start(Options { shards: 1, ..Options::default() }).unwrap();
    Room::new(RoomName::parse("hall").unwrap(), hub, &Head { epoch: "e".into(), seq: 0, change: 0, floor: 0 })
}

pub(in crate::room) fn ann() -> Arc<User> {
    Users::new(Limits::default()).get(UserName::parse("ann").unwrap())
}

/// Messages with these numbers.
pub(in crate::room) fn records(seqs: impl Iterator<Item = usize>, content: &str) -> Vec<Record> {
    let (user, content) = (ann().name.clone(), Arc::<str>::from(content));
    seqs.map(|seq| Record {
        seq: seq as u64,
        user: user.clone(),
        at_ms: 0,
        content: content.clone(),
        nonce: None,
        reply_to: None,
        edited_ms: None,
        deleted_ms: None,
    })
    .collect()
}

pub(in crate::room) fn at(seq: u64, change: u64) -> Position {
    Position { seq, change }
}

/// The same where nothing was changed.
pub(in crate::room) fn messages(seqs: impl Iterator<Item = usize>, content: &str) -> Vec<Event> {
    let event = |record: Record| Event { at: at(record.seq, 0), what: Happened::Message(record) };
    records(seqs, content).into_iter().map(event).collect()
}

/// A deletion of the first message, the nth change behind the nth message.
fn change(n: u64) -> Event {
    let change =
        Change { number: n, after: n, seq: 1, user: ann().name.clone(), at_ms: 0, kind: Kind::Delete };
    Event { at: at(n, n), what: Happened::Change(change) }
}

/// Messages 1 to n, each with a change behind it.
fn by_turns(n: u64) -> Vec<Event> {
    let message =
        |n| Event { at: at(n, n - 1), what: messages(n as usize..n as usize + 1, "x").remove(0).what };
    (1..=n).flat_map(|n| [message(n), change(n)]).collect()
}

pub(in crate::room) fn grown(room: &Room, events: &[Event]) -> bool {
    room.grown(&"e".into(), events.last().unwrap().at, events, |_| 0)
}

#[test]
fn what_was_deleted_is_not_at_hand_any_more() {
    let (room, ann) = (room(), ann());
    let event = |number, kind| {
        let change = Change { number, after: 2, seq: 1, user: ann.name.clone(), at_ms: 0, kind };
        Event { at: at(2, number), what: Happened::Change(change) }
    };
    grown(&room, &messages(1..3, "secret"));
    grown(&room, &[event(1, Kind::Edit { content: Some("secret".into()) })]);
    let secrets = || {
        let (frames, _) = room.recent(Sent::At(at(0, 0)), room.cursor().events(), &ann).unwrap();
        String::from_utf8_lossy(&frames).matches("secret").count()
    };
    assert_eq!(secrets(), 3);
    grown(&room, &[event(2, Kind::Delete)]);
    assert_eq!(secrets(), 1, "that of the other message");
}

/// The numbers of what these frames say: messages', and changes'.
fn said(frames: &[u8]) -> Vec<(u64, u64)> {
    let text = String::from_utf8_lossy(frames);
    let number = |text: &str, name: &str| {
        let rest = text.split_once(&format!("\"{name}\":"))?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let frame = |text: &str| (number(text, "seq").unwrap(), number(text, "change").unwrap_or(0));
    text.split("{\"type\"").skip(1).map(frame).collect()
}

#[test]
fn what_comes_early_is_kept_up_to_the_bound_and_read_again_beyond_it() {
    let (full, more) = (room(), room());
    assert!(!grown(&full, &messages(2..EARLY + 2, "x")), "all of it is kept");
    assert!(!grown(&full, &messages(1..2, "x")));
    assert_eq!((full.cursor().seq, full.lags()), (EARLY as u64 + 1, false));

    assert!(grown(&more, &messages(2..EARLY + 3, "x")), "the last is to be read again");
    assert_eq!(more.state().early.len(), EARLY);
    assert!(more.fetched(&messages(1..2, "x"), |_| 0));
    assert_eq!(more.cursor().seq, EARLY as u64 + 1);
    assert!(!more.fetched(&messages(EARLY + 2..EARLY + 3, "x"), |_| 0));
    assert_eq!((more.cursor().seq, more.lags()), (EARLY as u64 + 2, false));
}

#[test]
fn changes_wait_for_their_turn_like_messages() {
    let room = room();
    let log = by_turns(3);
    for (event, cursor) in
        [(1, at(0, 0)), (0, at(1, 1)), (4, at(1, 1)), (3, at(1, 1)), (2, at(3, 2)), (5, at(3, 3))]
    {
        grown(&room, &log[event..=event]);
        assert_eq!(room.cursor(), cursor);
    }
    assert!(!room.lags());
}

#[test]
fn the_newest_are_at_hand_and_one_more_is_not() {
    let (room, ann) = (room(), ann());
    let n = RECENT as u64;
    let recent = |from, events| room.recent(Sent::At(from), events, &ann);
    grown(&room, &messages(1..RECENT + 1, "x"));
    assert!(recent(at(0, 0), n).is_some_and(|(frames, at)| !frames.is_empty() && at.seq == n));
    grown(&room, &messages(RECENT + 1..RECENT + 2, "x"));
    assert_eq!(recent(at(0, 0), n + 1), None);
    assert!(recent(at(1, 0), n + 1).is_some());
    assert_eq!(room.state().recent.len(), RECENT);
}

#[test]
fn of_the_newest_each_gets_what_it_lacks_up_to_where_its_shard_is() {
    let (room, ann) = (room(), ann());
    grown(&room, &by_turns(9));
    let recent = |from, events| room.recent(from, events, &ann).map(|(frames, at)| (said(&frames), at));
    let (all, none) = ([(8, 0), (1, 8), (9, 0), (1, 9)], (Vec::new(), at(9, 9)));
    assert_eq!(recent(Sent::At(at(7, 7)), 18), Some((all.to_vec(), at(9, 9))));
    assert_eq!(recent(Sent::At(at(7, 7)), 17), Some((all[..3].to_vec(), at(9, 8))));
    assert_eq!(recent(Sent::Events(15), 18), Some((all[1..].to_vec(), at(9, 9))));
    assert_eq!(recent(Sent::Message(8), 18), Some((all[1..].to_vec(), at(9, 9))));
    assert_eq!(recent(Sent::At(at(9, 9)), 18), Some(none));
    assert_eq!(recent(Sent::At(at(9, 9)), 17), None, "its shard has yet to write what it had");
    // Numbers that are of no one place.
    assert_eq!(recent(Sent::At(at(9, 7)), 18), Some((vec![(1, 8), (1, 9)], at(9, 9))));
    assert_eq!(recent(Sent::At(at(8, 9)), 18), Some((vec![(9, 0)], at(9, 9))));
}

#[test]
fn what_is_not_at_hand_of_either_is_read() {
    let (room, ann) = (room(), ann());
    let n = RECENT as u64;
    grown(&room, &by_turns(n));
    let oldest = at(n / 2, n / 2);
    let recent = |sent| room.recent(sent, 2 * n, &ann).map(|(frames, _)| said(&frames).len());
    assert_eq!(room.wanted(), Wanted { floor: 0, least: oldest, upto: at(n, n) });
    assert_eq!(recent(Sent::At(oldest)), Some(RECENT));
    assert_eq!(recent(Sent::Events(n)), Some(RECENT));
    assert_eq!(recent(Sent::At(at(oldest.seq - 1, oldest.change))), None);
    assert_eq!(recent(Sent::At(at(n, oldest.change - 1))), None);
    assert_eq!(recent(Sent::Events(n - 1)), None);
    assert_eq!(recent(Sent::Message(n / 2)), None, "how many changes are in front of it is not known");
    assert_eq!((room.place(n - 1), room.place(n), room.place(2 * n)), (None, Some(oldest), Some(at(n, n))));
}

#[test]
fn at_hand_is_what_may_be_sent_at_once_and_not_a_byte_more() {
    let ann = ann();
    let sent = |bytes: usize| {
        let room = room();
        grown(&room, &messages(1..3, &"x".repeat(bytes)));
        room.recent(Sent::Message(0), 2, &ann).map(|(frames, _)| frames.len())
    };
    let some = 100_000;
    let fits = some + (PAGE_BYTES - sent(some).unwrap()) / 2;
    assert_eq!(sent(fits), Some(PAGE_BYTES));
    assert_eq!(sent(fits + 1), None);
}

#[test]
fn a_piece_of_a_page_ends_with_what_passes_the_bound() {
    let (room, ann) = (room(), ann());
    let piece = |bytes: usize, from| {
        let messages = records(1..5, &"x".repeat(bytes)).into();
        let lacking = Lacking { from: at(from, 0), upto: at(4, 0), messages, changes: Arc::new([]) };
        let (frames, sent) = piece(&room, &ann, &lacking);
        (frames.len(), sent.seq)
    };
    let some = 100_000;
    let fits = some + (PAGE_BYTES - piece(some, 2).0) / 2;
    assert_eq!(piece(fits, 2), (PAGE_BYTES, 4));
    assert_eq!(piece(fits, 1), (PAGE_BYTES / 2 * 3, 4), "just so much is not beyond it");
    assert_eq!(piece(fits + 1, 0), (PAGE_BYTES + 2, 2));
    assert_eq!(piece(fits + 1, 2), (PAGE_BYTES + 2, 4), "and the next one goes on");
}
