//! The run: one loop that publishes what is due, waits for sockets, and reads what they have.

mod opening;
mod publishing;
mod reading;
mod churn;
mod outcome;

use crate::{
    LoadError, Phase, Plan, Progress, Report,
    checker::Checker,
    connection::{Connection, Role, State},
    delivery::{Reading, Room},
    histogram::Histogram,
    outgoing::Composer,
    poller::Poller,
    process,
    target::Target,
};
use churn::Churn;
use outcome::{Mark, Marks};
use publishing::Schedule;
use std::{
    hash::{BuildHasher, RandomState},
    rc::Rc,
    time::{Duration, Instant},
};

/// Bytes read at a time; also the largest frame that can be read. It fits into a core's cache.
const SCRATCH_BYTES: usize = 128 * 1024;
/// Sockets that are served before a look at whether something is due.
const SERVED_BETWEEN: usize = 32;
/// How often settled messages are let go and progress is told, in nanoseconds.
const CHORES_EVERY: u64 = 200_000_000;
/// Time for the news of who came to die down before memory is looked at, and for doubled deliveries at the end.
const CALM: Duration = Duration::from_millis(300);

/// Makes the run and tells `progress` of it. It ends, whatever the server does, within the plan's times.
///
/// # Errors
/// The plan makes no sense, the connections cannot all be made, or the system refuses something. What the server does
/// wrong after that is no error: the report tells it.
pub fn run(plan: &Plan, progress: &mut dyn FnMut(&Progress)) -> Result<Report, LoadError> {
    plan.check()?;
    let target = Target::of(&plan.url, plan.owned)?;
    process::allow_files(plan.connections() + 64)?;
    let mut engine = Engine::new(plan, target, progress)?;
    let before = engine.mark();
    engine.connect()?;
    let opened = engine.now();
    engine.until(CALM, |_| false)?;
    let connected = engine.mark();
    engine.schedule.start(engine.now(), plan.warmup + plan.duration);
    engine.phase(Phase::WarmingUp, plan.warmup);
    engine.until(plan.warmup, |_| false)?;
    let start = engine.measure(true);
    engine.phase(Phase::Measuring, plan.duration);
    engine.until(plan.duration, |_| false)?;
    let end = engine.measure(false);
    engine.drain()?;
    Ok(engine.finish(&Marks { before, connected, start, end, opened }))
}

/// A run that is under way.
struct Engine<'p> {
    plan: &'p Plan,
    target: Target,
    began: Instant,
    poller: Poller,
    /// Members first, in the order of their rooms, then slow readers, then those who come and go.
    seats: Vec<Option<Connection>>,
    rooms: Vec<Rc<Room>>,
    checker: Checker,
    composer: Composer,
    reading: Reading,
    schedule: Schedule,
    churn: Churn,
    tally: Tally,
    scratch: Vec<u8>,
    ready: Vec<usize>,
    phase: (Phase, u64, Duration),
    chores_due: u64,
    progress: &'p mut dyn FnMut(&Progress),
}

/// What is counted besides deliveries.
struct Tally {
    /// Members and slow readers that came in.
    joined: u64,
    /// Those on their way, people who come and go not among them.
    opening: u64,
    /// Those that did not come in.
    failed: u64,
    connect_times: Histogram,
    refused: u64,
    gaps: u64,
    stuck: u64,
    first_trouble: Option<String>,
    measuring: bool,
    /// In the measured part.
    sent: u64,
    reads: u64,
    bytes: u64,
    late: u64,
}

impl Tally {
    fn new() -> Self {
        Self {
            joined: 0,
            opening: 0,
            failed: 0,
            connect_times: Histogram::new(),
            refused: 0,
            gaps: 0,
            stuck: 0,
            first_trouble: None,
            measuring: false,
            sent: 0,
            reads: 0,
            bytes: 0,
            late: 0,
        }
    }
}

