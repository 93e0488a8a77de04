//! One fault at a time in a good history: each is found, by the check whose business it is, and by no other that has
//! nothing to do with it.

use super::{
    story::{HEAD, LOG, PUBLISHER, READER, RETURNED, ROOM, Story, hash},
    *,
};
use std::mem;

/// A good history that somebody spoils.
struct Spoiled(Vec<Event<'static>>);

impl Spoiled {
    fn new() -> Self {
        Self(Story::good())
    }

    /// Changes every event.
    fn each(mut self, change: impl FnMut(&mut Event<'static>)) -> Self {
        self.0.iter_mut().for_each(change);
        self
    }

    /// Changes the number of whatever has one: of messages, and of the newest one.
    fn renumber(self, change: impl Fn(u64) -> u64) -> Self {
        self.each(|event| match event {
            Event::Ok { seq, .. }
            | Event::Delivery { seq, .. }
            | Event::CaughtUp { seq, .. }
            | Event::Stored { seq, .. } => *seq = change(*seq),
            Event::Head { head, .. } => *head = change(*head),
            Event::Joined { head, resume, .. } => {
                *head = change(*head);
                resume.iter_mut().for_each(|position| position.seq = change(position.seq));
            }
            _ => {}
        })
    }

    /// The newest message is not there.
    fn without_newest(mut self) -> Self {
        let is_newest = |event: &Event<'_>| {
            matches!(event, Event::Delivery { seq: HEAD, .. } | Event::Stored { seq: HEAD, .. })
        };
        self.0.retain(|event| !is_newest(event));
        self.heads(HEAD - 1)
    }

    /// One more message, that every server has and shows to everyone who stays.
    fn with_newest(self, seq: u64, nonce: &str) -> Self {
        let mut more = Self(Vec::new());
        for event in self.0 {
            let mut next = event.clone();
            let is_last = match &mut next {
                Event::Delivery { connection, source, seq: at, hash: content, .. } => {
                    (*content, *source) = (hash(nonce), Source::Live);
                    let stays = matches!(*connection, PUBLISHER | RETURNED | READER);
                    mem::replace(at, seq) + 1 == seq && stays
                }
                Event::Stored { seq: at, hash: content, .. } => {
                    *content = hash(nonce);
                    mem::replace(at, seq) + 1 == seq
                }
                _ => false,
            };
            more.0.push(event);
            more.0.extend(is_last.then_some(next));
        }
        more.heads(seq)
    }

    fn heads(self, now: u64) -> Self {
        self.each(|event| {
            if let Event::Head { head, .. } = event {
                *head = now;
            }
        })
    }

    /// The event before the connection is closed.
    fn at_the_end_of(mut self, of: u64, event: Event<'static>) -> Self {
        let is_end = |it: &Event<'_>| matches!(it, Event::Closed { connection, .. } if *connection == of);
        let at = self.0.iter().position(is_end).unwrap();
        self.0.insert(at, event);
        self
    }

    #[track_caller]
    fn is_red(&self, expected: &[Check]) {
        assert_eq!(
            red(&self.0, Tolerance::Nothing),
            expected,
            "{}",
            judged(&self.0, Tolerance::Nothing).text()
        );
    }
}

fn shown(connection: u64, seq: u64, nonce: &str) -> Event<'static> {
    let (source, room, epoch) = (Source::Live, ROOM.into(), LOG.into());
    Event::Delivery { at: 0, connection, source, room, epoch, seq, hash: hash(nonce) }
}

#[test]
fn a_good_history_is_green() {
    Spoiled::new().is_red(&[]);
    let verdict = judged(&Story::good(), Tolerance::Nothing);
    let Counts { acknowledged, refused, unknown, .. } = verdict.counts;
    assert_eq!((acknowledged, refused, unknown), (6, 1, 1));
}

#[test]
fn c1_an_acknowledged_message_is_lost() {
    Spoiled::new().without_newest().is_red(&[Check::C1]);
}

#[test]
fn c2_a_nonce_is_stored_twice() {
    Spoiled::new().with_newest(7, "m2").is_red(&[Check::C2]);
}

#[test]
fn c3_a_number_was_never_given() {
    // Who reads it live notices as well.
    Spoiled::new().renumber(|seq| if seq < 3 { seq } else { seq + 1 }).is_red(&[Check::C3, Check::C5]);
}

#[test]
fn c4_two_contents_for_one_number() {
    let spoiled = Spoiled::new().each(|event| {
        if let Event::Delivery { connection: READER, source: Source::Live, seq: 4, hash: content, .. } = event
        {
            *content = hash("m3");
        }
    });
    spoiled.is_red(&[Check::C4]);
}

#[test]
fn c5_two_deliveries_are_swapped() {
    let mut spoiled = Spoiled::new();
    let place = |seq| {
        spoiled.0.iter().position(
            |event| matches!(event, Event::Delivery { connection: READER, seq: at, .. } if *at == seq),
        )
    };
    let (a, b) = (place(2).unwrap(), place(3).unwrap());
    spoiled.0.swap(a, b);
    spoiled.is_red(&[Check::C5]);
}

