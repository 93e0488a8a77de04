//! Puts a Roomcast server under load, checks **every** delivery, and tells what each one cost.
//!
//! A message's trip, which is also the order to read this crate in:
//!
//! ```text
//!  plan ─▶ engine ─▶ outgoing ──▶ the server ──▶ incoming ─▶ delivery ─▶ checker ─▶ report
//!          (rooms,   (number,                    (frames     (seq and    (once? in   (text, JSON,
//!          pace)     mask)                       in place)   number)     order? here?) charts)
//! ```
//!
//! Each message carries a number in its `content`. The checker knows who said which number where and when, so a
//! delivery's `seq` and number are all that has to be read of it. What it looks for:
//!
//! - **lost**: a member that was there did not get it; for members who come and go, a hole in `seq` from the `head`
//!   that they were told when they came in;
//! - **doubled**: one connection got a `seq` twice, or a `seq` that its `joined` had covered;
//! - **disordered**: a `seq` after a later one, or a sender's messages numbered the other way round;
//! - **conflicting**: one message under two numbers, or two messages under one;
//! - **wrong room**, and **altered**: text or name are not what was sent.
//!
//! It shares the machine with the server, so it must be cheap itself: one thread, non-blocking sockets on one epoll,
//! no task and no allocation per message, frames read where the kernel put them. Linux only: epoll, timerfd, `/proc`.
//!
//! ```no_run
//! use roomcast_load::{Plan, run};
//!
//! let plan = Plan { members: 100, ..Plan::default() };
//! let report = run(&plan, &mut |_| {})?;
//! print!("{}", report.text());
//! std::process::exit(report.verdict().exit_code().into());
//! # Ok::<(), roomcast_load::LoadError>(())
//! ```
//!
//! Besides speed there is truth: [`verify`] records what clients are promised by a server that dies and comes back, and
//! [`history`] judges it.

pub mod plan;
pub mod target;
mod error;
mod stamp;
mod outgoing;
mod incoming;
mod delivery;
mod histogram;
mod checker;
mod poller;
mod connection;
mod process;
mod engine;
pub mod progress;
pub mod report;
pub mod chart;
pub mod history;
pub mod verify;
pub mod cli;

pub use engine::run;
pub use error::{LoadError, PlanError};
pub use plan::{Pace, Plan};
pub use progress::{Phase, Progress};
pub use report::{Report, Verdict};
