//! Whether the time that a refusal takes tells how much of a signature was right.
//!
//! The method is dudect's (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017): two classes of
//! input, measured in a random order, and Welch's t-test between them. Here one class is wrong in the signature's first
//! digit, the other in its last. A t beyond 4.5 either way is a difference; the paper calls one beyond 10 a proof. Beside
//! it stands a control, the same with a comparison that stops at the first difference: were that not seen, the
//! measurement would tell nothing.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that prints figures; what it counts is far below 2^52"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use http::HeaderMap;
use http::header::HOST;
use jiff::Timestamp;
use session::Secret;
use session::sigv4::{
    Presented, RequestParts, Rules, Signed, SignedPayload, Signer, SigningKey, parse, sha256,
};

const NOW: i64 = 1_795_262_400;
/// Measurements of both classes together.
const MEASUREMENTS: usize = 4_000_000;
/// Beyond it, either way, the classes differ.
const DIFFERENT: f64 = 4.5;

fn main() -> ExitCode {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, "localhost:8480".parse().unwrap());
    let parts = RequestParts {
        method: "GET",
        path: "/data/home/red/2026/11/report.csv",
        query: "",
        headers: &headers,
    };
    let rules = Rules::s3();
    let secret = Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let mut signed_headers = headers.clone();
    let signer = Signer {
        access_key_id: &"AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
        secret: &secret,
        session_token: None,
        region: "eu-west-1",
    };
    let now = Timestamp::from_second(NOW).unwrap();
    let payload = SignedPayload::Sha256(sha256(b""));
    signed_headers.extend(signer.sign(&parts, payload, now, &rules).unwrap());
    let parts = RequestParts {
        headers: &signed_headers,
        ..parts
    };
    let Presented::Signed(signed) = parse(&parts, &rules).unwrap() else {
        unreachable!("it is signed by version 4")
    };
    let right = signed.signature.clone();
    let classes = [0, right.len() - 1].map(|digit| wrong(&signed, digit));
    let key = SigningKey::derive(&secret, &signed.scope);
    let verify = |wrong: &Signed| {
        let refusal = wrong.verify_with_key(&parts, key.clone(), None, &rules);
        assert!(refusal.is_err(), "it is wrong");
        drop(black_box(refusal));
    };
    let found = welch(&classes, verify);
    let control = welch(&classes, |wrong| {
        verify(wrong);
        black_box(stops_early(
            black_box(right.as_bytes()),
            wrong.signature.as_bytes(),
        ));
    });
    println!("verification:                        t = {found:8.1}");
    println!("control, which stops where it differs: t = {control:6.1}");
    println!("{MEASUREMENTS} measurements each; a difference is beyond {DIFFERENT} either way");
    match found.abs() < DIFFERENT && control.abs() > DIFFERENT {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// What claims a signature that is wrong in one digit.
fn wrong(signed: &Signed, digit: usize) -> Signed {
    let mut wrong = signed.clone();
    let other = match wrong.signature.as_bytes()[digit] {
        b'0' => "1",
        _ => "0",
    };
    wrong.signature.replace_range(digit..=digit, other);
    wrong
}

/// What a comparison must not do.
fn stops_early(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(a, b)| black_box(a) == b)
}

/// Welch's t between the times of two classes, the slowest tenth of all left out: what interrupts is no input's.
fn welch(classes: &[Signed; 2], measured: impl Fn(&Signed)) -> f64 {
    let mut order = vec![0; MEASUREMENTS];
    aws_lc_rs::rand::fill(&mut order).unwrap();
    let times: Vec<(usize, f64)> = order
        .iter()
        .map(|random| {
            let class = usize::from(random & 1);
            // A copy lies where the last one lay, whichever its class: the place in memory is no difference.
            let input = classes[class].clone();
            let begun = Instant::now();
            measured(black_box(&input));
            (class, begun.elapsed().as_nanos() as f64)
        })
        .collect();
    let mut sorted: Vec<f64> = times.iter().map(|it| it.1).collect();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[sorted.len() / 10 * 9];
    let classes = [0, 1].map(|class| {
        let kept = times.iter().filter(|it| it.0 == class && it.1 <= limit);
        Moments::of(kept.map(|it| it.1))
    });
    let [one, other] = classes;
    (one.mean - other.mean) / (one.variance / one.count + other.variance / other.count).sqrt()
}

/// Of a sample.
struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(sample: impl Iterator<Item = f64> + Clone) -> Self {
        let count = sample.clone().count() as f64;
        let mean = sample.clone().sum::<f64>() / count;
        let squares: f64 = sample.map(|it| (it - mean).powi(2)).sum();
        Self {
            count,
            mean,
            variance: squares / (count - 1.0),
        }
    }
}
