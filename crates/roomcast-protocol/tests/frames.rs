//! The golden frames in `tests/frames/`, which the JavaScript tests read too.

use roomcast_protocol::{CloseCode, Envelope, ErrorCode, ServerFrame, close};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Every file in a folder of golden frames: its name and its content.
pub(crate) fn golden(folder: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frames").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
        .into_iter()
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(&path)))
        .collect()
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn client_frames_are_read_and_written_as_they_stand() {
    for (name, file) in golden("client") {
        let text = file["frame"].to_string();
        let envelope = Envelope::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written: Value = serde_json::from_str(&envelope.to_json().unwrap()).unwrap();
        assert_eq!(written, file["frame"], "{name}");
    }
}

#[test]
fn server_frames_are_read_and_written_as_they_stand() {
    for (name, file) in golden("server") {
        let frame: ServerFrame<'static> =
            serde_json::from_value(file["frame"].clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written: Value = serde_json::from_slice(&frame.to_json()).unwrap();
        assert_eq!(written, file["frame"], "{name}");
        assert!(frame.to_json().starts_with(b"{\"type\":\""), "{name}: `type` comes first");
    }
}

#[test]
fn every_type_has_a_golden_frame() {
    let types = |folder| -> BTreeSet<String> {
        golden(folder).iter().map(|(_, file)| file["frame"]["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(types("client"), crate::contract::types_of::<Envelope<'static>>());
    assert_eq!(types("server"), crate::contract::types_of::<ServerFrame<'static>>());
}

#[test]
fn bad_frames_are_refused_with_their_code_and_id() {
    for (name, file) in golden("bad") {
        let error = Envelope::parse(file["text"].as_str().unwrap()).expect_err(&name);
        assert_eq!(error.code.as_str(), file["code"], "{name}: {error}");
        assert_eq!(serde_json::to_value(&error.id).unwrap(), file["id"], "{name}: {error}");
    }
}

/// `docs/protocol.md` §1, "The simple client, exactly": what it understands is there, under these names and types.
#[test]
fn the_simple_client_finds_what_it_was_promised() {
    let promised = [
        ("message", r#"{"type":"message","user":"ann","content":"hello","timestamp":1750000000}"#),
        ("join", r#"{"type":"join","user":"ann"}"#),
        ("leave", r#"{"type":"leave","user":"ann"}"#),
        ("presence", r#"{"type":"presence","users":["ann","bob"]}"#),
        ("typing", r#"{"type":"typing","user":"bob"}"#),
        ("error", r#"{"type":"error","message":"Rate limited"}"#),
    ];
    let files = golden("server");
    for (name, promise) in promised {
        let (_, file) = files.iter().find(|(stem, _)| stem == name).unwrap();
        let promise: Value = serde_json::from_str(promise).unwrap();
        for (field, value) in promise.as_object().unwrap() {
            assert_eq!(&file["frame"][field], value, "{name}.{field}");
        }
    }
    let (_, history) = files.iter().find(|(stem, _)| stem == "history").unwrap();
    let first = &history["frame"]["messages"][0];
    assert_eq!((&first["user"], &first["content"]), (&"ann".into(), &"hello".into()));
    assert_eq!(first["timestamp"], 1_750_000_000);
}

#[test]
fn close_codes_are_the_golden_table() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frames/close-codes.json");
    let file = read(&path);
    let rows = file["codes"].as_array().unwrap();
    assert_eq!(rows.len(), CloseCode::ALL.len());
    for (row, code) in rows.iter().zip(CloseCode::ALL) {
        assert_eq!(row["code"], code.code());
        assert_eq!(row["name"], code.name());
        assert_eq!(row["meaning"], code.meaning());
        assert_eq!(row["reconnect"], code.reconnect().as_str());
        assert_eq!(CloseCode::from_u16(code.code()), Some(*code));
        assert_eq!(close::reconnects(code.code()), code.reconnects());
        assert!(code.meaning().len() <= 123, "RFC 6455 §5.5: a close frame holds 125 bytes");
    }
    for row in file["unknown"].as_array().unwrap() {
        let code = u16::try_from(row["code"].as_u64().unwrap()).unwrap();
        assert_eq!(CloseCode::from_u16(code), None, "{code}");
        assert_eq!(close::reconnects(code), row["reconnects"].as_bool().unwrap(), "{code}");
    }
}

/// `docs/protocol.md` §6: 4000–4499 are worth a reconnect, 4500–4999 are final.
#[test]
fn the_ranges_of_close_codes_hold() {
    for code in CloseCode::ALL.iter().filter(|code| code.code() >= 4000) {
        assert_eq!(code.reconnects(), code.code() < 4500, "{code:?}");
    }
}

#[test]
fn error_codes_are_written_as_they_are_named() {
    for code in ErrorCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert_eq!(serde_json::from_value::<ErrorCode>(code.as_str().into()).unwrap(), code);
        assert_eq!(code.to_string(), code.as_str());
        assert!((400..600).contains(&code.http_status()), "{code}");
    }
    let named: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(named.len(), ErrorCode::ALL.len());
}
