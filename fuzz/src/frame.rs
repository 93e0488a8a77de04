//! From bytes to commands: a connection's bytes, in pieces, through the frame reader; and each text that comes out as a client
//! frame. The first byte is the size of the pieces.

use roomcast_protocol::{ErrorCode, MAX_FRAME_BYTES, client::Envelope};
use roomcast_socket::reader::{Event, Reader};
use std::ops::ControlFlow;

/// What may be held of an incomplete message: its bytes, and as much again where a buffer grows.
const MAX_HELD: usize = 2 * MAX_FRAME_BYTES + 64;

/// What came of a connection: each text's command or refusal, and how it ended.
type Heard = (Vec<Result<String, ErrorCode>>, Option<u16>);

pub(crate) fn fuzz(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    let in_pieces = read(bytes, usize::from(*size).max(1));
    assert_eq!(in_pieces, read(bytes, usize::MAX), "it matters how the bytes are cut");
}

fn read(bytes: &[u8], size: usize) -> Heard {
    let (mut reader, mut heard) = (Reader::new(MAX_FRAME_BYTES), Vec::new());
    for piece in bytes.chunks(size) {
        let fed = reader.feed(&mut piece.to_vec(), &mut |event| {
            if let Event::Text(text) = event {
                heard.push(command(text));
            }
            ControlFlow::Continue(())
        });
        assert!(reader.held_bytes() <= MAX_HELD, "{} bytes are held", reader.held_bytes());
        match fed {
            Ok(taken) => assert_eq!(taken, piece.len()),
            Err(violation) => return (heard, Some(violation.close_code())),
        }
    }
    (heard, None)
}

fn command(text: &str) -> Result<String, ErrorCode> {
    Envelope::parse(text).map(|envelope| format!("{envelope:?}")).map_err(|error| error.code)
}
