//! What a document costs to compile and a request to decide: one small policy, an account's worth of AWS's own
//! policies, and ten thousand statements.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark that prints its figures; criterion's macros make undocumented items"
)]

#[path = "../tests/managed/mod.rs"]
mod managed;
mod world;

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use policy::{DocumentKind, Policy, decide, explain};

use self::world::World;

fn benches(criterion: &mut Criterion) {
    compile(criterion);
    for world in [
        World::one_policy(),
        World::trust(),
        World::managed(),
        World::many_actions(1),
        World::many_actions(1_000),
        World::many_buckets(1),
        World::many_buckets(1_000),
    ] {
        let name = format!("decide: {}", world.name);
        world.ask(|request, policies| {
            let allocations = allocation_counter::measure(|| {
                assert!(decide(request, policies).is_allowed());
            });
            println!("{name}: {} allocations", allocations.count_total);
            criterion.bench_function(&name, |bencher| {
                bencher.iter(|| decide(black_box(request), black_box(policies)));
            });
        });
    }
    let world = World::managed();
    world.ask(|request, policies| {
        criterion.bench_function("explain: ten managed policies", |bencher| {
            bencher.iter(|| explain(black_box(request), black_box(policies)));
        });
    });
}

fn compile(criterion: &mut Criterion) {
    criterion.bench_function("compile: one statement", |bencher| {
        bencher.iter(|| Policy::parse(DocumentKind::Identity, black_box(world::READ)).unwrap());
    });
    let documents = managed::documents();
    let texts: usize = documents.iter().map(|(_, text)| text.len()).sum();
    let start = Instant::now();
    let mut compiled = Vec::with_capacity(documents.len());
    let memory = allocation_counter::measure(|| {
        for (_, text) in &documents {
            compiled.push(Policy::parse(DocumentKind::Managed, text).unwrap());
        }
    });
    println!(
        "compile: {} managed policies of {texts} bytes in {:?}, {} bytes compiled, their texts included",
        documents.len(),
        start.elapsed(),
        memory.bytes_current
    );
}

criterion_group!(group, benches);
criterion_main!(group);
