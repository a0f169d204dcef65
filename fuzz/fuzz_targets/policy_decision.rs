//! Bytes make policies and requests; the engine and the naive evaluator must agree on each.
#![no_main]
#![allow(
    dead_code,
    reason = "the tests of the policy crate use more of what is shared"
)]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/policy/tests/naive/engine.rs"]
mod engine;
#[path = "../../crates/policy/tests/naive/naive.rs"]
mod naive;
#[path = "../../crates/policy/tests/random/random.rs"]
mod random;

use engine::Engine;
use naive::Notes;
use random::Dice;

const REQUESTS: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let mut dice = Dice::Bytes(bytes);
    // Requests first: they are short, and a change of the bytes of the policies leaves them.
    let trust = random::is_about_a_role(&mut dice);
    let questions: Vec<_> = (0..REQUESTS)
        .map(|_| random::question(&mut dice, trust))
        .collect();
    let world = random::world(&mut dice, trust);
    let Ok(engine) = Engine::new(&world) else {
        return;
    };
    for question in &questions {
        assert_eq!(
            engine.decide(question),
            naive::decide(&world, question, &Notes::off()),
            "engine (left) and naive evaluator (right): {question:#?} {world:#?}"
        );
    }
});
