//! The table of RFC 6455's rules, each in several chunkings, and what an idle reader holds.

use super::*;
use crate::{frame::MAX_CONTROL, testing::masked};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

/// Everything that is read from `bytes`, fed in pieces of `chunk`.
fn read(bytes: &[u8], chunk: usize) -> (Vec<Seen>, Option<u16>) {
    let (mut reader, mut seen) = (Reader::new(1000), Vec::new());
    for piece in bytes.chunks(chunk) {
        let fed = reader.feed(&mut piece.to_vec(), &mut |event| {
            seen.push(match event {
                Event::Text(t) => Seen::Text(t.to_owned()),
                Event::Binary(b) => Seen::Binary(b.to_vec()),
                Event::Ping(p) => Seen::Ping(p.to_vec()),
                Event::Pong => Seen::Pong,
                Event::Close(c) => Seen::Close(c),
            });
            ControlFlow::Continue(())
        });
        if let Err(v) = fed {
            return (seen, Some(v.close_code()));
        }
    }
    (seen, None)
}

fn text(s: &str) -> Seen {
    Seen::Text(s.to_owned())
}

/// In whole, byte by byte, and in sevens.
fn expect(name: &str, bytes: &[u8], seen: &[Seen], code: Option<u16>) {
    for chunk in [usize::MAX, 7, 1] {
        assert_eq!(read(bytes, chunk), (seen.to_vec(), code), "{name}, in pieces of {chunk}");
    }
}

fn frames(parts: &[(u8, &[u8])]) -> Vec<u8> {
    parts.iter().flat_map(|(first, payload)| masked(*first, payload)).collect()
}

#[test]
fn what_is_well_formed_is_read() {
    expect("text", &masked(0x81, "hé".as_bytes()), &[text("hé")], None);
    expect("empty text", &masked(0x81, b""), &[text("")], None);
    expect("binary", &masked(0x82, &[0, 255]), &[Seen::Binary(vec![0, 255])], None);
    expect("126 bytes", &masked(0x81, &[b'x'; 126]), &[text(&"x".repeat(126))], None);
    let pieces = frames(&[(0x01, b"a"), (0x89, b"p"), (0x00, b"b"), (0x8A, b""), (0x80, b"c"), (0x81, b"d")]);
    let seen = [Seen::Ping(b"p".to_vec()), Seen::Pong, text("abc"), text("d")];
    expect("fragments with a ping and a pong between", &pieces, &seen, None);
    let split = frames(&[(0x01, &[0xF0, 0x9F]), (0x00, &[0x98]), (0x80, &[0x80])]);
    expect("a character over three fragments", &split, &[text("😀")], None);
    let empty = frames(&[(0x01, b""), (0x00, b""), (0x80, b"")]);
    expect("empty fragments", &empty, &[text("")], None);
    expect("close", &frames(&[(0x88, &[3, 232]), (0x81, b"late")]), &[Seen::Close(Some(1000))], None);
    expect("empty close", &masked(0x88, b""), &[Seen::Close(None)], None);
}

#[test]
fn breaches_of_the_protocol_are_1002() {
    let mut unmasked = masked(0x81, b"x");
    unmasked[1] &= 0x7F;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("unmasked", unmasked),
        ("reserved bit 1", masked(0xC1, b"x")),
        ("reserved bit 3", masked(0x91, b"x")),
        ("reserved opcode 3", masked(0x83, b"")),
        ("reserved opcode 11", masked(0x8B, b"")),
        ("fragmented ping", masked(0x09, b"")),
        ("long ping", masked(0x89, &[0; 126])),
        ("long close", masked(0x88, &[3; 126])),
        ("continuation of nothing", masked(0x80, b"x")),
        ("close of one byte", masked(0x88, &[3])),
        ("close 1005", masked(0x88, &1005u16.to_be_bytes())),
        ("close 999", masked(0x88, &999u16.to_be_bytes())),
        ("close 2999", masked(0x88, &2999u16.to_be_bytes())),
        ("16 bits for a short length", vec![0x81, 0xFE, 0, 125, 0, 0, 0, 0]),
        ("64 bits for a short length", vec![0x81, 0xFF, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0]),
    ];
    for (name, bytes) in cases {
        expect(name, &bytes, &[], Some(1002));
    }
    expect("text inside text", &frames(&[(0x01, b"a"), (0x81, b"b")]), &[], Some(1002));
}

