//! What a room does not keep any more.

use super::{Room, State};
use crate::{
    encode,
    store::{Epoch, Record},
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
    pub(super) fn skip_gap(&self, state: &mut State, read: &[Record]) {
        let Some(first) = read.first().filter(|first| first.seq > state.cursor + 1) else {
            return;
        };
        let (from, to) = (state.cursor + 1, first.seq - 1);
        let gap = Gap { room: self.name.as_str().into(), from, to, reason: Reason::Retention };
        let mut run = BytesMut::new();
        encode::put(&mut run, &ServerFrame::Gap(gap));
        if self.publish(state, &mut run, to, Personal::default()) {
            state.recent.clear();
            state.raise_floor(to);
        }
    }
}

impl State {
    fn raise_floor(&mut self, floor: u64) {
        self.floor = self.floor.max(floor);
        while self.recent.front().is_some_and(|oldest| oldest.seq <= self.floor) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        catch_up::piece,
        room::log::tests::{ann, grown, records, room},
    };

    #[test]
    fn what_was_forgotten_is_not_at_hand_any_more() {
        let (room, ann) = (room(), ann());
        grown(&room, &records(1..11, "x"));
        assert!(room.recent(2, 10, &ann).is_some());
        room.forgot(&"another".into(), 4);
        assert_eq!(room.floor(), 0, "another log's floor means nothing here");
        room.forgot(&"e".into(), 4);
        assert_eq!((room.floor(), room.before_recent()), (4, 4));
        assert_eq!(room.recent(2, 10, &ann), None);
        assert!(room.recent(4, 10, &ann).is_some());
        room.forgot(&"e".into(), 3);
        assert_eq!(room.floor(), 4, "it never goes back");
    }

    #[test]
    fn of_a_page_read_before_only_what_is_kept_is_sent_behind_a_gap() {
        let (room, ann) = (room(), ann());
        room.forgot(&"e".into(), 4);
        let (frames, sent) = piece(&room, &ann, 2, &records(1..7, "x"));
        let text = String::from_utf8_lossy(&frames).into_owned();
        assert_eq!(sent, 6);
        assert!(text.contains(r#""from":3,"to":4,"reason":"retention""#), "{text}");
        assert_eq!(text.matches(r#""type":"message""#).count(), 2, "{text}");
    }

    #[test]
    fn a_room_that_retention_overtook_goes_on_behind_the_gap() {
        let (room, ann) = (room(), ann());
        grown(&room, &records(1..3, "x"));
        assert!(room.grown(&"e".into(), 9, &[], |_| 0), "3 to 9 are to be read");
        assert!(!room.fetched(&records(7..10, "x"), |_| 0), "and 3 to 6 are gone");
        assert_eq!((room.cursor(), room.floor(), room.lags()), (9, 6, false));
        assert_eq!(room.recent(2, 9, &ann), None, "what is at hand has no hole");
        assert!(room.recent(6, 9, &ann).is_some());
    }
}
