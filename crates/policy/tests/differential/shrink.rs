//! The smallest case that still shows a difference.

use policy::Outcome;
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::naive::{self, Notes, Question, World};

/// Describes a difference, without whatever does not matter for it.
pub(crate) fn report(seed: u64, mut world: World, mut question: Question) -> String {
    let mut shrunk = true;
    while shrunk {
        shrunk = false;
        for candidate in smaller_worlds(&world) {
            if difference(&candidate, &question).is_some() {
                world = candidate;
                shrunk = true;
                break;
            }
        }
        for at in (0..question.context.len()).rev() {
            let mut candidate = question.clone();
            candidate.context.remove(at);
            if difference(&world, &candidate).is_some() {
                question = candidate;
                shrunk = true;
            }
        }
    }
    let (engine, naive) = match difference(&world, &question) {
        Some((engine, naive)) => (format!("{engine:?}"), format!("{naive:?}")),
        None => ("the same".to_owned(), "the same".to_owned()),
    };
    format!(
        "seed {seed}\nengine: {engine}\nnaive:  {naive}\n{question:?}\nidentity {}\nboundary {:?}\nsession {:?}\n\
         resource {:?} (trust: {}, pins: {:?})\nscps {:?}\nrcps {:?}\n",
        Json::from(world.identity.clone()),
        text(world.boundary.clone().map(Json::from)),
        text(world.session.clone().map(Json::from)),
        text(world.resource.clone()),
        world.trust,
        world.pins,
        text(world.scps.clone().map(Json::from)),
        text(world.rcps.clone().map(Json::from)),
    )
    .replace('\\', "")
}

fn text(json: Option<Json>) -> Option<String> {
    json.map(|json| json.to_string())
}

fn difference(world: &World, question: &Question) -> Option<(Outcome, Outcome)> {
    let engine = Engine::new(world).ok()?.decide(question);
    let naive = naive::decide(world, question, &Notes::off());
    (engine != naive).then_some((engine, naive))
}

/// The world with one thing less, the largest things first.
fn smaller_worlds(world: &World) -> Vec<World> {
    let mut smaller = vec![
        World {
            boundary: None,
            ..world.clone()
        },
        World {
            session: None,
            ..world.clone()
        },
        World {
            resource: None,
            ..world.clone()
        },
        World {
            scps: None,
            ..world.clone()
        },
        World {
            rcps: None,
            ..world.clone()
        },
        World {
            pins: Default::default(),
            ..world.clone()
        },
    ];
    // What is already gone makes no smaller world.
    let gone = [
        world.boundary.is_none(),
        world.session.is_none(),
        world.resource.is_none(),
        world.scps.is_none(),
        world.rcps.is_none(),
        world.pins.is_empty(),
    ];
    let mut gone = gone.into_iter();
    smaller.retain(|_| !gone.next().unwrap_or(true));
    for identity in smaller_lists(&world.identity) {
        smaller.push(World {
            identity,
            ..world.clone()
        });
    }
    for boundary in world.boundary.iter().flat_map(|list| smaller_lists(list)) {
        smaller.push(World {
            boundary: Some(boundary),
            ..world.clone()
        });
    }
    for session in world.session.iter().flat_map(|list| smaller_lists(list)) {
        smaller.push(World {
            session: Some(session),
            ..world.clone()
        });
    }
    for resource in world.resource.iter().flat_map(smaller_documents) {
        smaller.push(World {
            resource: Some(resource),
            ..world.clone()
        });
    }
    for scps in world.scps.iter().flat_map(|levels| smaller_levels(levels)) {
        smaller.push(World {
            scps: Some(scps),
            ..world.clone()
        });
    }
    for rcps in world.rcps.iter().flat_map(|levels| smaller_levels(levels)) {
        smaller.push(World {
            rcps: Some(rcps),
            ..world.clone()
        });
    }
    smaller
}

fn smaller_levels(levels: &[Vec<Json>]) -> Vec<Vec<Vec<Json>>> {
    let mut smaller = without_one(levels);
    for (at, level) in levels.iter().enumerate() {
        for level in smaller_lists(level) {
            let mut levels = levels.to_vec();
            levels[at] = level;
            smaller.push(levels);
        }
    }
    smaller
}

fn smaller_lists(documents: &[Json]) -> Vec<Vec<Json>> {
    let mut smaller = without_one(documents);
    for (at, document) in documents.iter().enumerate() {
        for document in smaller_documents(document) {
            let mut documents = documents.to_vec();
            documents[at] = document;
            smaller.push(documents);
        }
    }
    smaller
}

/// A document without one statement, condition, or item of a list.
fn smaller_documents(document: &Json) -> Vec<Json> {
    let Some(statements) = document["Statement"].as_array() else {
        return Vec::new();
    };
    let with = |statements: Vec<Json>| {
        let mut document = document.clone();
        document["Statement"] = Json::from(statements);
        document
    };
    let mut smaller: Vec<Json> = without_one(statements)
        .into_iter()
        .filter(|statements| !statements.is_empty())
        .map(with)
        .collect();
    for (at, statement) in statements.iter().enumerate() {
        for statement in smaller_statements(statement) {
            let mut statements = statements.clone();
            statements[at] = statement;
            smaller.push(with(statements));
        }
    }
    smaller
}

fn smaller_statements(statement: &Json) -> Vec<Json> {
    let mut smaller = Vec::new();
    for element in ["Action", "NotAction", "Resource", "NotResource"] {
        if let Some(list) = statement[element].as_array() {
            for list in without_one(list)
                .into_iter()
                .filter(|list| !list.is_empty())
            {
                let mut statement = statement.clone();
                statement[element] = Json::from(list);
                smaller.push(statement);
            }
        }
    }
    let Some(condition) = statement["Condition"].as_object() else {
        return smaller;
    };
    for (operator, keys) in condition {
        let mut without = statement.clone();
        without["Condition"]
            .as_object_mut()
            .unwrap()
            .remove(operator);
        smaller.push(without);
        for (key, operands) in keys.as_object().into_iter().flatten() {
            let lists = operands.as_array().map(|list| without_one(list));
            for list in lists.into_iter().flatten() {
                let mut statement = statement.clone();
                statement["Condition"][operator][key] = Json::from(list);
                smaller.push(statement);
            }
        }
    }
    smaller
}

fn without_one<T: Clone>(list: &[T]) -> Vec<Vec<T>> {
    (0..list.len())
        .map(|at| {
            let mut list = list.to_vec();
            list.remove(at);
            list
        })
        .collect()
}
