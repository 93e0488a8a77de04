//! What a room does not keep any more.

use super::{Room, State};
use crate::{
    encode,
    store::{Epoch, Event},
};
use bytes::BytesMut;
use roomcast_protocol::{
    ServerFrame,
    server::{Gap, Reason},
};
use roomcast_socket::Personal;

impl Room {
    /// Retention has moved the floor: nothing below it is sent from here on, and who comes back from there is told.
    pub(crate) fn forgot(&self, epoch: &Epoch, floor: u64) {
        let mut state = self.state();
        if state.epoch == *epoch {
            state.raise_floor(floor);
        }
    }

    pub(crate) fn floor(&self) -> u64 {
        self.state().floor
    }

    /// Where retention took messages before this node had shown them, everyone is told of the gap, and what comes after
    /// it is the next. `read` is what the store has after the cursor.
    pub(super) fn skip_gap(&self, state: &mut State, read: &[Event]) {
        let before = read.first().map_or(state.cursor, Event::before);
        if before.events() <= state.cursor.events() {
            return;
        }
        let mut run = BytesMut::new();
        if before.seq > state.cursor.seq {
            let (room, from, to) = (self.name.as_str().into(), state.cursor.seq + 1, before.seq);
            encode::put(&mut run, &ServerFrame::Gap(Gap { room, from, to, reason: Reason::Retention }));
        }
        if self.publish(state, &mut run, before, Personal::default()) {
            state.cursor = before;
            state.recent.clear();
            state.raise_floor(before.seq);
        }
    }
}

impl State {
    fn raise_floor(&mut self, floor: u64) {
        self.floor = self.floor.max(floor);
        while self.recent.front().is_some_and(|oldest| oldest.at.seq <= self.floor) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        catch_up::piece,
        pages::{Lacking, Sent},
        room::{
            Room,
            log::tests::{ann, at, grown, messages, records, room},
        },
    };

    /// Whether what follows this message is at hand.
    fn has_after(room: &Room, seq: u64) -> bool {
        room.recent(Sent::At(at(seq, 0)), room.cursor().events(), &ann()).is_some()
    }

    #[test]
    fn what_was_forgotten_is_not_at_hand_any_more() {
        let room = room();
        grown(&room, &messages(1..11, "x"));
        assert!(has_after(&room, 2));
        room.forgot(&"another".into(), 4);
        assert_eq!(room.floor(), 0, "another log's floor means nothing here");
        room.forgot(&"e".into(), 4);
        assert_eq!((room.floor(), room.wanted().least), (4, at(4, 0)));
        assert!(!has_after(&room, 2) && has_after(&room, 4));
        room.forgot(&"e".into(), 3);
        assert_eq!(room.floor(), 4, "it never goes back");
    }

    #[test]
    fn of_a_page_read_before_only_what_is_kept_is_sent_behind_a_gap() {
        let (room, ann) = (room(), ann());
        room.forgot(&"e".into(), 4);
        let (messages, changes) = (records(1..7, "x").into(), [].into());
        let lacking = Lacking { from: at(2, 0), upto: at(6, 0), messages, changes };
        let (frames, sent) = piece(&room, &ann, &lacking);
        let text = String::from_utf8_lossy(&frames).into_owned();
        assert_eq!(sent, at(6, 0));
        assert!(text.contains(r#""from":3,"to":4,"reason":"retention""#), "{text}");
        assert_eq!(text.matches(r#""type":"message""#).count(), 2, "{text}");
    }

    #[test]
    fn a_room_that_retention_overtook_goes_on_behind_the_gap() {
        let room = room();
        grown(&room, &messages(1..3, "x"));
        assert!(room.grown(&"e".into(), at(9, 0), &[], |_| 0), "3 to 9 are to be read");
        assert!(!room.fetched(&messages(7..10, "x"), |_| 0), "and 3 to 6 are gone");
        assert_eq!((room.cursor(), room.floor(), room.lags()), (at(9, 0), 6, false));
        assert!(!has_after(&room, 2), "what is at hand has no hole");
        assert!(has_after(&room, 6));
    }
}
