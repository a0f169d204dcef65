//! Daypass's policy engine beside Cedar's (the `cedar-policy` crate), on requests of the same shape, in one run.
//!
//!     cargo bench --manifest-path bench/cedar/Cargo.toml --target-dir target/cedar
//!
//! Each scenario is written once, as IAM policies. Daypass compiles these; for Cedar they are translated statement by
//! statement (`translate.rs`). Both engines must allow the request, and refuse it with another team (in the first
//! scenario also from another address, and too late), before anything is measured.
//!
//! # What is timed
//!
//! Each engine decides for one role whose policies it already holds, parsed. Daypass's time is all of `policy::decide`
//! from the strings of the action and the ARN; its `Context` is ready. Cedar is timed twice:
//! `Authorizer::is_authorized` with a `Request` that is ready, and the same after `Request::new` from ready `EntityUid`s
//! and a ready `Context`. The ratio takes whichever is faster.
//!
//! The engines run in turns, in batches of a millisecond or more; a figure is the median of the batches. Both are built
//! with the release profile of the `daypass` binary, and use the system's allocator. Daypass allocates nothing while it
//! decides.
//!
//! # How IAM became Cedar
//!
//! The languages differ. Where there was a choice, it was made in favour of Cedar's time:
//!
//! - An Allow or Deny of an attached policy is one `permit` or `forbid`. There is no condition on the principal, as the
//!   set holds the policies of one role only.
//! - A list of actions, however long and whatever its wildcards, is one action group that was expanded beforehand:
//!   `action in Action::"ReadOnlyAccess/1"` is a look-up where Daypass matches the action. One action without
//!   wildcards is `action == Action::"…"`. The store has an entity for each action that a policy of the scenario names.
//! - Resources: `*` is no condition; `arn:aws:s3:::BUCKET/*` is `resource in Bucket::"BUCKET"`; other ARNs are
//!   `resource.arn like "…"`. The object and its bucket are in the entity store beforehand, which a server that
//!   doesn't know all objects could not do.
//! - A boundary and a session policy, which limit and don't grant, are one `forbid … unless` each, with one more
//!   `forbid` for a Deny. Cedar so evaluates all policies, as it always does; Daypass may stop early.
//! - The three condition keys that the request is judged by are `context.team`, `context.source_ip` and `context.now`:
//!   typed, parsed, and all that Cedar's context has. Daypass's context has seventeen keys, of strings, and parses the
//!   address and the time within the measured call. Other keys are `context has "key" && …`; no policy that asks for
//!   one has the action of the request.
//!
//! What goes against Cedar:
//!
//! - `ip("…")` and `datetime("…")` in a policy are calls, which Cedar makes at each evaluation.
//! - Cedar has no index; its users are to hand it the policies that are relevant ("policy slicing"). In the growth
//!   scenarios the set is not sliced, other than to one role: finding what is relevant is what they measure.
//! - There is no schema: `is_authorized` doesn't use one, and `Request::new` would validate against it.

mod cedar;
mod daypass;
mod glob;
#[path = "../../../../crates/policy/tests/managed/mod.rs"]
mod managed;
mod measure;
mod scenario;
mod translate;

use std::hint::black_box;

use self::measure::{Subject, medians};
use self::scenario::{FACTS, Scenario};

fn main() {
    let rows: Vec<Row> = [
        Scenario::managed(),
        Scenario::small(),
        Scenario::buckets(10),
        Scenario::buckets(10_000),
    ]
    .iter()
    .map(compare)
    .collect();
    print(&rows);
}

/// Nanoseconds of a decision.
struct Row {
    name: String,
    statements: usize,
    policies: usize,
    daypass: f64,
    ready: f64,
    constructed: f64,
}

fn compare(scenario: &Scenario) -> Row {
    let daypass = daypass::Engine::new(scenario);
    let cedar = cedar::Engine::new(scenario);
    assert!(daypass.allows(&FACTS), "{}: Daypass", scenario.name);
    assert!(cedar.allows(&FACTS), "{}: Cedar", scenario.name);
    for facts in &scenario.refused {
        assert!(
            !daypass.allows(facts),
            "{}: Daypass: {facts:?}",
            scenario.name
        );
        assert!(!cedar.allows(facts), "{}: Cedar: {facts:?}", scenario.name);
    }

    let parts = cedar.parts(&FACTS);
    let ready = parts.request();
    let [daypass, ready, constructed] = daypass.ask(&FACTS, |request, policies| {
        medians([
            Subject::new(|| {
                black_box(policy::decide(black_box(request), black_box(policies)));
            }),
            Subject::new(|| {
                black_box(cedar.decide(black_box(&ready)));
            }),
            Subject::new(|| {
                black_box(cedar.decide(&black_box(&parts).request()));
            }),
        ])
    });
    Row {
        name: scenario.name.clone(),
        statements: scenario.statements(),
        policies: cedar.policies(),
        daypass,
        ready,
        constructed,
    }
}

fn print(rows: &[Row]) {
    println!(
        "{:<40} {:<38} {:>10} {:>8}",
        "case", "engine", "ns", "ratio"
    );
    for row in rows {
        for (engine, time) in [
            ("Daypass: decide", row.daypass),
            ("Cedar: is_authorized", row.ready),
            ("Cedar: Request::new, is_authorized", row.constructed),
        ] {
            let ratio = time / row.daypass;
            println!("{:<40} {engine:<38} {time:>10.0} {ratio:>8.1}", row.name);
        }
    }
    println!("\nCedar's faster figure by Daypass's:");
    for row in rows {
        let ratio = row.ready.min(row.constructed) / row.daypass;
        println!(
            "{:<40} {ratio:>8.1}   (IAM statements: {}, Cedar policies: {})",
            row.name, row.statements, row.policies
        );
    }
}
