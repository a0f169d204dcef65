//! Hours of an agent's life, in no time.

use proptest::prelude::*;

use super::*;
use crate::agent::token::tests::token;

const HOUR: i64 = 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn pod(name: &str, expires: i64) -> Arc<PodToken> {
    let text = token(&format!(r#"{{"exp":{expires},"sub":"{name}"}}"#));
    Arc::new(PodToken::parse(&text, at(0)).unwrap())
}

fn cache(entries: usize) -> Cache<&'static str> {
    Cache::new(Limits {
        entries,
        retention: SignedDuration::from_hours(3),
    })
}

fn never() -> Chance {
    Chance::of(0)
}

#[test]
fn another_token_with_the_same_claims_gets_nothing() {
    let mut cache = cache(10);
    let text = token(r#"{"exp":90000,"sub":"a"}"#);
    let owner = Arc::new(PodToken::parse(&text, at(0)).unwrap());
    cache.put(owner.clone(), "owner's", at(6 * HOUR), at(0), never());
    let (claims, _) = text.rsplit_once('.').unwrap();
    let forged = PodToken::parse(&format!("{claims}.Zm9yZ2Vk"), at(0)).unwrap();
    assert_eq!(cache.get(&forged, at(1)), None);
    assert_eq!(cache.get(&owner, at(1)), Some("owner's"));
}

#[test]
fn credentials_are_renewed_after_the_retention_and_served_meanwhile() {
    let mut cache = cache(10);
    let pod = pod("a", 24 * HOUR);
    cache.put(pod.clone(), "first", at(6 * HOUR), at(0), never());
    assert_eq!(cache.next(), Some(at(3 * HOUR)));
    assert!(cache.due(at(3 * HOUR - 1)).is_empty());
    assert_eq!(cache.due(at(3 * HOUR)), std::slice::from_ref(&pod));
    // Told once, as long as it is under way.
    assert!(cache.due(at(3 * HOUR)).is_empty());
    assert_eq!(cache.get(&pod, at(3 * HOUR)), Some("first"));
    cache.put(pod.clone(), "second", at(9 * HOUR), at(3 * HOUR), never());
    assert_eq!(cache.get(&pod, at(3 * HOUR)), Some("second"));
}

#[test]
fn nothing_is_renewed_for_a_pod_that_has_stopped_asking() {
    let mut cache = cache(10);
    let pod = pod("a", 24 * HOUR);
    cache.put(pod.clone(), "first", at(6 * HOUR), at(0), never());
    assert_eq!(cache.due(at(3 * HOUR)).len(), 1);
    cache.put(pod.clone(), "second", at(9 * HOUR), at(3 * HOUR), never());
    assert!(cache.due(at(7 * HOUR)).is_empty());
    // It comes back, gets what there is, and is renewed at once.
    assert_eq!(cache.get(&pod, at(7 * HOUR)), Some("second"));
    assert_eq!(cache.due(at(7 * HOUR)), [pod]);
}

#[test]
fn while_renewals_fail_the_old_ones_are_served_to_their_end_and_tried_with_pauses() {
    let mut cache = cache(10);
    let pod = pod("a", 24 * HOUR);
    cache.put(pod.clone(), "first", at(HOUR), at(0), never());
    let mut tries = Vec::new();
    let mut now = 0;
    while now < HOUR - 15 {
        assert_eq!(cache.get(&pod, at(now)), Some("first"));
        for token in cache.due(at(now)) {
            tries.push(now);
            assert!(cache.failed(&token, at(now), never()));
        }
        now += 1;
    }
    assert_eq!(tries[..5], [2400, 2405, 2415, 2435, 2475]);
    let pauses = tries.windows(2).map(|it| it[1] - it[0]);
    assert_eq!(pauses.max(), Some(120));
    assert_eq!(cache.get(&pod, at(HOUR - 15)), None);
    assert_eq!((cache.sweep(at(HOUR - 15)), cache.len()), (1, 0));
}

#[test]
fn an_entry_ends_with_its_token() {
    let mut cache = cache(10);
    let pod = pod("a", HOUR);
    cache.put(pod.clone(), "first", at(6 * HOUR), at(0), never());
    assert_eq!(cache.next(), Some(at(HOUR)));
    assert_eq!(cache.get(&pod, at(HOUR - 1)), Some("first"));
    assert_eq!(cache.get(&pod, at(HOUR)), None);
    assert_eq!((cache.sweep(at(HOUR)), cache.len()), (1, 0));
}

#[test]
fn a_final_refusal_ends_it() {
    let mut cache = cache(10);
    let pod = pod("a", 24 * HOUR);
    cache.put(pod.clone(), "first", at(6 * HOUR), at(0), never());
    assert!(cache.forget(&pod) && !cache.forget(&pod));
    assert_eq!(cache.get(&pod, at(1)), None);
    // A renewal that was under way finds nothing to put off.
    assert!(!cache.failed(&pod, at(1), never()));
}

#[test]
fn the_one_that_was_asked_for_least_recently_makes_room() {
    let mut cache = cache(2);
    let [a, b, c] = ["a", "b", "c"].map(|name| pod(name, 24 * HOUR));
    cache.put(a.clone(), "a", at(6 * HOUR), at(0), never());
    cache.put(b.clone(), "b", at(6 * HOUR), at(1), never());
    assert_eq!(cache.get(&a, at(2)), Some("a"));
    assert_eq!(cache.put(c.clone(), "c", at(6 * HOUR), at(3), never()), 1);
    assert_eq!(cache.get(&b, at(4)), None);
    assert_eq!(
        (cache.get(&a, at(4)), cache.get(&c, at(4))),
        (Some("a"), Some("c"))
    );
    // A renewal takes no room.
    assert_eq!(cache.put(c, "c2", at(9 * HOUR), at(5), never()), 0);
}

#[test]
fn without_room_or_retention_nothing_is_kept() {
    let retention = SignedDuration::from_hours(3);
    for (entries, retention) in [(0, retention), (10, SignedDuration::ZERO)] {
        let mut cache = Cache::new(Limits { entries, retention });
        let pod = pod("a", 24 * HOUR);
        cache.put(pod.clone(), "a", at(6 * HOUR), at(0), never());
        assert_eq!(cache.get(&pod, at(0)), None);
        assert!(cache.is_empty());
    }
}

#[derive(Debug, Clone)]
enum Step {
    Ask(usize),
    Answer(usize, i64),
    Renewals(bool),
    Refuse(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..5).prop_map(Step::Ask),
        (0usize..5, 900i64..30_000).prop_map(|(pod, life)| Step::Answer(pod, life)),
        any::<bool>().prop_map(Step::Renewals),
        (0usize..5).prop_map(Step::Refuse),
        (0i64..8000).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever happens in whatever order: what is served was given for that very token, lives
    /// long enough, and its token has not expired or been refused; there is never more than the
    /// limit; and there is always a next time as long as something is kept.
    #[test]
    fn what_is_served_is_the_tokens_own_and_alive(steps in prop::collection::vec(step(), 1..120)) {
        let pods: Vec<_> = (0..5).map(|it| pod(&format!("p{it}"), 20_000 * (it + 1))).collect();
        let mut cache = Cache::new(Limits { entries: 3, retention: SignedDuration::from_hours(3) });
        let mut refused = [false; 5];
        let mut now = 0;
        for step in steps {
            match step {
                Step::Wait(seconds) => now += seconds,
                Step::Ask(it) => {
                    if let Some((whose, expires)) = cache.get(&pods[it], at(now)) {
                        prop_assert_eq!(whose, it);
                        prop_assert!(expires - now > 15);
                        prop_assert!(at(now) < pods[it].expires());
                        prop_assert!(!refused[it]);
                    }
                }
                Step::Answer(it, life) => {
                    refused[it] = false;
                    cache.put(pods[it].clone(), (it, now + life), at(now + life), at(now), never());
                }
                Step::Renewals(succeed) => {
                    for token in cache.due(at(now)) {
                        let it = pods.iter().position(|it| *it == token).unwrap();
                        if succeed {
                            cache.put(token, (it, now + 3600), at(now + 3600), at(now), never());
                        } else {
                            cache.failed(&token, at(now), never());
                        }
                    }
                    prop_assert!(cache.due(at(now)).is_empty());
                }
                Step::Refuse(it) => {
                    refused[it] = true;
                    cache.forget(&pods[it]);
                }
            }
            cache.sweep(at(now));
            prop_assert!(cache.len() <= 3);
            prop_assert_eq!(cache.next().is_some(), !cache.is_empty());
        }
    }
}
