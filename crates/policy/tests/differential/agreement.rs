//! Engine and naive evaluator give one answer, and name one layer for a refusal.

use std::thread;

use crate::engine::Engine;
use crate::naive::{self, Notes};
use crate::random::{self, Dice};
use crate::shrink;

/// Requests that are asked of one set of policies.
const REQUESTS_EACH: u64 = 60;
const DEFAULT_REQUESTS: u64 = 1_000_000;
/// Raises (or lowers) the number of requests.
const VARIABLE: &str = "DAYPASS_POLICY_REQUESTS";

#[test]
fn the_engine_and_the_naive_evaluator_agree() {
    let requests = match std::env::var(VARIABLE) {
        Ok(number) => number.parse().expect("a number of requests"),
        Err(_) => DEFAULT_REQUESTS,
    };
    let worlds = u64::div_ceil(requests, REQUESTS_EACH);
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let comparisons: Vec<Comparison> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let mut comparison = Comparison::default();
                    for seed in (0..worlds).filter(|seed| seed % threads == worker) {
                        comparison.compare(seed);
                    }
                    comparison
                })
            })
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| worker.join().unwrap();
        workers.into_iter().map(join).collect()
    });
    let reports: Vec<&str> = comparisons
        .iter()
        .flat_map(|comparison| comparison.reports.iter().map(String::as_str))
        .collect();
    assert!(reports.is_empty(), "\n{}", reports.join("\n"));
    // The generator keeps to what is valid; a few slips are no loss.
    let refused: u64 = comparisons
        .iter()
        .map(|comparison| comparison.refused)
        .sum();
    assert!(
        refused * 20 <= worlds,
        "{refused} of {worlds} sets of policies were refused"
    );
}

/// The fuzzer's way in: any bytes make policies and requests, and come to an end.
#[test]
fn any_bytes_make_a_case_on_which_both_agree() {
    let counting: Vec<u8> = (0..40_000_u32)
        .map(|number| (number * 7 / 3) as u8)
        .collect();
    for length in [0, 1, 100, 3_000, 40_000] {
        let mut dice = Dice::Bytes(&counting[counting.len() - length..]);
        let trust = random::is_about_a_role(&mut dice);
        let world = random::world(&mut dice, trust);
        let question = random::question(&mut dice, trust);
        let Ok(engine) = Engine::new(&world) else {
            continue;
        };
        let naive = naive::decide(&world, &question, &Notes::off());
        assert_eq!(engine.decide(&question), naive, "{length}");
    }
}

/// What one thread found.
#[derive(Default)]
struct Comparison {
    /// Worlds with a document that is no policy.
    refused: u64,
    /// The first differences.
    reports: Vec<String>,
}

impl Comparison {
    fn compare(&mut self, seed: u64) {
        let mut dice = Dice::Seed(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let trust = random::is_about_a_role(&mut dice);
        let world = random::world(&mut dice, trust);
        let Ok(engine) = Engine::new(&world) else {
            self.refused += 1;
            return;
        };
        for _ in 0..REQUESTS_EACH {
            let question = random::question(&mut dice, trust);
            let naive = naive::decide(&world, &question, &Notes::off());
            if engine.decide(&question) != naive && self.reports.len() < REPORTS {
                self.reports
                    .push(shrink::report(seed, world.clone(), question));
                return;
            }
        }
    }
}

/// Differences that a thread reports at most.
const REPORTS: usize = 5;
