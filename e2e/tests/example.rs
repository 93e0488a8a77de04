//! The client of the README, word for word, and one like it in Rust: somebody else's twenty lines.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use e2e::Server;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Connects, asks for history, says something, and returns what it understood until it heard itself.
async fn twenty_lines(url: String) -> Vec<String> {
    let (mut socket, _) = connect_async(url).await.unwrap();
    for frame in [json!({"type": "history", "limit": 50}), json!({"type": "message", "content": "hello"})] {
        socket.send(Message::text(frame.to_string())).await.unwrap();
    }
    let mut lines = Vec::new();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let frame: Value = serde_json::from_str(&text).unwrap();
        match frame["type"].as_str() {
            Some("message") => lines.push(format!("{}: {}", frame["user"], frame["content"])),
            Some("history") => lines.push(format!("{} before", frame["messages"].as_array().unwrap().len())),
            Some("join") => lines.push(format!("{} came", frame["user"])),
            Some("presence") => lines.push(format!("here: {}", frame["users"])),
            _ => {}
        }
        if frame["type"] == "message" {
            break;
        }
    }
    lines
}

#[tokio::test]
async fn a_client_of_twenty_lines_works() {
    let server = Server::start().await;
    let lines = twenty_lines(format!("ws://{}/chat/general?user=ann", server.address())).await;
    assert_eq!(lines, ["here: [\"ann\"]", "\"ann\" came", "0 before", "\"ann\": \"hello\""]);
}

/// Needs node, which `cargo xtask setup` brings.
#[tokio::test]
async fn the_client_in_the_readme_works_as_it_stands_there() {
    let server = Server::start().await;
    let readme = include_str!("../../README.md");
    let script = readme.split("```js\n").nth(1).and_then(|rest| rest.split("```").next());
    let script =
        script.expect("the README has a client").replace("127.0.0.1:3000", &server.address().to_string());
    let mut node = node(&script);
    let output = BufReader::new(node.stdout.take().expect("its output is ours"));
    let lines: Vec<_> = output.lines().map_while(Result::ok).take(3).collect();
    // It would listen for ever.
    node.kill().expect("a child of ours can be killed");
    node.wait().expect("a killed child ends");
    assert_eq!(lines, ["here: ann", "ann came", "ann: hello"]);
}

fn node(script: &str) -> Child {
    // Node 20 has the browser's WebSocket behind this flag, later ones without.
    let mut command = Command::new("timeout");
    command.args(["20", "node", "--no-warnings", "--experimental-websocket", "-e", script]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node can be started")
}
