//! A client that others wrote (tungstenite) talks to us.

use crate::{World, soon};
use futures_util::{SinkExt, StreamExt};
use roomcast_socket::Options;
use tokio_tungstenite::{connect_async, tungstenite::Message};

#[tokio::test]
async fn a_client_that_others_wrote_is_understood_and_understands() {
    let world = World::start(Options { shards: 1, max_message: 1 << 20, ..Options::default() }).await;
    let (mut client, _) = connect_async(format!("ws://{}/", world.address)).await.unwrap();
    for size in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
        let text = "é".repeat(size / 2);
        client.send(Message::text(text.clone())).await.unwrap();
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::text(text));
        let bytes = vec![7u8; size];
        client.send(Message::binary(bytes.clone())).await.unwrap();
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::binary(bytes));
    }
    client.send(Message::Ping(vec![1, 2, 3].into())).await.unwrap();
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::Pong(vec![1, 2, 3].into()));
    client.close(None).await.unwrap();
    while let Some(Ok(_)) = soon(client.next()).await {}
}
