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
