//! What a run found. `report.schema.json` describes its JSON; a test compares the two.

mod text;

use serde::{Deserialize, Serialize};

/// The version of the report's form; it rises when a field changes its meaning or goes.
pub const VERSION: u32 = 1;
/// The report's JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../report.schema.json");

/// A run and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// What was done.
    pub plan: Load,
    /// How the connections were made.
    pub connect: Connect,
    /// What went through.
    pub traffic: Traffic,
    /// Microseconds from the moment at which a message was due to its delivery; every measured delivery counts.
    pub latency_us: Quantiles,
    /// What was checked, over the whole run.
    pub checks: Checks,
    /// What the server used, where its process is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// What the load generator itself was up to.
    pub generator: Generator,
}

/// What was done: the plan, as numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The run's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Where the server was.
    pub url: String,
    /// Number of rooms.
    pub rooms: u32,
    /// Members per room who stayed.
    pub members: u32,
    /// Members per room who published.
    pub publishers: u32,
    /// Messages per second over all rooms, where that was fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Messages under way over all rooms, where that was fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Bytes of a message's content.
    pub size: u64,
    /// Connections that never read.
    pub slow: u32,
    /// Connections per second that came and went.
    pub churn: f64,
    /// Everyone connected at once.
    pub storm: bool,
    /// Seconds before the measured part.
    pub warmup_s: f64,
    /// Seconds that were measured.
    pub duration_s: f64,
}

/// How the connections were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connect {
    /// Members and slow readers, all of them.
    pub connections: u64,
    /// From the first attempt to the last `joined`, in seconds.
    pub seconds: f64,
    /// Connections per second.
    pub per_s: f64,
    /// Microseconds from a connection's first packet to its `joined` (for slow readers: to the upgrade).
    pub time_us: Quantiles,
    /// Connections that came and went.
    pub churned: u64,
}

/// What went through in the measured part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Messages that were published.
    pub sent: u64,
    /// Messages per second.
    pub sent_per_s: f64,
    /// Number of deliveries.
    pub deliveries: u64,
    /// Deliveries per second.
    pub deliveries_per_s: f64,
    /// Bytes read from the sockets per delivery, frame headers and everything else included.
    pub bytes_per_delivery: f64,
    /// Deliveries per read: how well the server gathers.
    pub deliveries_per_read: f64,
}

/// A distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half stayed within.
    pub p50: f64,
    /// Nine of ten stayed within.
    pub p90: f64,
    /// 99 of 100 stayed within.
    pub p99: f64,
    /// 999 of 1,000 stayed within.
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
}

/// What was checked, from the first connection to the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Deliveries that were looked at, those to members who come and go included.
    pub checked: u64,
    /// Deliveries that those who stay were owed.
    pub expected: u64,
    /// What was wrong.
    pub faults: Faults,
    /// Messages that the server refused with an `error`: owed to nobody, and said so, but not measured either.
    pub refused: u64,
    /// Messages that the server said (`gap`) it would not send. They are lost, too.
    pub gaps: u64,
    /// Messages that a saturating run went on without after three seconds. Whether they are lost is told by `lost`.
    pub stuck: u64,
    /// What the first refusal or lost connection said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_trouble: Option<String>,
}

/// What was wrong; all zero where the server kept its promises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Deliveries that were owed and never came.
    pub lost: u64,
    /// Deliveries of what the connection had already.
    pub doubled: u64,
    /// Deliveries after a later one or before `joined`, and messages numbered before an earlier one of their sender.
    pub disordered: u64,
    /// Deliveries of a message that belongs to another room.
    pub wrong_room: u64,
    /// Deliveries whose text or sender is not what was sent, and frames that cannot be read.
    pub altered: u64,
    /// Deliveries of a message under another number than others saw it under.
    pub conflicting: u64,
    /// Connections that ended though nobody wanted that. Slow readers do not count.
    pub dropped: u64,
}

impl Faults {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let Self { lost, doubled, disordered, wrong_room, altered, conflicting, dropped } = self;
        *lost + *doubled + *disordered + *wrong_room + *altered + *conflicting + *dropped
    }
}

/// What the server used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its process.
    pub pid: u32,
    /// Cores that it may run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Cores that it kept busy in the measured part.
    pub busy_cores: f64,
    /// Cores that other processes (or other guests of the host) kept busy in the measured part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others_busy_cores: Option<f64>,
    /// Microseconds of CPU time per measured delivery, all threads; what is sent to slow readers costs, too, and is no
    /// delivery. Not there where there were no deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_us_per_delivery: Option<f64>,
    /// Of it in user space, by ticks of 10 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_us_per_delivery: Option<f64>,
    /// Of it in the kernel, by ticks of 10 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_us_per_delivery: Option<f64>,
    /// Microseconds of CPU time per connection made.
    pub cpu_us_per_connect: f64,
    /// Bytes of memory per connection: what it grew by while they were made.
    pub bytes_per_connection: f64,
    /// Bytes of memory at the end.
    pub rss_bytes: u64,
    /// The most bytes of memory that it ever had.
    pub peak_bytes: u64,
}

/// What the load generator itself was up to: where it is busy all the time, it measures itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// Share of its one core in the measured part, 0 to 1.
    pub busy: f64,
    /// How late it published at the latest, in microseconds (fixed rate only). Latency includes it.
    pub late_us: f64,
}

/// More busy cores than this that belong to others spoil a measurement.
const QUIET: f64 = 0.15;

impl Server {
    /// Others kept the machine so busy that the costs mean little.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.others_busy_cores.is_some_and(|cores| cores > QUIET)
    }
}

/// Whether the server kept its promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everyone got everything once, in order.
    Kept,
    /// Something was lost, doubled, disordered, astray or altered, or connections were dropped.
    Broken,
}

impl Verdict {
    /// The program's exit code: 0 or 1.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Kept => 0,
            Self::Broken => 1,
        }
    }
}

impl Report {
    /// The verdict.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        if self.checks.faults.total() == 0 { Verdict::Kept } else { Verdict::Broken }
    }

    /// The report for people: plain text, aligned, at most 110 columns, each line ended.
    #[must_use]
    pub fn text(&self) -> String {
        text::write(self)
    }

    /// The report for programs, as `report.schema.json` describes it, on one line that is ended.
    #[must_use]
    pub fn json(&self) -> String {
        // Serde fails where a map's key is no text; there are no maps.
        let mut json = serde_json::to_string(self).unwrap_or_default();
        json.push('\n');
        json
    }
}
