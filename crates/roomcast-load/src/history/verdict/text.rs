//! The verdict for people: a line a check, and under a red one what was found.

use super::{Checked, Counts, Verdict};
use crate::history::Finding;
use std::fmt::Write;

pub(super) fn of(verdict: &Verdict) -> String {
    let mut text = judged(&verdict.counts);
    for room in &verdict.epochs {
        let logs = room.epochs.join(", then ");
        writeln!(text, "the log of {} was replaced: {logs}", room.room).unwrap_or_default();
    }
    for checked in &verdict.checks {
        add(&mut text, checked);
    }
    text.push_str(if verdict.kept { "every promise was kept\n" } else { "PROMISES WERE BROKEN\n" });
    text
}

fn judged(counts: &Counts) -> String {
    let Counts { rooms, connections, acknowledged, refused, unknown, deliveries, stored, .. } = counts;
    format!(
        "{acknowledged} messages acknowledged, {refused} refused, {unknown} unknown, in {rooms} rooms\n\
         {deliveries} deliveries on {connections} connections, {stored} messages in the final history\n"
    )
}

fn add(text: &mut String, checked: &Checked) {
    let Checked { check, promise, count, findings } = checked;
    let name = format!("{check:?}");
    let mark = if *count == 0 { "ok " } else { "BAD" };
    writeln!(text, "{mark} {name:<3} {promise}").unwrap_or_default();
    for finding in findings {
        writeln!(text, "        {}", line(finding)).unwrap_or_default();
    }
    let untold = count - findings.len() as u64;
    if untold > 0 {
        writeln!(text, "        and {untold} more").unwrap_or_default();
    }
}

fn line(finding: &Finding) -> String {
    let Finding { room, what, nonce, connection, .. } = finding;
    let mut line = room.clone();
    if let Some(nonce) = nonce {
        write!(line, ", message {nonce}").unwrap_or_default();
    }
    if let Some(connection) = connection {
        write!(line, ", connection {connection}").unwrap_or_default();
    }
    write!(line, ": {what}").unwrap_or_default();
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Check, RoomEpochs, VERSION};

    #[test]
    fn a_red_check_is_followed_by_what_was_found() {
        let finding = |nonce: Option<&str>, connection| {
            let (room, what, seq) = ("hall".to_owned(), "it is gone".to_owned(), Some(1));
            Finding { room, what, seq, nonce: nonce.map(str::to_owned), connection }
        };
        let checked =
            |check: Check, count, findings| Checked { check, promise: "it holds".into(), count, findings };
        let verdict = Verdict {
            version: VERSION,
            kept: false,
            counts: Counts { acknowledged: 7, rooms: 1, ..Counts::default() },
            checks: vec![
                checked(Check::C1, 3, vec![finding(Some("n"), Some(4)), finding(None, None)]),
                checked(Check::C10, 0, vec![]),
            ],
            epochs: vec![RoomEpochs { room: "hall".into(), epochs: vec!["a".into(), "b".into()] }],
        };
        let expected = "\
7 messages acknowledged, 0 refused, 0 unknown, in 1 rooms
0 deliveries on 0 connections, 0 messages in the final history
the log of hall was replaced: a, then b
BAD C1  it holds
        hall, message n, connection 4: it is gone
        hall: it is gone
        and 1 more
ok  C10 it holds
PROMISES WERE BROKEN
";
        assert_eq!(verdict.text(), expected);
    }
}
