//! Waits for sockets and for the moment at which the next message is due: one epoll, edge-triggered, and one timerfd,
//! because epoll's own time-outs are whole milliseconds.

use crate::{LoadError, error::system};
use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    io::Errno,
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime},
};
use std::{net::TcpStream, os::fd::OwnedFd};

/// Sockets that are told of at a time. The publishing goes on between two batches.
const BATCH: usize = 256;
const TIMER: u64 = u64::MAX;

/// What the run waits on.
pub(crate) struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poller {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(system("epoll"))?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).map_err(system("timerfd"))?;
        let data = epoll::EventData::new_u64(TIMER);
        epoll::add(&epoll, &timer, data, epoll::EventFlags::IN | epoll::EventFlags::ET)
            .map_err(system("epoll"))?;
        Ok(Self { epoll, timer, events: Vec::with_capacity(BATCH) })
    }

    /// Tells of this socket from now on, until it is closed or removed.
    pub(crate) fn add(&self, stream: &TcpStream, seat: usize) -> std::io::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, stream, epoll::EventData::new_u64(seat as u64), flags)?)
    }

    /// Tells of this socket no more.
    pub(crate) fn remove(&self, stream: &TcpStream) -> std::io::Result<()> {
        Ok(epoll::delete(&self.epoll, stream)?)
    }

    /// Waits for at most so many nanoseconds. The sockets that have something to read or room to write, by seat, are
    /// put into `ready`.
    pub(crate) fn wait(&mut self, nanos: u64, ready: &mut Vec<usize>) -> Result<(), LoadError> {
        let timeout = if nanos == 0 { nanoseconds(0) } else { self.arm(nanos)? };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(system("epoll")(error)),
        }
        ready.clear();
        let told = self.events.iter().map(|event| event.data.u64());
        ready.extend(told.filter(|data| *data != TIMER).filter_map(|data| usize::try_from(data).ok()));
        Ok(())
    }

    /// The timer wakes us in time; epoll's own time-out, rounded up, only sees to it that nothing hangs.
    fn arm(&self, nanos: u64) -> Result<Timespec, LoadError> {
        let once = Itimerspec { it_interval: nanoseconds(0), it_value: nanoseconds(nanos) };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).map_err(system("timerfd"))?;
        Ok(nanoseconds(nanos + 1_000_000))
    }
}

#[expect(clippy::cast_possible_wrap, reason = "both parts are small")]
const fn nanoseconds(nanos: u64) -> Timespec {
    Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as _ }
}