#[test]
fn bad_utf8_is_1007_as_soon_as_it_is_seen() {
    expect("in one frame", &masked(0x81, &[b'a', 0xFF]), &[], Some(1007));
    expect("cut at the end", &masked(0x81, &[0xE2, 0x82]), &[], Some(1007));
    expect("surrogate", &masked(0x81, &[0xED, 0xA0, 0x80]), &[], Some(1007));
    expect("in a close reason", &masked(0x88, &[3, 232, 0xFF]), &[], Some(1007));
    // Autobahn 6.4.3: the frame is not complete, but what has come cannot become text any more.
    let whole = masked(0x81, &[b'a', 0xF4, 0x90, 0x80, 0x80, b'z', b'z']);
    expect("in a frame that is not complete", &whole[..whole.len() - 2], &[], Some(1007));
    expect("in a fragment", &frames(&[(0x01, &[0xC0])]), &[], Some(1007));
}

#[test]
fn the_longest_message_and_the_longest_control_frames_are_read() {
    let longest = text(&"x".repeat(1000));
    expect("one frame", &masked(0x81, &[b'x'; 1000]), std::slice::from_ref(&longest), None);
    let fragments = frames(&[(0x01, &[b'x'; 900]), (0x80, &[b'x'; 100])]);
    expect("fragments", &fragments, &[longest], None);
    expect("ping", &masked(0x89, &[b'p'; MAX_CONTROL]), &[Seen::Ping(vec![b'p'; MAX_CONTROL])], None);
    let close = [&[3, 232], &[b'r'; MAX_CONTROL - 2][..]].concat();
    expect("close", &masked(0x88, &close), &[Seen::Close(Some(1000))], None);
}

#[test]
fn what_is_too_large_is_1009_before_it_has_come() {
    let mut header = masked(0x81, &[b'x'; 1001]);
    header.truncate(8);
    expect("one frame", &header, &[], Some(1009));
    expect("fragments", &frames(&[(0x01, &[b'x'; 900]), (0x80, &[b'x'; 101])]), &[], Some(1009));
    let huge = [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    expect("2^63 bytes", &huge, &[], Some(1009));
}

#[test]
fn an_idle_reader_holds_nothing_and_lengths_allocate_nothing() {
    let mut reader = Reader::new(1 << 20);
    let mut all = masked(0x81, &vec![b'x'; 500_000]);
    let mut nothing = |_: Event<'_>| ControlFlow::Continue(());
    assert_eq!(reader.feed(&mut all[..20].to_vec(), &mut nothing), Ok(20));
    assert!(reader.held_bytes() < 64, "{}", reader.held_bytes());
    let rest = all.len() - 20;
    assert_eq!(reader.feed(&mut all[20..], &mut nothing), Ok(rest));
    assert_eq!(reader.held_bytes(), 0);
}

#[test]
fn breaking_off_leaves_the_rest_untouched() {
    let mut bytes = frames(&[(0x81, b"one"), (0x81, b"two")]);
    let mut reader = Reader::new(1000);
    let mut seen = Vec::new();
    let mut once = |event: Event<'_>| {
        if let Event::Text(t) = event {
            seen.push(t.to_owned());
        }
        ControlFlow::Break(())
    };
    let taken = reader.feed(&mut bytes, &mut once);
    assert_eq!(taken, Ok(9));
    assert_eq!(reader.feed(&mut bytes[9..], &mut once), Ok(9));
    assert_eq!(seen, ["one", "two"]);
}

proptest! {
    /// However the bytes are cut, the same is read.
    #[test]
    fn chunking_changes_nothing(
        parts in prop::collection::vec((prop::sample::select(vec![0x81u8, 0x01, 0x80, 0x00, 0x82, 0x89, 0x8A, 0x88, 0xC1]),
            prop::collection::vec(any::<u8>(), 0..200)), 0..6),
        chunk in 1usize..64,
    ) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(first, payload)| masked(*first, payload)).collect();
        let whole = read(&bytes, usize::MAX);
        let pieces = read(&bytes, chunk);
        // Bad text may be told a piece earlier, and then events behind it are not seen; what is seen is the same.
        prop_assert_eq!(whole.1, pieces.1);
        prop_assert_eq!(whole.0, pieces.0);
    }

    /// Random bytes: no panic, and a bound on what is held.
    #[test]
    fn garbage_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..3000), chunk in 1usize..99) {
        let mut reader = Reader::new(1000);
        for piece in bytes.chunks(chunk) {
            if reader.feed(&mut piece.to_vec(), &mut |_| ControlFlow::Continue(())).is_err() {
                break;
            }
            prop_assert!(reader.held_bytes() <= 4096);
        }
    }
}
