//! F2: SIGTERM while people write. The goodbye itself is in `shutdown.rs`.

use std::time::Duration;

use e2e::client::Incoming::{Closed, Frame};
use e2e::{Client, Server, fault, http};
use tokio::time::{Instant, sleep};

use super::{NO_LIMIT, people, serve_again};

/// The goodbye, and that long for it.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn f2_a_drain_under_load_leaves_nothing_unresolved() {
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    let (mut people, mut slowest) = (people(), Duration::ZERO);
    for _ in 0..fault::size(3, 20) {
        let visit = people.enter(&server).await;
        let guest = Client::chat(&server, "elsewhere", "guest").await;
        sleep(Duration::from_millis(400)).await;
        server.terminate();
        let unready = not_ready(&server).await;
        let (goodbye, code) = leave_taking(guest).await;
        assert!(
            unready && goodbye && [Some(1001), Some(1012)].contains(&code),
            "{unready} {goodbye} {code:?}"
        );
        people = visit.gone().await;
        let (status, took) = server.ended().await;
        assert_eq!(status.code(), Some(0), "{}", server.log());
        assert!(took < ENDS_WITHIN, "{took:?}");
        slowest = slowest.max(took);
        serve_again(&mut server).await;
        people = people.settle(&server).await;
    }
    people.check(&server).await;
    fault::measured(
        "F2",
        &format!("{} acknowledged, 0 lost, at most {slowest:?} to the end", people.n_acked()),
    );
}

/// It says so, or is gone already.
async fn not_ready(server: &Server) -> bool {
    let deadline = Instant::now() + ENDS_WITHIN;
    while Instant::now() < deadline {
        if http::try_get(server.admin(), "/readyz").await.map_or(503, |answer| answer.status) == 503 {
            return true;
        }
    }
    false
}

/// Whether the server said goodbye, and the code that it closed with.
async fn leave_taking(mut guest: Client) -> (bool, Option<u16>) {
    let mut goodbye = false;
    loop {
        match guest.incoming(Instant::now() + ENDS_WITHIN).await {
            Some(Frame(frame)) => goodbye |= frame["type"] == "going_away",
            Some(Closed(code)) => return (goodbye, code),
            None => return (goodbye, None),
        }
    }
}
