//! Lists and objects without anything in them.

use super::{Lint, LintCode};
use crate::json::{self, Json, Member, Node};

/// Works on the JSON, since an empty `Condition` leaves no trace in what is read of it.
pub(super) fn lint(text: &str, lints: &mut Vec<Lint>) {
    let Ok(document) = json::parse(text) else {
        return;
    };
    let Some(statements) = members(&document).find(|member| member.name == "Statement") else {
        return;
    };
    let statements = match &statements.node.value {
        Json::Array(list) => list.as_slice(),
        _ => std::slice::from_ref(&statements.node),
    };
    for member in statements.iter().flat_map(members) {
        match member.name.as_ref() {
            "Condition" => condition(&member.node, lints),
            "Principal" | "NotPrincipal" => principal(&member.node, lints),
            "Sid" if member.node.value == Json::String("".into()) => {
                let message = "an empty `Sid` names nothing";
                let remedy = "give the statement a name, or leave `Sid` out";
                lints.push(Lint::new(
                    LintCode::EmptySidValue,
                    &member.node.span,
                    message,
                    remedy,
                ));
            }
            _ => {}
        }
    }
}

fn members<'n, 'a>(node: &'n Node<'a>) -> impl Iterator<Item = &'n Member<'a>> {
    let members = match &node.value {
        Json::Object(members) => members.as_slice(),
        _ => &[],
    };
    members.iter()
}

fn is_empty_array(node: &Node<'_>) -> bool {
    matches!(&node.value, Json::Array(list) if list.is_empty())
}

fn is_empty_object(node: &Node<'_>) -> bool {
    matches!(&node.value, Json::Object(members) if members.is_empty())
}

fn condition(node: &Node<'_>, lints: &mut Vec<Lint>) {
    let empty = |node: &Node<'_>| {
        let message = "this asks for nothing, so the statement holds for every request";
        let remedy = "write the condition that is meant, or leave it out";
        Lint::new(LintCode::EmptyObjectCondition, &node.span, message, remedy)
    };
    if is_empty_object(node) {
        lints.push(empty(node));
    }
    for operator in members(node) {
        if is_empty_object(&operator.node) {
            lints.push(empty(&operator.node));
        }
        let keys = members(&operator.node).filter(|key| is_empty_array(&key.node));
        lints.extend(keys.map(|key| {
            let message = format!("`{}` is compared with nothing", key.name);
            let remedy = "name the values that are meant, or leave the key out";
            Lint::new(
                LintCode::EmptyArrayCondition,
                &key.node.span,
                message,
                remedy,
            )
        }));
    }
}

fn principal(node: &Node<'_>, lints: &mut Vec<Lint>) {
    let kinds = members(node).filter(|kind| is_empty_array(&kind.node));
    lints.extend(kinds.map(|kind| {
        let message = format!("no principal of type `{}` is named", kind.name);
        let remedy = "name one, or leave the type out";
        Lint::new(
            LintCode::EmptyArrayPrincipal,
            &kind.node.span,
            message,
            remedy,
        )
    }));
}
