//! Who is subscribed to what on one shard: a pure structure that names no socket and no runtime.
//!
//! A topic's members are served in slices, while others join and leave. So the list has three segments, and a
//! removal closes its gap without moving anyone from one segment to another:
//!
//! ```text
//! [ served already │ still to be served │ joined since the batch began ]
//! 0              cursor                end                            len
//! ```

use slab::Slab;
use smallvec::SmallVec;

/// Topics of one shard with a value `T` each, and their members, named by connection key.
#[derive(Debug)]
pub struct Topics<T> {
    topics: Slab<Entry<T>>,
    /// By connection key: most connections are in one or two topics.
    subscriptions: Vec<SmallVec<[Subscription; 2]>>,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    members: Vec<Member>,
    cursor: usize,
    end: usize,
}

/// A member, and which of its subscriptions this is.
#[derive(Clone, Copy, Debug)]
struct Member {
    connection: u32,
    subscription: u32,
}

/// A topic, and the connection's place among its members.
#[derive(Clone, Copy, Debug)]
struct Subscription {
    topic: u32,
    position: u32,
}

impl<T> Default for Topics<T> {
    fn default() -> Self {
        Self { topics: Slab::new(), subscriptions: Vec::new() }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "keys and positions count connections, of which there are < 2^32"
)]
impl<T> Topics<T> {
    /// A new topic, without members.
    pub fn insert(&mut self, value: T) -> u32 {
        self.topics.insert(Entry { value, members: Vec::new(), cursor: 0, end: 0 }) as u32
    }

    /// Forgets a topic that has no members.
    pub fn remove(&mut self, topic: u32) -> T {
        debug_assert!(self.topics[topic as usize].members.is_empty());
        self.topics.remove(topic as usize).value
    }

    /// A topic's value.
    pub fn get(&self, topic: u32) -> &T {
        &self.topics[topic as usize].value
    }

    /// A topic's value, to be changed.
    pub fn get_mut(&mut self, topic: u32) -> &mut T {
        &mut self.topics[topic as usize].value
    }

    /// A topic's members.
    pub fn len(&self, topic: u32) -> usize {
        self.topics[topic as usize].members.len()
    }

    /// False where it was subscribed already.
    pub fn subscribe(&mut self, connection: u32, topic: u32) -> bool {
        if self.subscriptions.len() <= connection as usize {
            self.subscriptions.resize_with(connection as usize + 1, SmallVec::new);
        }
        let of = &mut self.subscriptions[connection as usize];
        if of.iter().any(|s| s.topic == topic) {
            return false;
        }
        let members = &mut self.topics[topic as usize].members;
        of.push(Subscription { topic, position: members.len() as u32 });
        members.push(Member { connection, subscription: of.len() as u32 - 1 });
        true
    }

    /// False where it was not subscribed.
    pub fn unsubscribe(&mut self, connection: u32, topic: u32) -> bool {
        let Some(of) = self.subscriptions.get_mut(connection as usize) else {
            return false;
        };
        let Some(index) = of.iter().position(|s| s.topic == topic) else {
            return false;
        };
        let position = of.swap_remove(index).position as usize;
        if let Some(moved) = of.get(index) {
            self.topics[moved.topic as usize].members[moved.position as usize].subscription = index as u32;
        }
        self.close_gap(topic, position);
        true
    }

    /// One of the connection's topics.
    pub fn any_of(&self, connection: u32) -> Option<u32> {
        Some(self.subscriptions.get(connection as usize)?.last()?.topic)
    }

    /// From here on everyone who is a member now is to be served.
    pub fn begin(&mut self, topic: u32) {
        let entry = &mut self.topics[topic as usize];
        (entry.cursor, entry.end) = (0, entry.members.len());
    }

    /// Somebody is still to be served.
    pub fn serving(&self, topic: u32) -> bool {
        let entry = &self.topics[topic as usize];
        entry.cursor < entry.end
    }

    /// The next members to be served, at most `n`, with the topic's value.
    pub fn serve(
        &mut self,
        topic: u32,
        n: usize,
    ) -> (&mut T, impl ExactSizeIterator<Item = u32> + use<'_, T>) {
        let Entry { value, members, cursor, end } = &mut self.topics[topic as usize];
        let slice = *cursor..(*cursor + n).min(*end);
        *cursor = slice.end;
        (value, members[slice].iter().map(|m| m.connection))
    }