impl<'p> Engine<'p> {
    fn new(
        plan: &'p Plan,
        target: Target,
        progress: &'p mut dyn FnMut(&Progress),
    ) -> Result<Self, LoadError> {
        // A name of its own for each run: in rooms where others have spoken, their messages would be judged.
        let run = RandomState::new().hash_one(0) >> 32;
        let name = |room| Rc::new(Room::new(format!("bench-{run:08x}-{room}")));
        Ok(Self {
            plan,
            target,
            began: Instant::now(),
            poller: Poller::new()?,
            seats: Vec::new(),
            rooms: (0..plan.rooms).map(name).collect(),
            checker: Checker::new(plan.rooms, usize::try_from(plan.steady()).unwrap_or(usize::MAX)),
            composer: Composer::new(plan.size),
            reading: Reading::new(plan.size),
            schedule: Schedule::new(plan),
            churn: Churn::new(plan),
            tally: Tally::new(),
            scratch: vec![0; SCRATCH_BYTES],
            ready: Vec::new(),
            phase: (Phase::Connecting, 0, plan.connect_within),
            chores_due: 0,
            progress,
        })
    }

    /// Nanoseconds since the run began.
    fn now(&self) -> u64 {
        nanos(self.began.elapsed())
    }

    fn phase(&mut self, phase: Phase, of: Duration) {
        self.phase = (phase, self.now(), of);
    }

    fn mark(&self) -> Mark {
        Mark::take(self.now(), self.plan.server_pid)
    }

    /// Begins or ends the measured part.
    fn measure(&mut self, measuring: bool) -> Mark {
        self.checker.measure(measuring);
        self.tally.measuring = measuring;
        self.mark()
    }

    /// Runs for so long, or until there is nothing more to wait for.
    fn until(&mut self, time: Duration, done: impl Fn(&Self) -> bool) -> Result<(), LoadError> {
        let end = self.now() + nanos(time);
        while self.now() < end && !done(self) {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Waits for what is owed, and a little longer for what is not.
    fn drain(&mut self) -> Result<(), LoadError> {
        self.phase(Phase::Draining, self.plan.drain);
        self.until(self.plan.drain, |engine| engine.checker.is_complete())?;
        self.until(CALM, |_| false)
    }

    /// One turn of the loop.
    fn turn(&mut self, end: u64) -> Result<(), LoadError> {
        self.publish();
        self.come_and_go();
        let now = self.now();
        let wake = self.chores_due.min(self.schedule.next()).min(self.churn.next()).min(end);
        let mut ready = std::mem::take(&mut self.ready);
        let waited = self.poller.wait(wake.saturating_sub(now), &mut ready);
        for (n, seat) in ready.iter().enumerate() {
            self.serve(*seat);
            if n % SERVED_BETWEEN == SERVED_BETWEEN - 1 {
                self.publish();
            }
        }
        self.ready = ready;
        self.chores();
        waited
    }

    fn chores(&mut self) {
        let now = self.now();
        if now < self.chores_due {
            return;
        }
        self.chores_due = now + CHORES_EVERY;
        self.checker.settle(now);
        self.tally.stuck += self.checker.give_up(now);
        let (phase, since, of) = self.phase;
        (self.progress)(&Progress {
            phase,
            elapsed: Duration::from_nanos(now - since),
            of,
            joined: self.tally.joined,
            wanted: self.plan.steady() + u64::from(self.plan.slow),
            checked: self.checker.checked(),
            faults: self.checker.faults().clone(),
        });
    }

    /// A connection is over, and nobody wanted that.
    fn lose(&mut self, seat: usize, why: &str) {
        let Some(connection) = self.seats[seat].take() else { return };
        let Connection { role, state, .. } = connection;
        match (role, state) {
            // The server may be tired of those who never read.
            (Role::Slow, State::Joined) => return,
            (Role::Churner, _) => {
                self.checker.dropped(seat);
                self.churn.free(seat);
            }
            (Role::Member, State::Joined) => self.checker.dropped(seat),
            _ => {
                self.tally.opening -= 1;
                self.tally.failed += 1;
            }
        }
        self.trouble(|| format!("{role:?} {seat} while {state:?}: {why}"));
    }

    fn trouble(&mut self, what: impl FnOnce() -> String) {
        self.tally.first_trouble.get_or_insert_with(what);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
