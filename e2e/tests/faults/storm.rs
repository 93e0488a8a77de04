//! F19 and F20: everything three times at once, and people who come and go while others write.

use std::time::Duration;

use e2e::fault::{self, dice::Dice};
use e2e::stream::{Stream, messages, seq};
use e2e::{Client, Server, http};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::NO_LIMIT;

const SENDERS: usize = 20;

/// Two tabs and REST send the same thing at the same moment: it is said once, and all three are told the same number.
#[tokio::test]
async fn f19_what_is_sent_three_times_at_once_is_said_once_with_three_equal_answers() {
    let server = Server::start_with(&[NO_LIMIT]).await;
    let each = fault::size(20, 500);
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        let user = format!("sender{number}");
        let path = format!("/chat/general?user={user}");
        let tabs = [Client::open(server.address(), &path).await, Client::open(server.address(), &path).await];
        senders.spawn(send_thrice(server.address(), user, tabs, each));
    }
    let mut numbers: Vec<_> = senders.join_all().await.concat();
    numbers.sort_unstable();
    let all = (SENDERS * each) as u64;
    assert!(numbers.iter().copied().eq(1..=all), "each has a number of its own, without holes");
    let path = format!("/api/v1/rooms/general/messages?limit=200&after={}", all - 1);
    assert_eq!(messages(&http::get(server.address(), &path).await.json()).len(), 1, "nothing is said twice");
    fault::measured("F19", &format!("{all} messages, each sent three times at once, each said once"));
}

/// The numbers that they were given.
async fn send_thrice(server: std::net::SocketAddr, user: String, tabs: [Client; 2], each: usize) -> Vec<u64> {
    let [mut one, mut two] = tabs;
    let mut numbers = Vec::new();
    for n in 0..each {
        let frame = json!({"type": "message", "content": format!("{user} {n}"), "nonce": format!("{n}")});
        let body = json!({"user": user, "content": format!("{user} {n}"), "nonce": format!("{n}")});
        let rest = http::post(server, "/api/v1/rooms/general/messages", &body);
        let (first, second, third) = tokio::join!(one.ask(frame.clone()), two.ask(frame.clone()), rest);
        let answers = [seq(&first), seq(&second), seq(&third.json())];
        assert!(
            answers.iter().all(|answer| *answer == answers[0] && *answer > 0),
            "{first} {second} {}",
            third.text()
        );
        numbers.push(answers[0]);
    }
    numbers
}

/// The client is gone in the middle of its request (P16): whatever became of it, a repeat finds out.
#[tokio::test]
async fn f19_who_hangs_up_after_a_post_finds_it_kept_or_can_say_it_again() {
    let server = Server::start_with(&[NO_LIMIT]).await;
    let all = fault::size(100, 2_000_u64);
    for n in 0..all {
        let body = json!({"user": "ann", "content": n.to_string(), "nonce": n.to_string()}).to_string();
        let head =
            "POST /api/v1/rooms/general/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(server.address()).await.expect("the server listens");
        stream.write_all(request.as_bytes()).await.expect("the server takes it");
        // Each time at another moment.
        sleep(Duration::from_micros(n * 37 % 3_000)).await;
    }
    for n in 0..all {
        let body = json!({"user": "ann", "content": n.to_string(), "nonce": n.to_string()});
        let answer = http::post(server.address(), "/api/v1/rooms/general/messages", &body).await;
        assert!((1..=all).contains(&seq(&answer.json())), "{}", answer.text());
    }
    let beyond = format!("/api/v1/rooms/general/messages?after={all}");
    assert!(
        messages(&http::get(server.address(), &beyond).await.json()).is_empty(),
        "something was said twice"
    );
}

/// How long a churner is in the room, and away from it, at most.
const STAY_MS: u64 = 100;

/// They leave and resume by frames and by new connections, ten times a second; somebody writes all the time.
#[tokio::test]
async fn f20_who_comes_and_goes_gets_every_message_once_and_in_order() {
    let mut dice = Dice::throw("f20");
    let (churners, time) = (fault::size(40, 200), Duration::from_secs(fault::size(8, 60)));
    let server = Server::start_with(&[NO_LIMIT, ("ROOMCAST_LIMITS__PER_IP", "1000")]).await;
    let epoch = Client::ws(&server, "guest").await.join("general").await["epoch"].clone();
    let (end, ended) = watch::channel(None);
    let mut churning = JoinSet::new();
    for number in 0..churners {
        let dice = Dice::seeded(dice.below(u64::MAX));
        churning.spawn(churn(server.address(), number, epoch.clone(), ended.clone(), dice));
    }
    let mut writer = Client::chat(&server, "general", "writer").await;
    let (start, mut said) = (Instant::now(), 0);
    while start.elapsed() < time {
        said = seq(&writer.say(&format!("m{said}")).await);
    }
    end.send_replace(Some(said));
    let resumes: usize = churning.join_all().await.iter().sum();
    assert!(resumes > churners, "nobody came and went: the test tested nothing");
    fault::measured(
        "F20",
        &format!("{churners} churners, {resumes} resumes, {said} messages, each once in order"),
    );
}

/// Comes and goes until it has the last message; how often.
async fn churn(
    server: std::net::SocketAddr,
    number: usize,
    epoch: Value,
    ended: watch::Receiver<Option<u64>>,
    mut dice: Dice,
) -> usize {
    let (mut stream, mut resumes) = (Stream::default(), 0);
    let path = format!("/ws?user=churner{number}");
    let mut client = Client::open(server, &path).await;
    loop {
        let resume = json!({"seq": stream.last, "epoch": epoch});
        client.send(json!({"type": "join", "room": "general", "resume": resume})).await;
        assert_eq!(client.expect("joined").await["recovered"], true);
        resumes += 1;
        let frames = client.collect(Duration::from_millis(dice.below(STAY_MS))).await;
        take_all(&mut stream, &frames);
        if ended.borrow().is_some_and(|last| stream.last >= last) {
            return resumes;
        }
        if dice.below(2) == 0 {
            client.vanish();
            client = Client::open(server, &path).await;
        } else {
            take_all(&mut stream, &leave(&mut client).await);
        }
        sleep(Duration::from_millis(dice.below(STAY_MS))).await;
    }
}

/// Leaves; what came before the answer. Nothing of the room comes after it.
async fn leave(client: &mut Client) -> Vec<Value> {
    client.send(json!({"type": "leave", "room": "general", "id": "leave"})).await;
    let mut frames = Vec::new();
    loop {
        let frame = client.next().await;
        if frame["type"] == "left" {
            break;
        }
        frames.push(frame);
    }
    let late: Vec<_> = client.drain().await.into_iter().filter(|frame| frame["type"] == "message").collect();
    assert!(late.is_empty(), "after leaving: {late:?}");
    frames
}

fn take_all(stream: &mut Stream, frames: &[Value]) {
    frames.iter().filter(|frame| frame["type"] == "message").for_each(|frame| stream.take(seq(frame)));
}
