//! One call for many who wait, and what a failure leaves behind.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cluster::agent::Limits;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;

const POD: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

/// A service that answers when it is let.
struct Fake {
    calls: Arc<AtomicUsize>,
    let_through: Arc<Semaphore>,
    refuses: Option<&'static str>,
}

impl Service for Fake {
    async fn exchange(&self, token: &PodToken) -> Result<Issued, Failure> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        self.let_through.acquire().await.unwrap().forget();
        match self.refuses {
            Some("") => Err(Failure::Unreachable("connection refused".to_owned())),
            Some(code) => Err(Failure::Refused(Refusal::new(code, "why"))),
            None => Ok(issued(&format!("{number} for {}", token.claimed_subject()))),
        }
    }
}

fn issued(key: &str) -> Issued {
    let expires = Timestamp::now() + SignedDuration::from_hours(1);
    Issued::read(&json!({
        "assumedRoleUser": {"arn": "arn:aws:sts::123456789012:assumed-role/r/s"},
        "credentials": {
            "accessKeyId": key, "secretAccessKey": "s", "sessionToken": "t", "expiration": expires.as_second(),
        },
    }))
    .unwrap()
}

fn token(name: &str) -> PodToken {
    let expires = Timestamp::now().as_second() + 3600;
    let claims = json!({"exp": expires, "sub": name}).to_string();
    let [header, claims] = ["{}", &claims].map(|it| URL_SAFE_NO_PAD.encode(it));
    PodToken::parse(&format!("{header}.{claims}.c2ln"), Timestamp::now()).unwrap()
}

struct Set {
    provider: Arc<Provider<Fake>>,
    calls: Arc<AtomicUsize>,
    let_through: Arc<Semaphore>,
}

fn provider(refuses: Option<&'static str>) -> Set {
    let calls = Arc::new(AtomicUsize::new(0));
    let let_through = Arc::new(Semaphore::new(0));
    let bounds = Bounds {
        limits: Limits {
            entries: 10,
            retention: SignedDuration::from_hours(3),
        },
        service_qps: 3,
    };
    let fake = Fake {
        calls: Arc::clone(&calls),
        let_through: Arc::clone(&let_through),
        refuses,
    };
    let metrics = Arc::new(Metrics::new().unwrap());
    Set {
        provider: Provider::new(fake, bounds, metrics),
        calls,
        let_through,
    }
}

fn same(token: &PodToken) -> PodToken {
    PodToken::parse(token.expose(), Timestamp::now()).unwrap()
}

#[tokio::test]
async fn many_requests_of_one_token_make_one_call() {
    let set = provider(None);
    let mine = token("a");
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let (provider, token) = (Arc::clone(&set.provider), same(&mine));
            tokio::spawn(async move { provider.credentials(POD, token).await })
        })
        .collect();
    set.let_through.add_permits(10);
    for asked in asking {
        let Ok(issued) = asked.await.unwrap() else {
            panic!("no credentials");
        };
        assert!(
            std::str::from_utf8(&issued.body)
                .unwrap()
                .contains("0 for a")
        );
    }
    assert!(set.provider.credentials(POD, mine).await.is_ok());
    assert_eq!(set.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_token_gets_its_own() {
    let set = provider(None);
    set.let_through.add_permits(10);
    for (name, expected) in [("a", "0 for a"), ("b", "1 for b"), ("c", "2 for c")] {
        let issued = set.provider.credentials(POD, token(name)).await;
        let Ok(issued) = issued else {
            panic!("no credentials");
        };
        assert!(
            std::str::from_utf8(&issued.body)
                .unwrap()
                .contains(expected)
        );
    }
}

#[tokio::test]
async fn who_hangs_up_leaves_the_call_to_the_next_one() {
    let set = provider(None);
    let mine = token("a");
    let provider = Arc::clone(&set.provider);
    let waiting = same(&mine);
    let impatient = tokio::spawn(async move { provider.credentials(POD, waiting).await });
    while set.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.is_err());
    set.let_through.add_permits(10);
    assert!(set.provider.credentials(POD, mine).await.is_ok());
    assert_eq!(set.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let set = provider(Some("ResourceNotFoundException"));
    set.let_through.add_permits(10);
    for calls in 1..3 {
        let refused = set.provider.credentials(POD, token("a")).await;
        assert!(matches!(refused, Err(Unavailable::Refused(it)) if it.status() == 404));
        assert_eq!(set.calls.load(Ordering::SeqCst), calls);
    }
}

#[tokio::test]
async fn a_pod_whose_tokens_are_refused_leaves_the_service_to_the_others() {
    let set = provider(Some("InvalidTokenException"));
    set.let_through.add_permits(1000);
    let mut throttled = false;
    for number in 0..200 {
        let answer = set
            .provider
            .credentials(POD, token(&format!("forged {number}")))
            .await;
        throttled |= matches!(answer, Err(Unavailable::Throttled));
    }
    assert!(throttled && set.calls.load(Ordering::SeqCst) < 50);
    let other = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 8));
    let answer = set.provider.credentials(other, token("b")).await;
    assert!(matches!(answer, Err(Unavailable::Refused(_))));
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_left_alone_for_a_moment() {
    let set = provider(Some(""));
    set.let_through.add_permits(1000);
    for name in ["a", "b", "c", "d", "e"] {
        let answer = set.provider.credentials(POD, token(name)).await;
        assert!(matches!(answer, Err(Unavailable::Unreachable)));
    }
    assert!(set.calls.load(Ordering::SeqCst) < 5);
}