#[test]
fn c6_a_message_is_shown_and_does_not_stay() {
    Spoiled::new().at_the_end_of(READER, shown(READER, 7, "unknown")).is_red(&[Check::C6]);
}

#[test]
fn c7_a_refused_message_is_there() {
    Spoiled::new().with_newest(7, "refused").is_red(&[Check::C7]);
    // Shown only, it is a phantom as well.
    Spoiled::new().at_the_end_of(READER, shown(READER, 7, "refused")).is_red(&[Check::C6, Check::C7]);
}

#[test]
fn c8_order_against_real_time() {
    let swapped = Spoiled::new().each(|event| match event {
        Event::Ok { seq, .. } if *seq < 3 => *seq = 3 - *seq,
        Event::Delivery { seq, hash: content, .. } | Event::Stored { seq, hash: content, .. } if *seq < 3 => {
            *content = hash(&format!("m{}", 3 - *seq));
        }
        _ => {}
    });
    swapped.is_red(&[Check::C8]);
}

#[test]
fn c9_an_unknown_message_happened_twice() {
    Spoiled::new().with_newest(7, "unknown").is_red(&[]);
    Spoiled::new().with_newest(7, "unknown").with_newest(8, "unknown").is_red(&[Check::C9]);
}

#[test]
fn c10_a_server_stands_elsewhere() {
    let spoiled = Spoiled::new().each(|event| match event {
        Event::Head { server, via: Via::Rest, head, .. } if server == "two" => *head -= 1,
        _ => {}
    });
    spoiled.is_red(&[Check::C10]);
    let spoiled = Spoiled::new().each(|event| match event {
        Event::Head { server, epoch: Some(epoch), .. } if server == "two" => *epoch = "log-b".into(),
        _ => {}
    });
    spoiled.is_red(&[Check::C10]);
}

#[test]
fn the_last_messages_are_lost_to_who_was_there() {
    let mut spoiled = Spoiled::new();
    spoiled.0.retain(|event| !matches!(event, Event::Delivery { connection: RETURNED, seq: HEAD, .. }));
    spoiled.is_red(&[Check::C5]);
}

#[test]
fn a_resume_forgets_a_message_and_says_that_it_is_done() {
    let mut spoiled = Spoiled::new();
    spoiled.0.retain(|event| !matches!(event, Event::Delivery { connection: RETURNED, seq: 5, .. }));
    spoiled.is_red(&[Check::C5]);
}

#[test]
fn a_resume_is_honoured_that_must_not_be() {
    let other_log = |event: &mut Event<'_>| {
        if let Event::Joined { resume: Some(position), .. } = event {
            position.epoch = "log-b".into();
        }
    };
    Spoiled::new().each(other_log).is_red(&[Check::C5]);
    let ignored = |event: &mut Event<'_>| {
        if let Event::Joined { resume: Some(_), recovered, head, .. } = event {
            (*recovered, *head) = (false, 3);
        }
    };
    Spoiled::new().each(ignored).is_red(&[Check::C5]);
}

#[test]
fn a_repetition_is_answered_with_another_number() {
    let again =
        |seq| Event::Ok { at: 9_999, connection: PUBLISHER, nonce: "m2".into(), epoch: LOG.into(), seq };
    Spoiled::new().at_the_end_of(PUBLISHER, again(2)).is_red(&[]);
    // The other number is another message's, too.
    Spoiled::new().at_the_end_of(PUBLISHER, again(3)).is_red(&[Check::C2, Check::C4]);
}

#[test]
fn a_repetition_is_called_a_conflict() {
    let (connection, nonce, code) = (PUBLISHER, "m2".into(), "nonce_conflict".into());
    let conflict = Event::Fail { at: 0, connection, nonce, code };
    Spoiled::new().at_the_end_of(PUBLISHER, conflict).is_red(&[Check::C2]);
}

#[test]
fn a_message_that_nobody_sent() {
    Spoiled::new().with_newest(7, "a stranger's").is_red(&[Check::C6]);
}

#[test]
fn a_message_of_a_room_that_is_none() {
    let Event::Delivery { at, connection, source, epoch, seq, hash, .. } = shown(READER, 1, "m1") else {
        panic!()
    };
    let room = "elsewhere".into();
    let stray = Event::Delivery { at, connection, source, room, epoch, seq, hash };
    Spoiled::new().at_the_end_of(READER, stray).is_red(&[Check::C5, Check::C6]);
}

#[test]
fn servers_have_different_messages() {
    let spoiled = Spoiled::new().each(|event| match event {
        Event::Stored { server, via: Via::Rest, seq: 2, hash: content, .. } if server == "two" => {
            *content = hash("m3");
        }
        _ => {}
    });
    spoiled.is_red(&[Check::C4]);
}

