//! The example runs: rooms in a foreign program.

#[path = "../../../examples/embed.rs"]
mod program;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{client::IntoClientRequest, http::StatusCode},
};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn enter(address: &str, token: &str) -> Result<Socket, StatusCode> {
    let mut request = format!("ws://{address}/rooms/kitchen").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status()),
        Err(error) => panic!("{error}"),
    }
}

async fn expect(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let frame: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if frame["type"] == kind {
            return frame;
        }
    }
}

#[tokio::test]
async fn two_people_talk_in_somebody_elses_program() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async { axum::serve(listener, program::app().unwrap()).await });
    assert_eq!(enter(&address, "water").await.unwrap_err(), StatusCode::UNAUTHORIZED);
    let (mut ann, mut bob) =
        (enter(&address, "tea").await.unwrap(), enter(&address, "coffee").await.unwrap());
    expect(&mut bob, "joined").await;
    ann.send(json!({"type": "message", "content": "milk?"}).to_string().into()).await.unwrap();
    let heard = expect(&mut bob, "message").await;
    assert_eq!(
        (&heard["user"], &heard["content"], &heard["room"]),
        (&json!("ann"), &json!("milk?"), &json!("kitchen"))
    );
}
