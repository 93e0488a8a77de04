use super::*;
use std::borrow::Cow;

const SIZE: usize = 64;

fn content(number: u64) -> String {
    let mut content = Vec::new();
    stamp::put(&mut content, number);
    content.extend(outgoing::filler(SIZE));
    String::from_utf8(content).unwrap()
}

fn frame(room: &str, user: &str, content: &str) -> Vec<u8> {
    ServerFrame::Message(Message {
        room: room.into(),
        seq: 42,
        user: user.into(),
        content: Cow::Borrowed(content),
        timestamp: 1_750_000_000,
        nonce: None,
        reply_to: None,
        edited: None,
        deleted: false,
    })
    .to_json()
}

fn read(text: &[u8]) -> (Option<Delivery>, Said) {
    let (reading, room) = (Reading::new(SIZE), Room::new("r-1".into()));
    (reading.message(text, &room), reading.any(text, &room))
}

#[test]
fn messages_as_roomcast_writes_them_are_read_without_serde() {
    let delivery = Delivery { seq: 42, sender: 17, number: 99 };
    let (fast, slow) = read(&frame("r-1", "m17", &content(99)));
    assert_eq!((fast, slow), (Some(delivery), Said::Message(delivery)));
}

#[test]
fn other_orders_and_spaces_are_read_by_serde() {
    let text = format!(
        r#"{{ "room":"r-1","content":"{}","user":"m17","type":"message","timestamp":1,"seq":42,"more":[] }}"#,
        content(99)
    );
    let (fast, slow) = read(text.as_bytes());
    assert_eq!((fast, slow), (None, Said::Message(Delivery { seq: 42, sender: 17, number: 99 })));
}

#[test]
fn what_is_not_as_it_was_sent_is_noticed() {
    let good = content(99);
    let cut = &good[..good.len() - 1];
    for (room, user, content, expected) in [
        ("r-2", "m17", good.as_str(), Said::WrongRoom),
        ("r-11", "m17", good.as_str(), Said::WrongRoom),
        ("r-1", "ann", good.as_str(), Said::Altered { seq: 42 }),
        ("r-1", "m17", cut, Said::Altered { seq: 42 }),
        ("r-1", "m17", "hello", Said::Altered { seq: 42 }),
        ("r-1", "m17", &format!("{good}!"), Said::Altered { seq: 42 }),
    ] {
        assert_eq!(read(&frame(room, user, content)), (None, expected), "{room} {user} {content}");
    }
}

#[test]
fn the_other_frames_that_matter() {
    for (text, expected) in [
        (
            r#"{"type":"joined","room":"r-1","epoch":"e","head":7,"change":0,"recovered":false,"users":1}"#,
            Said::Joined { head: 7 },
        ),
        (
            r#"{"type":"joined","room":"r-2","epoch":"e","head":7,"change":0,"recovered":false,"users":1}"#,
            Said::WrongRoom,
        ),
        (r#"{"type":"gap","room":"r-1","from":3,"to":5,"reason":"retention"}"#, Said::Gap { messages: 3 }),
        (r#"{"type":"presence","room":"r-1","users":["a"],"count":1}"#, Said::Other),
        (r#"{"type":"presence_change","room":"r-1","joined":[],"left":[],"count":1}"#, Said::Other),
        (r#"{"type":"caught_up","room":"r-1","seq":1,"change":0}"#, Said::Other),
        (
            r#"{"type":"error","code":"rate_limited","message":"slow down","temporary":true}"#,
            Said::Refused("rate_limited: slow down".into()),
        ),
        ("nonsense", Said::Unreadable),
    ] {
        assert_eq!(read(text.as_bytes()).1, expected, "{text}");
    }
}

#[test]
fn numbers_are_bounded() {
    assert_eq!(number(b"12,"), Some((12, &b","[..])));
    assert_eq!(number(b",12"), None);
    assert_eq!(number(b"123456789012345678"), None);
}
