//! Reading: the hot path. A frame is looked at where it lies in the scratch buffer.

use super::Engine;
use crate::{
    connection::{Role, State, Taken},
    delivery::Said,
    incoming::{self, CLOSE, Frame, PING, PONG, TEXT},
};
use std::rc::Rc;

impl Engine<'_> {
    /// A socket has something to read, or room to write.
    pub(super) fn serve(&mut self, seat: usize) {
        let Some(connection) = &mut self.seats[seat] else { return };
        let done = match connection.state {
            State::Connecting => self.request(seat),
            _ => connection.flush(),
        };
        if let Err(error) = done {
            return self.lose(seat, &error.to_string());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        while self.read(seat, &mut scratch) {}
        self.scratch = scratch;
    }

    /// Reads once; whether there may be more.
    fn read(&mut self, seat: usize, scratch: &mut [u8]) -> bool {
        let wanted = |state| !matches!(state, State::Connecting);
        let Some(connection) = self.seats[seat].as_mut().filter(|it| wanted(it.state)) else { return false };
        if connection.role == Role::Slow && connection.state == State::Joined {
            return false;
        }
        match connection.read(scratch) {
            Taken::Nothing => false,
            Taken::Over(why) => {
                self.lose(seat, &why);
                false
            }
            Taken::Bytes { len, more } => {
                self.take(seat, &scratch[..len]);
                more
            }
        }
    }

    /// Takes what a read brought, and keeps what is incomplete.
    fn take(&mut self, seat: usize, bytes: &[u8]) {
        if self.tally.measuring {
            self.tally.reads += 1;
            self.tally.bytes += bytes.len() as u64;
        }
        match self.understand(seat, bytes) {
            Err(why) => self.lose(seat, &why),
            Ok(taken) => {
                if let Some(connection) = &mut self.seats[seat] {
                    connection.keep(&bytes[taken..]);
                    self.tally.bytes -= if self.tally.measuring { (bytes.len() - taken) as u64 } else { 0 };
                }
            }
        }
    }

    fn understand(&mut self, seat: usize, bytes: &[u8]) -> Result<usize, String> {
        let upgrading = |state| state == State::Upgrading;
        let head = match &self.seats[seat] {
            Some(connection) if upgrading(connection.state) => self.upgraded(seat, bytes)?,
            _ => 0,
        };
        match &self.seats[seat] {
            Some(connection) if !upgrading(connection.state) => Ok(head + self.frames(seat, &bytes[head..])?),
            _ => Ok(head),
        }
    }

    /// Every whole frame; how many bytes they are.
    fn frames(&mut self, seat: usize, bytes: &[u8]) -> Result<usize, String> {
        let Some(connection) = &self.seats[seat] else { return Ok(bytes.len()) };
        let room = Rc::clone(&self.rooms[connection.room as usize]);
        let now = self.now();
        let mut at = 0;
        while let Some(frame) = incoming::split(&bytes[at..]).map_err(|broken| broken.0.to_owned())? {
            at += frame.size;
            if frame.opcode == TEXT
                && let Some(delivery) = self.reading.message(frame.payload, &room)
            {
                self.checker.deliver(seat, delivery, now);
            } else {
                self.rare(seat, &frame, now)?;
            }
        }
        Ok(at)
    }

    /// Whatever is not a message as it should be.
    #[cold]
    fn rare(&mut self, seat: usize, frame: &Frame<'_>, now: u64) -> Result<(), String> {
        match frame.opcode {
            TEXT => {
                let Some(connection) = &self.seats[seat] else { return Ok(()) };
                let said = self.reading.any(frame.payload, &self.rooms[connection.room as usize]);
                self.hear(seat, said, now);
                Ok(())
            }
            PING => self.pong(seat, frame.payload),
            PONG => Ok(()),
            CLOSE => Err(incoming::closed(frame.payload)),
            _ => Err(format!("a frame with the opcode {}", frame.opcode)),
        }
    }

    fn hear(&mut self, seat: usize, said: Said, now: u64) {
        match said {
            Said::Message(delivery) => self.checker.deliver(seat, delivery, now),
            Said::Altered { seq } => self.checker.altered(seat, seq),
            Said::WrongRoom => self.checker.strayed(),
            Said::Joined { head } => self.joined(seat, head),
            Said::Refused(why) => self.refused(seat, &why),
            Said::Gap { messages } => self.tally.gaps += messages,
            Said::Other => {}
            Said::Unreadable => self.checker.unreadable(),
        }
    }

    fn joined(&mut self, seat: usize, head: u64) {
        self.checker.joined(seat, head);
        if self.seats[seat].as_ref().is_some_and(|connection| connection.state == State::Joining) {
            self.arrived(seat);
        }
    }

    fn refused(&mut self, seat: usize, why: &str) {
        let sender = u32::try_from(seat).unwrap_or(u32::MAX);
        self.tally.refused += u64::from(self.checker.refused(sender));
        self.trouble(|| format!("the server refused a frame: {why}"));
    }

    fn pong(&mut self, seat: usize, payload: &[u8]) -> Result<(), String> {
        let pong = self.composer.pong(payload);
        let Some(connection) = &mut self.seats[seat] else { return Ok(()) };
        connection.send(pong).map_err(|error| error.to_string())
    }
}
