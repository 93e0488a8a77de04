//! What a reader checks about a room's messages: each once, in order, none missing.

use serde_json::Value;

/// The room's numbers a connection has seen so far.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    /// The last number, 0 before the first.
    pub last: u64,
    /// How many came.
    pub count: u64,
}

impl Stream {
    /// A reader who already has everything up to `last`.
    pub fn after(last: u64) -> Self {
        Self { last, count: 0 }
    }

    /// Takes the next number, which must be the next.
    pub fn take(&mut self, seq: u64) {
        assert_eq!(seq, self.last + 1, "a message is missing, doubled or out of order");
        self.last = seq;
        self.count += 1;
    }
}

/// The numbers of a list of messages.
pub fn seqs(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(seq).collect()
}

/// The number of a message or an ack.
pub fn seq(frame: &Value) -> u64 {
    frame["seq"].as_u64().unwrap_or_default()
}

/// A text field of a list of frames, such as every `content`.
pub fn texts(frames: &[Value], field: &str) -> Vec<String> {
    frames.iter().map(|frame| frame[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// The messages of a `history` frame or page.
pub fn messages(history: &Value) -> Vec<Value> {
    history["messages"].as_array().cloned().unwrap_or_default()
}

/// The frames of one type.
pub fn of_type(frames: &[Value], kind: &str) -> Vec<Value> {
    frames.iter().filter(|frame| frame["type"] == kind).cloned().collect()
}
