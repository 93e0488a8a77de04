//! The JSON codec. A client's frame that is read is JSON, and means the same after it was written; a refusal is a frame that
//! clients can read. A server's frame that is read means the same after it was written.

use roomcast_protocol::{Envelope, FrameError, ServerFrame, server::ErrorFrame};
use serde::de::IgnoredAny;

pub(crate) fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Envelope::parse(text) {
        Ok(envelope) => client(text, &envelope),
        Err(refusal) => refused(refusal),
    }
    if let Ok(frame) = serde_json::from_str::<ServerFrame<'_>>(text) {
        let written = String::from_utf8(frame.to_json()).expect("JSON is UTF-8");
        assert_eq!(serde_json::from_str::<ServerFrame<'_>>(&written).ok(), Some(frame), "{written}");
    }
}

fn client(text: &str, envelope: &Envelope<'_>) {
    assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "this is not JSON: {text:?}");
    let written = envelope.to_json().expect("a frame that was read can be written");
    assert_eq!(Envelope::parse(&written).as_ref(), Ok(envelope), "{written}");
}

fn refused(refusal: FrameError) {
    let frame = ServerFrame::Error(ErrorFrame::from(refusal));
    let written = String::from_utf8(frame.to_json()).expect("JSON is UTF-8");
    assert_eq!(serde_json::from_str::<ServerFrame<'_>>(&written).ok(), Some(frame), "{written}");
}
