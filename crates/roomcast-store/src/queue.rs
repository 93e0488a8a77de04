//! A bounded queue in front of threads.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

/// How much something weighs in a queue, or how much a queue bears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// What the queue counts: messages, or questions.
    pub(super) units: usize,
    /// Memory that is held by it.
    pub(super) bytes: usize,
}

/// Why something was not queued; it is given back.
#[derive(Debug)]
pub(super) enum Refused<T> {
    /// The bound would be passed.
    Full(T),
    /// The queue was closed.
    Closed(T),
}

impl<T> Refused<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Refused<U> {
        match self {
            Self::Full(item) => Refused::Full(change(item)),
            Self::Closed(item) => Refused::Closed(change(item)),
        }
    }
}

/// A bounded queue in front of one or several threads.
#[derive(Debug)]
pub(super) struct Queue<T> {
    bound: Load,
    state: Mutex<State<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<(T, Load)>,
    load: Load,
    closed: bool,
    /// Threads that wait: without one, nobody needs to be woken, which is a system call.
    n_waiting: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: Load) -> Self {
        let state = State { items: VecDeque::new(), load: Load::default(), closed: false, n_waiting: 0 };
        Self { bound, state: Mutex::new(state), filled: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues something. It never waits.
    pub(super) fn push(&self, item: T, load: Load) -> Result<(), Refused<T>> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed(item));
        }
        let sum = Load { units: state.load.units + load.units, bytes: state.load.bytes + load.bytes };
        if sum.units > self.bound.units || sum.bytes > self.bound.bytes {
            return Err(Refused::Full(item));
        }
        state.load = sum;
        state.items.push_back((item, load));
        if state.n_waiting > 0 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits until there is something, then moves the oldest into `taken`: one, and more as long as the sum is at
    /// most `units`. Leaves `taken` empty once the queue is closed and everything was taken.
    pub(super) fn take(&self, units: usize, taken: &mut Vec<T>) {
        let mut state = self.state();
        while state.items.is_empty() && !state.closed {
            state.n_waiting += 1;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.n_waiting -= 1;
        }
        let mut sum = 0;
        while let Some((_, load)) = state.items.front() {
            sum += load.units;
            if sum > units && !taken.is_empty() {
                break;
            }
            taken.extend(state.pop());
        }
    }

    /// Waits for the oldest and takes it. `None` once the queue is closed and everything was taken.
    pub(super) fn next(&self) -> Option<T> {
        let mut taken = Vec::new();
        self.take(1, &mut taken);
        taken.pop()
    }

    /// Refuses what comes later. What is queued can still be taken.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Drops what is in the queue now.
    pub(super) fn refuse_waiting(&self) {
        let mut state = self.state();
        let items = std::mem::take(&mut state.items);
        state.load = Load::default();
        // Dropped without the lock: these may answer somebody who asks again.
        drop(state);
        drop(items);
    }
}

/// Closes a queue and drops what is in it when the thread behind it ends, however it ends.
pub(super) struct Abandon<T>(pub(super) Arc<Queue<T>>);

impl<T> Drop for Abandon<T> {
    fn drop(&mut self) {
        self.0.close();
        self.0.refuse_waiting();
    }
}

impl<T> State<T> {
    fn pop(&mut self) -> Option<T> {
        let (item, load) = self.items.pop_front()?;
        self.load.units -= load.units;
        self.load.bytes -= load.bytes;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: usize) -> Load {
        Load { units, bytes: 10 * units }
    }

    fn take<T>(queue: &Queue<T>, units: usize) -> Vec<T> {
        let mut taken = Vec::new();
        queue.take(units, &mut taken);
        taken
    }

    #[test]
    fn takes_what_fits_and_never_nothing() {
        let queue = Queue::new(units(100));
        for n in [3, 4, 5, 90 - 12] {
            queue.push(n, units(n)).unwrap();
        }
        assert_eq!(take(&queue, 7), [3, 4]);
        assert_eq!(take(&queue, 4), [5], "one is taken even where it is too large");
        assert_eq!(take(&queue, 100), [78]);
    }

    #[test]
    fn refuses_what_passes_either_bound() {
        let queue = Queue::new(Load { units: 10, bytes: 100 });
        queue.push(1, units(5)).unwrap();
        assert!(matches!(queue.push(2, units(6)), Err(Refused::Full(2))));
        assert!(matches!(queue.push(3, Load { units: 1, bytes: 51 }), Err(Refused::Full(3))));
        queue.push(4, units(5)).unwrap();
        assert_eq!(take(&queue, 10), [1, 4]);
        queue.push(5, units(10)).unwrap();
    }

    #[test]
    fn what_waits_can_be_dropped_and_leaves_its_place() {
        let queue = Queue::new(units(10));
        queue.push(1, units(10)).unwrap();
        queue.refuse_waiting();
        queue.push(2, units(10)).unwrap();
        assert_eq!(take(&queue, 10), [2]);
    }

    #[test]
    fn closed_it_is_drained_and_then_empty() {
        let queue = Queue::new(units(10));
        queue.push(1, units(1)).unwrap();
        queue.close();
        assert!(matches!(queue.push(2, units(1)), Err(Refused::Closed(2))));
        assert_eq!(take(&queue, 10), [1]);
        assert!(take(&queue, 10).is_empty());
    }
}
