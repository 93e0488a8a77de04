//! What it costs to read a client's frames and to encode the server's: `cargo bench -p roomcast-socket --bench frames`.

use bytes::BytesMut;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roomcast_socket::{frame, reader::Reader, testing};
use std::{hint::black_box, ops::ControlFlow};

/// A lone word, a long message, a pasted text.
const SIZES: [usize; 3] = [64, 1024, 8192];
/// Frames that one read brings where a client is busy.
const MANY: usize = 16;
/// A masked text frame of this many bytes.
fn masked(size: usize) -> Vec<u8> {
    testing::masked(0x81, &vec![b'x'; size])
}

/// Everything that the bytes hold; how many messages.
fn read(reader: &mut Reader, bytes: &mut [u8]) -> usize {
    let mut events = 0;
    let read = reader.feed(bytes, &mut |event| {
        black_box(event);
        events += 1;
        ControlFlow::Continue(())
    });
    assert!(read.is_ok(), "{read:?}");
    events
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    for size in SIZES {
        for frames in [1, MANY] {
            let bytes = masked(size).repeat(frames);
            let mut reader = Reader::new(65_536);
            group.throughput(Throughput::Elements(frames as u64));
            group.bench_function(BenchmarkId::new(format!("{size} B"), frames), |b| {
                // Unmasking happens in place, so that each run needs fresh bytes.
                b.iter_batched_ref(
                    || bytes.clone(),
                    |bytes| assert_eq!(read(&mut reader, bytes), frames),
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

/// A message that comes in two reads: what is incomplete is kept.
fn reading_in_parts(c: &mut Criterion) {
    let mut group = c.benchmark_group("read in two parts");
    for size in SIZES {
        let bytes = masked(size);
        let mut reader = Reader::new(65_536);
        group.bench_function(format!("{size} B"), |b| {
            b.iter_batched_ref(
                || bytes.clone(),
                |bytes| {
                    let (first, second) = bytes.split_at_mut(size / 2);
                    assert_eq!(read(&mut reader, first) + read(&mut reader, second), 1);
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn encoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    for size in SIZES {
        let text = "x".repeat(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("one frame", size), |b| {
            b.iter(|| frame::text(black_box(&text)));
        });
        let mut batch = BytesMut::with_capacity(MANY * (size + frame::MAX_HEADER));
        group.bench_function(BenchmarkId::new("into a batch", size), |b| {
            b.iter(|| {
                if batch.len() > (MANY - 1) * size {
                    batch.clear();
                }
                frame::put_text(&mut batch, black_box(text.as_bytes()));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading, reading_in_parts, encoding);
criterion_main!(benches);
