//! The library as its user sees it: the example program, run.

use crate::{serve, soon};
use roomcast_socket::{Hub, Options, testing::Client};

#[path = "../../../examples/topics.rs"]
mod program;

async fn start() -> std::net::SocketAddr {
    let hub = Hub::start(Options { shards: 2, ..Options::default() }).unwrap();
    serve(program::app(hub)).await
}

async fn expect(client: &mut Client, text: &str) {
    assert_eq!(soon(client.recv_text()).await.unwrap(), text);
}

#[tokio::test]
async fn rooms_are_apart_and_senders_hear_themselves() {
    let address = start().await;
    let mut ann = Client::connect(address, "/rooms/tea?name=ann").await.unwrap();
    expect(&mut ann, r#"{"type":"join","name":"ann"}"#).await;
    let mut eve = Client::connect(address, "/rooms/rum?name=eve").await.unwrap();
    expect(&mut eve, r#"{"type":"join","name":"eve"}"#).await;
    let mut bob = Client::connect(address, "/rooms/tea?name=bob").await.unwrap();
    expect(&mut ann, r#"{"type":"join","name":"bob"}"#).await;
    expect(&mut bob, r#"{"type":"join","name":"bob"}"#).await;

    ann.send(r#"{"type":"message","content":"hello"}"#).await.unwrap();
    for client in [&mut ann, &mut bob] {
        expect(client, r#"{"type":"message","name":"ann","content":"hello"}"#).await;
    }
    bob.send("not json").await.unwrap();
    assert!(soon(bob.recv_text()).await.unwrap().contains(r#""type":"error""#));
    drop(bob);
    expect(&mut ann, r#"{"type":"leave","name":"bob"}"#).await;
    eve.send(r#"{"type":"typing"}"#).await.unwrap();
    expect(&mut eve, r#"{"type":"typing","name":"eve"}"#).await;
}

#[tokio::test]
async fn middleware_runs_before_the_upgrade() {
    let error = Client::connect(start().await, "/rooms/tea").await.unwrap_err();
    assert!(error.to_string().starts_with("HTTP/1.1 401"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_behind_slows_its_peer_and_loses_nothing() {
    let address = start().await;
    let mut ann = Client::connect(address, "/rooms/busy?name=ann").await.unwrap();
    expect(&mut ann, r#"{"type":"join","name":"ann"}"#).await;
    for n in 0..500 {
        ann.send(&format!(r#"{{"type":"message","content":"{n}"}}"#)).await.unwrap();
    }
    for n in 0..500 {
        expect(&mut ann, &format!(r#"{{"type":"message","name":"ann","content":"{n}"}}"#)).await;
    }
}
