//! Everyone gets everything once, in one order, whoever comes and goes.

use crate::{World, soon};
use roomcast_socket::{Options, testing::Client};

async fn read(mut client: Client, n: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < n {
        seen.push(soon(client.recv_text()).await.unwrap());
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn all_shards_see_one_order() {
    let world = World::start(Options { shards: 3, ..Options::default() }).await;
    let mut clients = Vec::new();
    for _ in 0..30 {
        clients.push(world.client().await);
    }
    let (writers, readers) =
        clients.split_off(20).into_iter().fold((clients, Vec::new()), |(w, mut r), c| {
            r.push(c);
            (w, r)
        });
    let readers: Vec<_> = readers.into_iter().map(|c| tokio::task::spawn(read(c, 20 * 50))).collect();
    for (w, mut writer) in writers.into_iter().enumerate() {
        tokio::task::spawn(async move {
            for n in 0..50 {
                writer.send(&format!("{w}:{n}")).await.unwrap();
            }
            read(writer, 20 * 50).await
        });
    }
    let mut orders = Vec::new();
    for reader in readers {
        orders.push(reader.await.unwrap());
    }
    for order in &orders {
        assert_eq!(order, &orders[0]);
    }
    for w in 0..20 {
        let of: Vec<_> = orders[0].iter().filter(|m| m.starts_with(&format!("{w}:"))).collect();
        assert_eq!(of, (0..50).map(|n| format!("{w}:{n}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn comers_and_goers_never_see_a_gap() {
    let world = World::start(Options { shards: 2, ..Options::default() }).await;
    let mut writer = world.client().await;
    let churn: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            tokio::task::spawn(async move {
                for _ in 0..10 {
                    let mut client = Client::connect(world.address, "/").await.unwrap();
                    let mut last: Option<u64> = None;
                    for _ in 0..20 {
                        let n = soon(client.recv_text()).await.unwrap().parse().unwrap();
                        assert!(last.is_none_or(|l| n == l + 1), "{n} after {last:?}");
                        last = Some(n);
                    }
                }
            })
        })
        .collect();
    let mut n = 0u64;
    while !churn.iter().all(tokio::task::JoinHandle::is_finished) {
        writer.send(&n.to_string()).await.unwrap();
        assert_eq!(soon(writer.recv_text()).await.unwrap(), n.to_string());
        n += 1;
    }
    for task in churn {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn many_messages_in_one_segment_are_all_read() {
    let world = World::start(Options { shards: 1, ..Options::default() }).await;
    let client = world.client().await;
    let mut bytes = Vec::new();
    for n in 0..5000 {
        bytes.extend(roomcast_socket::testing::masked(0x81, n.to_string().as_bytes()));
    }
    let (mut read_half, mut write_half) = client.stream.into_split();
    let sent = tokio::task::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut write_half, &bytes).await.unwrap();
        write_half
    });
    let mut got = Vec::new();
    while !got.ends_with(b"4999") {
        let mut buf = vec![0; 65536];
        let n = soon(tokio::io::AsyncReadExt::read(&mut read_half, &mut buf)).await.unwrap();
        got.extend_from_slice(&buf[..n]);
    }
    sent.await.unwrap();
    let expected: Vec<u8> =
        (0..5000).flat_map(|n| roomcast_socket::frame::text(&n.to_string()).to_vec()).collect();
    assert_eq!(got, expected);
}

#[tokio::test]
async fn connections_spread_evenly_over_the_shards() {
    let world = World::start(Options { shards: 4, ..Options::default() }).await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(world.client().await);
    }
    let spread = world.hub.spread();
    assert_eq!(spread.iter().sum::<usize>(), 200);
    assert!(spread.iter().all(|n| (45..=55).contains(n)), "{spread:?}");
}
