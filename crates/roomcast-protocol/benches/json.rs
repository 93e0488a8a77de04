//! What JSON costs: `cargo bench -p roomcast-protocol --bench json`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roomcast_protocol::{
    Envelope, Id, ServerFrame,
    server::{Ack, Budget, History, HistoryMessage, Message, Presence},
};
use std::{borrow::Cow, hint::black_box};

/// Contents: a lone word, a long message, about the longest that may be said.
const SIZES: [usize; 3] = [64, 1024, 3900];

fn content(size: usize) -> String {
    "the quick brown fox, and so on; ".chars().cycle().take(size).collect()
}

fn message(content: &str) -> ServerFrame<'_> {
    ServerFrame::Message(Message {
        room: Cow::Borrowed("general"),
        seq: 123_456,
        user: Cow::Borrowed("ann"),
        content: Cow::Borrowed(content),
        timestamp: 1_750_000_000,
        nonce: None,
        reply_to: None,
        edited: None,
        deleted: false,
    })
}

fn ack() -> ServerFrame<'static> {
    ServerFrame::Ack(Ack {
        id: Some(Id::Number(7)),
        room: Cow::Borrowed("general"),
        seq: 123_456,
        change: None,
        nonce: Some(Cow::Borrowed("0193f2a0-7c41-7e12-9f4e-3a5b6c7d8e9f")),
        timestamp: 1_750_000_000,
        budget: Budget { remaining: 9, reset_ms: 100 },
    })
}

/// A page of 50 messages of 64 bytes.
fn history(content: &str) -> ServerFrame<'_> {
    let message = |seq| HistoryMessage {
        seq,
        user: Cow::Borrowed("ann"),
        content: Cow::Borrowed(content),
        timestamp: 1_750_000_000,
        nonce: None,
        reply_to: None,
        edited: None,
        deleted: false,
    };
    let messages = (1..=50).map(message).collect();
    ServerFrame::History(History { id: None, room: Cow::Borrowed("general"), messages, more: true })
}

fn presence() -> ServerFrame<'static> {
    let users = (0..200).map(|n| Cow::Owned(format!("member-{n:03}"))).collect();
    ServerFrame::Presence(Presence { room: Cow::Borrowed("general"), users, count: 1_000 })
}

fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    let mut parse = |name: String, text: &str| {
        assert!(Envelope::parse(text).is_ok(), "{text}");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| Envelope::parse(black_box(text)).is_ok()));
    };
    for size in SIZES {
        let content = content(size);
        parse(format!("message of {size} B"), &format!(r#"{{"type":"message","content":"{content}"}}"#));
        let full =
            format!(r#"{{"type":"message","room":"general","content":"{content}","nonce":"n-1","id":7}}"#);
        parse(format!("message of {size} B with room, nonce and id"), &full);
        let escaped = content.replace(", ", r"\n");
        parse(
            format!("message of {size} B with escapes"),
            &format!(r#"{{"type":"message","content":"{escaped}"}}"#),
        );
    }
    parse("typing".into(), r#"{"type":"typing"}"#);
    parse(
        "join that resumes".into(),
        r#"{"type":"join","room":"general","resume":{"seq":41,"epoch":"k3x9"},"id":1}"#,
    );
    group.finish();
}

fn writing(c: &mut Criterion) {
    let mut group = c.benchmark_group("write");
    let contents = SIZES.map(content);
    let mut frames: Vec<_> =
        contents.iter().map(|it| (format!("message of {} B", it.len()), message(it))).collect();
    frames.push(("ack".into(), ack()));
    frames.push(("history of 50".into(), history(&contents[0])));
    frames.push(("presence of 200".into(), presence()));
    let mut out = Vec::new();
    for (name, frame) in frames {
        group.throughput(Throughput::Bytes(frame.to_json().len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                out.clear();
                black_box(&frame).write_json(&mut out);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parsing, writing);
criterion_main!(benches);
