//! The handshake, refused for each thing that can be wrong with it.

use crate::{World, soon};
use roomcast_socket::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const GOOD: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn answer(world: &World, request: &str) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn the_sample_of_the_rfc_is_answered_as_the_rfc_says() {
    let world = World::start(Options { shards: 1, ..Options::default() }).await;
    let head = answer(&world, GOOD).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    let split = GOOD.replace("keep-alive, Upgrade", "keep-alive\r\nConnection: upgrade");
    assert!(answer(&world, &split).await.starts_with("HTTP/1.1 101 "));
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_status() {
    let world = World::start(Options { shards: 1, ..Options::default() }).await;
    let cases = [
        (GOOD.replace("keep-alive, Upgrade", "keep-alive"), 426),
        (GOOD.replace("keep-alive, Upgrade", "upgradeable"), 426),
        (GOOD.replace("Upgrade: WebSocket\r\n", ""), 426),
        (GOOD.replace("Version: 13", "Version: 8"), 426),
        (GOOD.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        (GOOD.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"), 400),
        (GOOD.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), 400),
        (GOOD.replace("Host: a\r\n", ""), 400),
        (GOOD.replace("Host: a\r\n", "Host: a\r\nHost: b\r\n"), 400),
        (GOOD.replace("GET", "POST"), 405),
    ];
    for (request, status) in cases {
        let head = answer(&world, &request).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}\n{head}");
        assert!(status != 426 || head.contains("sec-websocket-version: 13"), "{head}");
    }
}
