//! Where a client resumes from: any JSON as `resume` of a `join`, over a real socket (`EPOCH` stands for the epoch of the log). It is
//! refused, or answered with everything behind it, once and in order, or with a reason why not.

use crate::chat::{ROOM, World};
use roomcast::bus::Local;
use roomcast_protocol::{ClientFrame, Envelope, Resume};
use serde_json::Value;
use std::{
    num::NonZeroUsize,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Messages that were said, and how many of them are kept: more than are at hand without the store.
const SAID: u64 = 400;
const KEPT: NonZeroUsize = NonZeroUsize::new(350).expect("it is not zero");
/// Every so many messages one is edited.
const EDIT_EVERY: u64 = 4;
/// Bytes of input: more than a frame with everything in it.
const MAX_INPUT: usize = 2000;

/// A message, or a change and the message that it stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Message(u64),
    Change(u64, u64),
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let world = World::start(Arc::new(Local::default()), KEPT);
    for seq in 1..=SAID {
        world.say();
        if seq % EDIT_EVERY == 0 {
            world.edit(seq, &format!("edited {seq}"));
        }
    }
    Mutex::new(world)
});

pub(crate) fn fuzz(data: &[u8]) {
    let Some(text) = std::str::from_utf8(data).ok().filter(|text| text.len() <= MAX_INPUT) else { return };
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let epoch = world.chat.store().epoch();
    let join = format!(r#"{{"type":"join","room":"{ROOM}","resume":{}}}"#, text.replace("EPOCH", &epoch));
    world.send(&join);
    match Envelope::parse(&join).map(|envelope| envelope.frame) {
        Ok(ClientFrame::Join { resume, .. }) => joined(&mut world, &epoch, resume.as_ref()),
        Ok(other) => unreachable!("{other:?} came of {join}"),
        Err(refusal) => {
            assert_eq!(world.next()["code"], refusal.code.as_str(), "{join}");
            // Something that is allowed: whoever hears nothing but refusals is closed.
            world.send(r#"{"type":"ping"}"#);
            world.until("pong");
        }
    }
}

fn joined(world: &mut World, epoch: &str, resume: Option<&Resume<'_>>) {
    let joined = world.until("joined");
    let reason = resume.and_then(|resume| refused(resume, epoch));
    assert_eq!(joined["reason"].as_str(), reason, "{resume:?}: {joined}");
    let resumed = resume.filter(|_| reason.is_none());
    assert_eq!(joined["recovered"], Value::Bool(resumed.is_some()), "{resume:?}: {joined}");
    if let Some(resume) = resumed {
        assert_eq!(caught_up(world), lacking(resume), "{resume:?}");
    }
    world.send(&format!(r#"{{"type":"leave","room":"{ROOM}","id":"end"}}"#));
    world.until("left");
}

/// Why it cannot be resumed from there (docs/protocol.md, I12).
fn refused(resume: &Resume<'_>, epoch: &str) -> Option<&'static str> {
    if resume.epoch != epoch {
        Some("epoch")
    } else if resume.seq > SAID || resume.change.is_some_and(|change| change > SAID / EDIT_EVERY) {
        Some("ahead")
    } else if resume.seq < SAID - KEPT.get() as u64 {
        Some("retention")
    } else {
        None
    }
}

fn lacking(resume: &Resume<'_>) -> Vec<Happened> {
    let log = (1..=SAID).flat_map(|seq| {
        let change = (seq % EDIT_EVERY == 0).then_some(Happened::Change(seq / EDIT_EVERY, seq));
        [Some(Happened::Message(seq)), change].into_iter().flatten()
    });
    log.filter(|happened| match *happened {
        Happened::Message(seq) => seq > resume.seq,
        Happened::Change(number, after) => resume.change.map_or(after >= resume.seq, |had| number > had),
    })
    .collect()
}

/// What comes before `caught_up`.
fn caught_up(world: &mut World) -> Vec<Happened> {
    let mut came = Vec::new();
    loop {
        let frame = world.next();
        let number = |name: &str| frame[name].as_u64().unwrap_or_default();
        match frame["type"].as_str().unwrap_or_default() {
            "message" => came.push(Happened::Message(number("seq"))),
            "edit" => came.push(Happened::Change(number("change"), number("seq"))),
            "caught_up" => return came,
            kind => assert!(!matches!(kind, "gap" | "reset" | "error"), "{frame}"),
        }
    }
}
