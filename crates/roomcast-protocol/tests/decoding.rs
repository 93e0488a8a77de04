//! How client frames are read: what is tolerated, what is copied, and that nothing brings the reader down.

use crate::frames::golden;
use proptest::{prelude::*, sample};
use roomcast_protocol::{
    ClientFrame, Envelope, ErrorCode, HistoryAt, Id, MAX_FRAME_BYTES, MAX_ID_BYTES, MAX_SEQ, Resume,
    ServerFrame, server::ErrorFrame,
};
use serde_json::{Value, json};
use std::borrow::Cow;

fn frame(text: &str) -> ClientFrame<'_> {
    Envelope::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).frame
}

fn refusal(text: &str) -> String {
    Envelope::parse(text).expect_err(text).message.into_owned()
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let text = r#"{"type":"message","room":"general","content":"grüße","nonce":"n\u0031"}"#;
    let ClientFrame::Message { room: Some(room), content, nonce: Some(nonce), .. } = frame(text) else {
        panic!("not a message");
    };
    assert!(matches!(room, Cow::Borrowed("general")));
    assert!(matches!(content, Cow::Borrowed("grüße")));
    assert!(matches!(nonce, Cow::Owned(owned) if owned == "n1"));
}

#[test]
fn unknown_fields_and_those_of_other_frames_are_ignored() {
    let text = r#"{"type":"typing","seq":"x","resume":7,"epoch":[{}],"later":{"a":[1e999,null]},"later":1,"resume.seq":2}"#;
    assert_eq!(frame(text), ClientFrame::Typing { room: None });
}

#[test]
fn null_is_absent() {
    let text =
        r#"{"type":"history","room":null,"limit":null,"before":null,"after":5,"around":null,"id":null}"#;
    let envelope = Envelope::parse(text).unwrap();
    assert_eq!(envelope.id, None);
    assert_eq!(envelope.frame, ClientFrame::History { room: None, limit: None, at: HistoryAt::After(5) });
    let text = r#"{"type":"join","room":"a","resume":null}"#;
    assert_eq!(frame(text), ClientFrame::Join { room: "a".into(), resume: None });
}

#[test]
fn names_of_fields_may_be_escaped() {
    let text = r#"{"\u0074ype":"m\u0065ssage","c\u006fntent":"hello"}"#;
    assert_eq!(frame(text).kind(), "message");
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let text =
        r#" { "resume" : {"epoch":"k","seq":0, "more":1} , "id" : "a" ,"room":"b", "type" : "join" } "#;
    let resume = Some(Resume { seq: 0, epoch: "k".into(), change: None });
    let expected = Envelope { frame: ClientFrame::Join { room: "b".into(), resume }, id: Id::text("a") };
    assert_eq!(Envelope::parse(text).unwrap(), expected);
}

