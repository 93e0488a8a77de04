//! The answer to a connection that there is no place for: a few bytes, then the end.

use super::Refused;
use crate::http::{Problem, problem::MEDIA_TYPE, security_headers::HEADERS};
use axum::http::StatusCode;
use roomcast_protocol::ErrorCode;
use std::{fmt::Write, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

/// How long a refused client may take to read why.
const PATIENCE: Duration = Duration::from_secs(1);

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::new(ErrorCode::Limit, "all places are taken")
                .with_status(StatusCode::SERVICE_UNAVAILABLE),
            Refused::Address => Self::new(ErrorCode::Limit, "too many connections from your address"),
        }
        .retry_after(Duration::from_secs(5))
    }
}

/// The whole answer.
pub(super) fn answer(refused: Refused) -> String {
    let problem = Problem::from(refused);
    let body = problem.to_json();
    let mut text =
        format!("HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n", problem.status(), body.len());
    let retry = problem.retry_after_s().unwrap_or(1);
    let _ =
        write!(text, "content-type: {}\r\nretry-after: {retry}\r\n", MEDIA_TYPE.to_str().unwrap_or_default());
    for (name, value) in &HEADERS {
        let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    text + "\r\n" + &body
}

/// Answers and closes. What the client has sent is read first: closing over unread bytes would take the answer back.
pub(super) async fn refuse(mut stream: TcpStream, answer: &str) {
    let _ = timeout(PATIENCE, async {
        let mut sink = [0; 4096];
        stream.readable().await?;
        let _ = stream.try_read(&mut sink);
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // until the client closes, too
        while tokio::io::AsyncReadExt::read(&mut stream, &mut sink).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_whole() {
        for (refused, line) in [
            (Refused::Full, "HTTP/1.1 503 Service Unavailable"),
            (Refused::Address, "HTTP/1.1 429 Too Many Requests"),
        ] {
            let text = answer(refused);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(line), "{head}");
            assert!(head.contains(&format!("content-length: {}", body.len())));
            assert!(head.contains("x-content-type-options: nosniff") && head.contains("retry-after: 5"));
            assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["code"], "limit");
        }
    }
}