    fn close_gap(&mut self, topic: u32, mut gap: usize) {
        if gap < self.topics[topic as usize].cursor {
            self.topics[topic as usize].cursor -= 1;
            gap = self.shift(topic, self.topics[topic as usize].cursor, gap);
        }
        if gap < self.topics[topic as usize].end {
            self.topics[topic as usize].end -= 1;
            gap = self.shift(topic, self.topics[topic as usize].end, gap);
        }
        let last = self.topics[topic as usize].members.len() - 1;
        self.shift(topic, last, gap);
        self.topics[topic as usize].members.pop();
    }

    /// Fills the gap at `to` with the member at `from`, where the gap then is.
    fn shift(&mut self, topic: u32, from: usize, to: usize) -> usize {
        if from != to {
            let members = &mut self.topics[topic as usize].members;
            let m = members[from];
            members[to] = m;
            self.subscriptions[m.connection as usize][m.subscription as usize].position = to as u32;
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeSet, HashMap};

    #[derive(Clone, Debug)]
    enum Step {
        Subscribe(u32, u32),
        Unsubscribe(u32, u32),
        LeaveAll(u32),
        Begin(u32),
        Serve(u32, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (c, t) = (0..12u32, 0..3u32);
        prop_oneof![
            4 => (c.clone(), t.clone()).prop_map(|(c, t)| Step::Subscribe(c, t)),
            2 => (c.clone(), t.clone()).prop_map(|(c, t)| Step::Unsubscribe(c, t)),
            1 => c.prop_map(Step::LeaveAll),
            1 => t.clone().prop_map(Step::Begin),
            2 => (t, 0..5usize).prop_map(|(t, n)| Step::Serve(t, n)),
        ]
    }

    /// The same thing with sets: who is a member, and who is owed the batch that was begun.
    #[derive(Default)]
    struct Model {
        members: HashMap<u32, BTreeSet<u32>>,
        owed: HashMap<u32, BTreeSet<u32>>,
    }

    impl Model {
        fn leave(&mut self, c: u32, t: u32) -> bool {
            self.owed.entry(t).or_default().remove(&c);
            self.members.entry(t).or_default().remove(&c)
        }
    }

    fn run(index: &mut Topics<()>, model: &mut Model, step: &Step) {
        match *step {
            Step::Subscribe(c, t) => {
                assert_eq!(index.subscribe(c, t), model.members.entry(t).or_default().insert(c));
            }
            Step::Unsubscribe(c, t) => assert_eq!(index.unsubscribe(c, t), model.leave(c, t)),
            Step::LeaveAll(c) => {
                while let Some(t) = index.any_of(c) {
                    assert!(index.unsubscribe(c, t) && model.leave(c, t));
                }
                assert!(model.members.values().all(|m| !m.contains(&c)));
            }
            Step::Begin(t) => {
                index.begin(t);
                model.owed.insert(t, model.members.get(&t).cloned().unwrap_or_default());
            }
            Step::Serve(t, n) => {
                let served: Vec<_> = index.serve(t, n).1.collect();
                let owed = model.owed.entry(t).or_default();
                assert_eq!(served.len(), n.min(owed.len()));
                assert!(served.iter().all(|c| owed.remove(c)), "served twice, or without being owed");
                assert_eq!(index.serving(t), !owed.is_empty());
            }
        }
    }

    proptest! {
        #[test]
        fn everyone_owed_is_served_once_whoever_comes_and_goes(steps in prop::collection::vec(step(), 0..200)) {
            let (mut index, mut model) = (Topics::default(), Model::default());
            for _ in 0..3 {
                index.insert(());
            }
            for step in &steps {
                run(&mut index, &mut model, step);
            }
            for t in 0..3 {
                assert_eq!(index.len(t), model.members.get(&t).map_or(0, BTreeSet::len));
                let rest: BTreeSet<_> = index.serve(t, usize::MAX / 2).1.collect();
                assert_eq!(rest, model.owed.remove(&t).unwrap_or_default());
            }
        }
    }
}