#[test]
fn limits_beyond_every_page_are_only_large() {
    let text = format!(r#"{{"type":"history","limit":{MAX_SEQ}}}"#);
    assert!(matches!(frame(&text), ClientFrame::History { limit: Some(u32::MAX), .. }));
}

/// S24: depth at most 16.
#[test]
fn sixteen_levels_are_read_and_brackets_in_texts_do_not_count() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"type":"typing","x":{open}{close}}}"#)
    };
    assert!(Envelope::parse(&deep(16)).is_ok());
    assert!(refusal(&deep(17)).contains("16 levels"));
    assert!(refusal(&deep(30_000)).contains("16 levels"));
    let text = format!(r#"{{"type":"message","content":"{}\"{}"}}"#, "[".repeat(99), "{".repeat(99));
    assert_eq!(frame(&text).kind(), "message");
    let flat = format!(r#"{{"type":"typing","x":[{}]}}"#, vec!["{}"; 99].join(","));
    assert_eq!(frame(&flat).kind(), "typing");
}

#[test]
fn frames_have_a_largest_size() {
    let text = |len: usize| format!(r#"{{"type":"message","content":"{}"}}"#, "x".repeat(len));
    let room = MAX_FRAME_BYTES - text(0).len();
    assert!(Envelope::parse(&text(room)).is_ok());
    assert_eq!(Envelope::parse(&text(room + 1)).unwrap_err().code, ErrorCode::TooLarge);
}

#[test]
fn ids_have_a_largest_size_and_numbers_a_largest_value() {
    let typing = |id: &str| Envelope::parse(&format!(r#"{{"type":"typing","id":{id}}}"#)).is_ok();
    let text = |len: usize| format!("\"{}\"", "x".repeat(len));
    assert!(typing(&text(MAX_ID_BYTES)) && !typing(&text(MAX_ID_BYTES + 1)));
    assert!(typing(&MAX_SEQ.to_string()) && !typing(&(MAX_SEQ + 1).to_string()));
    assert!(typing(&format!("-{MAX_SEQ}")) && !typing(&format!("-{}", MAX_SEQ + 1)));
    let before = |seq: u64| Envelope::parse(&format!(r#"{{"type":"history","before":{seq}}}"#)).is_ok();
    assert!(before(MAX_SEQ) && !before(MAX_SEQ + 1));
}

#[test]
fn refusals_name_the_field() {
    assert_eq!(refusal(r#"{"type":"message"}"#), "the field `content` is missing");
    assert_eq!(refusal(r#"{"type":"message","content":5}"#), "the field `content` must be a string");
    assert_eq!(
        refusal(r#"{"type":"react","seq":1,"emoji":"x","on":"y"}"#),
        "the field `on` must be true or false"
    );
    assert_eq!(refusal(r#"{"type":"join","room":"a","resume":[]}"#), "the field `resume` must be an object");
    let seq = refusal(r#"{"type":"join","room":"a","resume":{"seq":"1","epoch":"k"}}"#);
    assert_eq!(seq, "the field `resume.seq` must be a whole number from 0 to 2^53 - 1");
    assert_eq!(refusal(r#"{"type":"typing","room":"a","room":"b"}"#), "the field `room` stands there twice");
    assert!(refusal(r#"{"type":"nonsense"}"#).contains("known are message, typing"));
    assert!(refusal("[]").starts_with("the frame is not one JSON object"));
}

#[test]
fn a_refusal_becomes_an_error_frame_with_the_same_id() {
    let error = Envelope::parse(r#"{"type":"message","id":"m1"}"#).unwrap_err();
    let frame = ServerFrame::from(ErrorFrame::from(error));
    let written: Value = serde_json::from_slice(&frame.to_json()).unwrap();
    let expected = json!({
        "type": "error", "id": "m1", "code": "bad_frame", "temporary": false, "message": "the field `content` is missing",
    });
    assert_eq!(written, expected);
}

#[test]
fn what_the_server_writes_is_appended() {
    let mut out = b"before ".to_vec();
    ServerFrame::Pong(roomcast_protocol::server::Pong { id: Id::number(1) }).write_json(&mut out);
    assert_eq!(out, b"before {\"type\":\"pong\",\"id\":1}");
}

/// The types are declared in two lists, by `kind` and by serde.
#[test]
fn kinds_are_the_types_on_the_wire() {
    for (name, file) in golden("client") {
        let text = file["frame"].to_string();
        assert_eq!(frame(&text).kind(), file["frame"]["type"], "{name}");
        assert_eq!(frame(&text).room(), file["frame"]["room"].as_str(), "{name}");
    }
}

fn any_client_text() -> impl Strategy<Value = String> {
    let files = golden("client").into_iter().map(|(_, file)| file["frame"].to_string());
    sample::select(
        files
            .chain(golden("bad").into_iter().map(|(_, f)| f["text"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>(),
    )
}

/// A golden frame with some bytes overwritten, left out or doubled.
fn damaged() -> impl Strategy<Value = String> {
    let damage =
        (any::<sample::Index>(), 0..3_u8, sample::select(b"{}[]\",:\\ue019-.ntf\x00\x7f\xc3 ".to_vec()));
    (any_client_text(), prop::collection::vec(damage, 1..6)).prop_map(|(text, damages)| {
        let mut bytes = text.into_bytes();
        for (index, what, byte) in damages {
            let at = index.index(bytes.len() + 1);
            match (what, at < bytes.len()) {
                (0, true) => bytes[at] = byte,
                (1, true) => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// JSON objects made of fields that frames have, with values that they may not.
fn any_object() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,8}".prop_map(|text| json!(text)),
        sample::select(vec!["message", "history", "join", "react", "edit", "auth"])
            .prop_map(|kind| json!(kind)),
        (0..9_u64, ".{0,4}").prop_map(|(seq, epoch)| json!({ "seq": seq, "epoch": epoch })),
    ];
    let names =
        "type id room content nonce reply_to limit before after around resume token seq emoji on epoch other";
    let name = sample::select(names.split(' ').collect::<Vec<_>>());
    prop::collection::vec((name, value), 0..8).prop_map(|fields| {
        let fields: Vec<String> =
            fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

fn check_reading(text: &str) -> Result<(), TestCaseError> {
    let value: Option<Value> = serde_json::from_str(text).ok();
    match Envelope::parse(text) {
        // What was read, written and read again is the same.
        Ok(envelope) => {
            prop_assert!(value.is_some_and(|value| value.is_object()));
            let written = envelope.to_json().unwrap();
            prop_assert_eq!(&Envelope::parse(&written), &Ok(envelope));
        }
        Err(error) => {
            prop_assert!(matches!(
                error.code,
                ErrorCode::BadFrame | ErrorCode::UnknownType | ErrorCode::TooLarge
            ));
            prop_assert!(!error.message.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_brings_the_reader_down(text in any::<String>()) {
        check_reading(&text)?;
    }

    #[test]
    fn no_damaged_frame_brings_the_reader_down(text in damaged()) {
        check_reading(&text)?;
    }

    #[test]
    fn objects_of_known_fields_are_read_or_refused(text in any_object()) {
        check_reading(&text)?;
    }

    #[test]
    fn whatever_is_said_arrives(content in any::<String>(), id in -9_i64..9) {
        let frame = ClientFrame::Message { room: None, content: content.into(), nonce: None, reply_to: None };
        let envelope = Envelope { frame, id: Id::number(id) };
        let text = envelope.to_json().unwrap();
        prop_assert_eq!(Envelope::parse(&text), Ok(envelope.clone()));
    }
}
