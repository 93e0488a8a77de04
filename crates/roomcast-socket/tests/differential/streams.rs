//! Streams of frames as a client might send them, and then as none should.

use super::MAX_MESSAGE;
use fastrand::Rng;
use roomcast_socket::testing::masked;

const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Some messages, most of them honest; then, in half of the streams, some bytes are changed.
pub(super) fn stream(dice: &mut Rng) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..dice.usize(0..5) {
        if dice.u8(..) < 40 {
            stream.extend(breach(dice));
        } else {
            message(dice, &mut stream);
        }
    }
    if dice.bool() {
        mutate(dice, &mut stream);
    }
    stream
}

/// A message in one frame or several, with control frames between.
fn message(dice: &mut Rng, stream: &mut Vec<u8>) {
    let (opcode, payload) = if dice.bool() { (TEXT, text(dice)) } else { (BINARY, bytes(dice)) };
    let (mut first, mut rest) = (opcode, &payload[..]);
    while dice.u8(..) < 100 {
        let (piece, behind) = rest.split_at(dice.usize(0..=rest.len()));
        stream.extend(masked(first, piece));
        if dice.bool() {
            stream.extend(control(dice));
        }
        (first, rest) = (0, behind);
    }
    stream.extend(masked(FIN | first, rest));
}

fn control(dice: &mut Rng) -> Vec<u8> {
    let opcode = if dice.bool() { PING } else { PONG };
    let length = dice.usize(0..=125);
    masked(FIN | opcode, &some(dice, length))
}

/// Most are short; some are as long as allowed, or a little longer.
fn length(dice: &mut Rng) -> usize {
    match dice.u8(0..8) {
        0 => dice.usize(MAX_MESSAGE - 2..=MAX_MESSAGE + 2),
        1 => dice.usize(120..130),
        2 => 0,
        _ => dice.usize(0..60),
    }
}

fn bytes(dice: &mut Rng) -> Vec<u8> {
    let length = length(dice);
    some(dice, length)
}

fn some(dice: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    dice.fill(&mut bytes);
    bytes
}

/// Characters of one to four bytes.
fn text(dice: &mut Rng) -> Vec<u8> {
    let length = length(dice);
    let mut text = String::new();
    while text.len() < length {
        text.push(match dice.u8(0..4) {
            0 => dice.char('\u{80}'..'\u{800}'),
            1 => dice.char('\u{800}'..'\u{ffff}'),
            2 => dice.char('\u{10000}'..),
            _ => dice.alphanumeric(),
        });
    }
    text.into_bytes()
}

/// What no honest client sends, or only at the end: a frame of any kind, a close, a length in another form, bad text.
fn breach(dice: &mut Rng) -> Vec<u8> {
    match dice.u8(0..5) {
        0 => {
            let payload = bytes(dice);
            masked(dice.u8(..), &payload)
        }
        1 => close(dice),
        2 => {
            let length = dice.u16(0..200).to_be_bytes();
            let head = [FIN | BINARY, FIN | 126, length[0], length[1], 1, 2, 3, 4];
            [&head[..], &some(dice, usize::from(u16::from_be_bytes(length)))].concat()
        }
        3 => {
            let length = dice.u64(..) >> dice.u8(0..64);
            [&[FIN | dice.u8(0..16), FIN | 127][..], &length.to_be_bytes(), &some(dice, 100)].concat()
        }
        _ => {
            let payload = bytes(dice);
            masked(FIN | TEXT, &payload)
        }
    }
}

fn close(dice: &mut Rng) -> Vec<u8> {
    let code = if dice.bool() { dice.u16(995..1020) } else { dice.u16(..) };
    let reason = match dice.u8(0..3) {
        0 => Vec::new(),
        1 => some(dice, 4),
        _ => b"bye".to_vec(),
    };
    let payload = [&code.to_be_bytes()[..], &reason].concat();
    masked(FIN | CLOSE, if dice.u8(..) < 30 { &payload[..dice.usize(0..2)] } else { &payload })
}

/// Bits are flipped, bytes put in, taken out and cut off.
fn mutate(dice: &mut Rng, stream: &mut Vec<u8>) {
    for _ in 0..dice.usize(1..4) {
        if stream.is_empty() {
            return;
        }
        let at = dice.usize(..stream.len());
        match dice.u8(0..4) {
            0 => stream[at] ^= 1 << dice.u8(0..8),
            1 => stream.insert(at, dice.u8(..)),
            2 => drop(stream.remove(at)),
            _ => stream.truncate(at),
        }
    }
}
