//! What a client is told.

use super::{Client, Place, ask_newest};
use crate::{
    history::{Event, Hash, Position, Source},
    verify::socket::{Socket, broken},
};
use roomcast_protocol::{
    ServerFrame,
    server::{CaughtUp, ErrorFrame, Gap, History, Joined, Message, Reset},
};
use std::{borrow::Cow, io, sync::atomic::Ordering, time::Duration};

impl Client<'_> {
    /// A frame of the server.
    pub(super) fn hear(&mut self, socket: &mut Socket, text: &str) -> io::Result<()> {
        let frame = serde_json::from_str(text).map_err(|error| broken(&format!("unreadable: {error}")))?;
        match frame {
            ServerFrame::Message(message) => self.message(&message),
            ServerFrame::Joined(joined) => return self.joined(socket, &joined),
            ServerFrame::CaughtUp(caught_up) => self.caught_up(&caught_up),
            ServerFrame::Gap(gap) => self.gap(&gap),
            ServerFrame::Reset(reset) => return self.reset(socket, &reset),
            ServerFrame::History(history) => self.history(&history),
            ServerFrame::Ack(ack) => {
                if let Some(publishing) = &mut self.publishing {
                    publishing.acknowledged(&ack, self.shared, &self.places, self.connection);
                }
            }
            ServerFrame::Error(error) => return self.error(&error),
            ServerFrame::GoingAway(going) => self.retry_after = Duration::from_millis(going.retry_after_ms),
            _ => {}
        }
        Ok(())
    }

    fn place(&mut self, room: &str) -> Option<&mut Place> {
        self.places.iter_mut().find(|place| *place.name == *room)
    }

    fn moved(&self, room: &str) {
        let place = self.places.iter().find(|place| *place.name == *room);
        if let Some((place, (_, seq))) = place.and_then(|place| Some((place, place.position.as_ref()?))) {
            self.shared.set_place(self.process, place.room, *seq);
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        let (room, seq) = (&*message.room, message.seq);
        let hash = Hash::of(&message.user, &message.content);
        let (mut source, mut epoch) = (Source::Live, String::new());
        // A message of a room that this client is not in is recorded as well: under no log.
        if let Some(Place { position: Some((log, last)), resuming, .. }) = self.place(room) {
            *last = seq.max(*last);
            epoch.clone_from(log);
            source = if *resuming { Source::Resume } else { Source::Live };
        }
        self.moved(room);
        self.shared.deliveries.fetch_add(1, Ordering::Relaxed);
        self.delivery(room, source, &epoch, seq, hash);
    }

    fn delivery(&self, room: &str, source: Source, epoch: &str, seq: u64, hash: Hash) {
        let (at, connection) = (self.shared.recorder.now(), self.connection);
        let (room, epoch) = (room.into(), epoch.into());
        self.shared.recorder.take(&Event::Delivery { at, connection, source, room, epoch, seq, hash });
    }

    fn joined(&mut self, socket: &mut Socket, joined: &Joined<'_>) -> io::Result<()> {
        let Joined { room, epoch, head, recovered, reason, .. } = joined;
        let Some(place) = self.place(room) else { return Err(broken("joined another room")) };
        (place.joined, place.resuming) = (true, *recovered);
        let seq = place.position.as_ref().map_or(*head, |(_, seq)| if *recovered { *seq } else { *head });
        let named = place.position.replace((epoch.to_string(), seq));
        let resume = named.map(|(epoch, seq)| Position { epoch: epoch.into(), seq });
        let (at, connection, recovered) = (self.shared.recorder.now(), self.connection, *recovered);
        let (room, epoch) = (Cow::Borrowed(&**room), Cow::Borrowed(&**epoch));
        self.moved(&room);
        let event =
            Event::Joined { at, connection, room, epoch, head: *head, resume, recovered, reason: *reason };
        self.shared.recorder.take(&event);
        if recovered { Ok(()) } else { ask_newest(socket, &joined.room) }
    }

    fn caught_up(&mut self, caught_up: &CaughtUp<'_>) {
        let (at, connection) = (self.shared.recorder.now(), self.connection);
        if let Some(place) = self.place(&caught_up.room) {
            place.resuming = false;
        }
        let room = Cow::Borrowed(&*caught_up.room);
        self.shared.recorder.take(&Event::CaughtUp { at, connection, room, seq: caught_up.seq });
    }

    fn gap(&mut self, gap: &Gap<'_>) {
        let Gap { from, to, reason, .. } = *gap;
        let (at, connection) = (self.shared.recorder.now(), self.connection);
        if let Some(Place { position: Some((_, seq)), .. }) = self.place(&gap.room) {
            *seq = to.max(*seq);
        }
        self.moved(&gap.room);
        let room = Cow::Borrowed(&*gap.room);
        self.shared.recorder.take(&Event::Gap { at, connection, room, from, to, reason });
    }

    /// The room is loaded afresh: what is in it is asked for.
    fn reset(&mut self, socket: &mut Socket, reset: &Reset<'_>) -> io::Result<()> {
        let Reset { head, reason, .. } = *reset;
        let (at, connection) = (self.shared.recorder.now(), self.connection);
        if let Some(place) = self.place(&reset.room) {
            place.position = Some((reset.epoch.to_string(), head));
            place.resuming = false;
        }
        self.moved(&reset.room);
        let (room, epoch) = (Cow::Borrowed(&*reset.room), Cow::Borrowed(&*reset.epoch));
        self.shared.recorder.take(&Event::Reset { at, connection, room, epoch, head, reason });
        ask_newest(socket, &reset.room)
    }

    fn history(&mut self, history: &History<'_>) {
        let epoch = self.place(&history.room).and_then(|place| place.position.as_ref());
        let Some(epoch) = epoch.map(|(epoch, _)| epoch.clone()) else { return };
        for message in &history.messages {
            let hash = Hash::of(&message.user, &message.content);
            self.delivery(&history.room, Source::History, &epoch, message.seq, hash);
        }
    }

    /// What is no answer to a message is trouble with this connection: another is tried.
    fn error(&mut self, error: &ErrorFrame<'_>) -> io::Result<()> {
        let publishing = self.publishing.as_mut();
        if publishing.is_some_and(|it| it.refused(error, self.shared, self.connection)) {
            return Ok(());
        }
        self.retry_after = Duration::from_millis(error.retry_after_ms.unwrap_or(0));
        Err(broken(&format!("{}: {}", error.code, error.message)))
    }
}
