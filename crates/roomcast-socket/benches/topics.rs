//! What the index of subscriptions costs, by members of a topic: `cargo bench -p roomcast-socket --bench topics`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roomcast_socket::testing::Topics;
use std::hint::black_box;

const MEMBERS: [u32; 4] = [10, 100, 1_000, 100_000];
/// Members that a turn serves at once.
const SLICE: usize = 256;

fn with_members(members: u32) -> (Topics<()>, u32) {
    let mut topics = Topics::default();
    let topic = topics.insert(());
    assert!((0..members).all(|connection| topics.subscribe(connection, topic)));
    (topics, topic)
}

fn coming_and_going(c: &mut Criterion) {
    let mut group = c.benchmark_group("leave and come back");
    for members in MEMBERS {
        let (mut topics, topic) = with_members(members);
        let mut next = (0..members).cycle();
        group.bench_function(BenchmarkId::from_parameter(members), |b| {
            b.iter(|| {
                let connection = next.next().expect("it goes round");
                topics.unsubscribe(connection, topic) && topics.subscribe(connection, topic)
            });
        });
    }
    group.finish();
}

fn serving(c: &mut Criterion) {
    let mut group = c.benchmark_group("serve a batch");
    for members in MEMBERS {
        let (mut topics, topic) = with_members(members);
        group.throughput(Throughput::Elements(members.into()));
        group.bench_function(BenchmarkId::from_parameter(members), |b| {
            b.iter(|| {
                topics.begin(topic);
                while topics.serving(topic) {
                    topics.serve(topic, SLICE).1.for_each(|connection| {
                        black_box(connection);
                    });
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, coming_and_going, serving);
criterion_main!(benches);
