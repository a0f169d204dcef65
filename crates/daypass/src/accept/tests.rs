//! Clients that are slow, on a clock that runs by itself.

use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::Instant;

use super::*;

/// Reads the body, and answers with what came of it.
struct Reader;

impl Answer for Reader {
    async fn answer(&self, _: &Connection, request: Request<Body>) -> Response<Body> {
        let status = match request.into_body().collect().await {
            Ok(_) => 200,
            Err(error) => error.status(),
        };
        let mut response = Response::new(door::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    }
}

/// The client's end of a connection.
fn connected() -> DuplexStream {
    let (near, far) = duplex(1024);
    let by = Connection {
        source_ip: [127, 0, 0, 1].into(),
        tls: None,
    };
    tokio::spawn(async move {
        let graceful = GracefulShutdown::new();
        requests(Arc::new(Reader), far, by, graceful.watcher()).await;
    });
    near
}

/// What is said to a client that sends `pieces` and waits, and after how long the connection ends.
async fn told(pieces: &[&str]) -> (String, Duration) {
    let mut client = connected();
    let began = Instant::now();
    for piece in pieces {
        client.write_all(piece.as_bytes()).await.unwrap();
    }
    let mut told = String::new();
    client.read_to_string(&mut told).await.unwrap();
    (told, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_request_or_half_a_one_is_hung_up_on() {
    for pieces in [
        &[][..],
        &["GET / HT"],
        &["GET / HTTP/1.1\r\nHost: x\r\nX-A: "],
    ] {
        let (said, after) = told(pieces).await;
        assert_eq!(
            (said.as_str(), after.as_secs()),
            ("", HEAD.as_secs()),
            "{pieces:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_used_is_not_kept_for_ever() {
    let (said, after) = told(&["GET / HTTP/1.1\r\nHost: x\r\n\r\n"]).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    assert_eq!(after.as_secs(), HEAD.as_secs());
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_refused_and_ends_the_connection() {
    let head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    let (said, after) = told(&[head, "01234"]).await;
    assert!(said.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{said}");
    assert_eq!(after.as_secs(), PAUSE.as_secs());
}