#[test]
fn a_floor_is_believed_where_a_server_told_of_it() {
    let mut spoiled = Spoiled::new();
    spoiled.0.retain(|event| !matches!(event, Event::Stored { seq: 1..=2, .. }));
    spoiled.is_red(&[Check::C1, Check::C3, Check::C6]);
    let gap = |connection, from, to| {
        let (room, reason) = (ROOM.into(), Reason::Retention);
        Event::Gap { at: 0, connection, room, from, to, reason }
    };
    let told = at_the_beginning_of(spoiled, RETURNED, gap(RETURNED, 1, 2));
    told.is_red(&[]);
}

/// A newcomer that is told of a gap, before the connection is closed.
fn at_the_beginning_of(mut spoiled: Spoiled, of: u64, event: Event<'static>) -> Spoiled {
    let is_opened = |it: &Event<'_>| matches!(it, Event::Opened { connection, .. } if *connection == of);
    let at = spoiled.0.iter().position(is_opened).unwrap();
    spoiled.0.insert(at + 1, event);
    spoiled
}

#[test]
fn a_lost_end_is_tolerated_where_that_was_agreed_and_a_hole_never() {
    let all = |spoiled: Spoiled| (red(&spoiled.0, Tolerance::Nothing), red(&spoiled.0, Tolerance::Tail));
    // The log is another one in the end, which has everything.
    let renamed = |spoiled: Spoiled| {
        spoiled.each(|event| {
            if let Event::Head { epoch: Some(epoch), .. } = event {
                *epoch = "log-b".into();
            }
        })
    };
    assert_eq!(all(renamed(Spoiled::new())), (vec![], vec![]));
    // Its last message is lost: as if those who got it had never been told of the new log.
    let lost = |lost: u64| {
        let mut spoiled = renamed(Spoiled::new()).heads(HEAD - 1);
        spoiled.0.retain(|event| !matches!(event, Event::Stored { seq, .. } if *seq == lost));
        spoiled.each(|event| match event {
            Event::Stored { seq, .. } if *seq > lost => *seq -= 1,
            _ => {}
        })
    };
    assert_eq!(all(lost(HEAD)), (vec![Check::C1, Check::C6], vec![]));
    let (strict, tail) = all(lost(HEAD - 1));
    assert!(strict.contains(&Check::C1) && tail.is_empty(), "{strict:?} {tail:?}");
    // One is lost and a later one kept in its place.
    let replaced = renamed(Spoiled::new()).each(|event| {
        if let Event::Stored { seq: 5, hash: content, .. } = event {
            *content = hash("unknown");
        }
    });
    assert_eq!(all(replaced), (vec![Check::C1, Check::C6], vec![Check::C1, Check::C6]));
}

#[test]
fn findings_are_counted_beyond_those_that_are_told() {
    let mut spoiled = Spoiled::new();
    for seq in 100..100 + MAX_FINDINGS as u64 + 5 {
        spoiled = spoiled.at_the_end_of(READER, shown(READER, seq, "unknown"));
    }
    let verdict = judged(&spoiled.0, Tolerance::Nothing);
    let c6 = verdict.checks.iter().find(|checked| checked.check == Check::C6).unwrap();
    assert_eq!((c6.count, c6.findings.len()), (25, MAX_FINDINGS));
    assert!(verdict.text().contains("and 5 more"), "{}", verdict.text());
}

#[test]
fn what_cannot_be_a_history_is_refused() {
    let good = Story::good();
    let refused = |events: &[Event<'_>]| {
        let mut checker = Checker::new(Tolerance::Nothing);
        let taken = events.iter().try_for_each(|event| checker.take(event));
        taken.and_then(|()| checker.finish().map(drop)).unwrap_err().to_string()
    };
    assert_eq!(refused(&good[..1]), "nothing was acknowledged, so that there is nothing to judge");
    assert_eq!(refused(&good[1..]), "connection 1 is not open");
    assert_eq!(refused(&[good[0].clone(), good[0].clone()]), "connection 1 was opened before");
    let unread: Vec<_> = good.iter().filter(|it| !matches!(it, Event::Head { .. })).cloned().collect();
    assert_eq!(refused(&unread), "the final history of the room hall was not read");
    let ok = good.iter().find(|event| matches!(event, Event::Ok { .. })).unwrap();
    assert_eq!(refused(std::slice::from_ref(ok)), "the nonce \"m1\" was never sent");
    let invoke = |nonce: &'static str, content: &str| {
        let (room, nonce, hash) = (ROOM.into(), nonce.into(), hash(content));
        Event::Invoke { at: 1, connection: 1, room, nonce, hash }
    };
    let told = refused(&[good[0].clone(), invoke("a", "x"), invoke("a", "y")]);
    assert_eq!(told, "the nonce \"a\" was used for another message before");
    let told = refused(&[good[0].clone(), invoke("a", "x"), invoke("b", "x")]);
    assert_eq!(told, "the messages \"b\" and \"a\" have the same hash");
}
