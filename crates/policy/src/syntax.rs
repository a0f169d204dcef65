//! The elements of a document, read from JSON but not yet checked for one kind of policy.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::{Json, Member, Node};

/// Text of the document.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    pub(crate) value: Cow<'a, str>,
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Document<'a> {
    pub(crate) span: Range<usize>,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) statements: Vec<Statement<'a>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement<'a> {
    pub(crate) span: Range<usize>,
    pub(crate) sid: Option<Text<'a>>,
    pub(crate) effect: Option<Text<'a>>,
    pub(crate) principal: Option<Principals<'a>>,
    pub(crate) action: Option<Texts<'a>>,
    pub(crate) resource: Option<Texts<'a>>,
    pub(crate) conditions: Vec<Operation<'a>>,
}

/// `Action`, `Resource` or their complement.
#[derive(Debug, Clone)]
pub(crate) struct Texts<'a> {
    /// Whether it is the `Not…` element.
    pub(crate) negated: bool,
    pub(crate) span: Range<usize>,
    pub(crate) texts: Vec<Text<'a>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Principals<'a> {
    pub(crate) negated: bool,
    pub(crate) span: Range<usize>,
    /// The bare `"*"`.
    pub(crate) star: bool,
    /// Type and value, in document order.
    pub(crate) entries: Vec<(Text<'a>, Text<'a>)>,
}

/// One operator of `Condition`.
#[derive(Debug, Clone)]
pub(crate) struct Operation<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) keys: Vec<(Text<'a>, Vec<Text<'a>>)>,
}

/// Names of the elements of documents and statements.
pub(crate) const ELEMENTS: &[&str] = &[
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// What keeps JSON from being a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) span: Range<usize>,
    pub(crate) kind: FlawKind,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlawKind {
    #[error("{element} must be {expected}")]
    Shape {
        element: &'static str,
        expected: &'static str,
    },
    #[error("there is no element `{0}` here")]
    UnknownElement(String),
    #[error("`{0}` and `Not{0}` exclude each other")]
    Both(&'static str),
    #[error("a policy needs a `Statement`")]
    MissingStatement,
    #[error("a policy needs at least one statement")]
    EmptyStatement,
}

type Read<T> = Result<T, Flaw>;

pub(crate) fn document<'a>(node: Node<'a>) -> Read<Document<'a>> {
    let span = node.span.clone();
    let (mut version, mut statements) = (None, None);
    for Member {
        name,
        name_span,
        node,
    } in object(node, "the policy")?
    {
        match name.as_ref() {
            "Version" => version = Some(text(node, "`Version`")?),
            "Id" => {
                text(node, "`Id`")?;
            }
            "Statement" => statements = Some(statement_list(node)?),
            _ => return Err(unknown(&name, name_span)),
        }
    }
    let statements = statements.ok_or(Flaw {
        span: span.clone(),
        kind: FlawKind::MissingStatement,
    })?;
    if statements.is_empty() {
        return Err(Flaw {
            span,
            kind: FlawKind::EmptyStatement,
        });
    }
    Ok(Document {
        span,
        version,
        statements,
    })
}

fn statement_list(node: Node<'_>) -> Read<Vec<Statement<'_>>> {
    match node.value {
        Json::Array(nodes) => nodes.into_iter().map(statement).collect(),
        _ => Ok(vec![statement(node)?]),
    }
}

fn statement(node: Node<'_>) -> Read<Statement<'_>> {
    let mut statement = Statement {
        span: node.span.clone(),
        sid: None,
        effect: None,
        principal: None,
        action: None,
        resource: None,
        conditions: Vec::new(),
    };
    for Member {
        name,
        name_span,
        node,
    } in object(node, "a statement")?
    {
        let negated = name.starts_with("Not");
        match name.as_ref() {
            "Sid" => statement.sid = Some(text(node, "`Sid`")?),
            "Effect" => statement.effect = Some(text(node, "`Effect`")?),
            "Principal" | "NotPrincipal" => {
                let read = principals(node, negated)?;
                set(&mut statement.principal, read, "Principal", name_span)?;
            }
            "Action" | "NotAction" => set(
                &mut statement.action,
                texts(node, negated, "actions")?,
                "Action",
                name_span,
            )?,
            "Resource" | "NotResource" => {
                set(
                    &mut statement.resource,
                    texts(node, negated, "resources")?,
                    "Resource",
                    name_span,
                )?;
            }
            "Condition" => statement.conditions = conditions(node)?,
            _ => return Err(unknown(&name, name_span)),
        }
    }
    Ok(statement)
}

fn set<T>(place: &mut Option<T>, value: T, element: &'static str, span: Range<usize>) -> Read<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Flaw {
            span,
            kind: FlawKind::Both(element),
        }),
    }
}

fn principals(node: Node<'_>, negated: bool) -> Read<Principals<'_>> {
    let span = node.span.clone();
    let mut entries = Vec::new();
    let star = match node.value {
        Json::String(text) if text == "*" => true,
        Json::Object(members) => {
            for Member {
                name,
                name_span,
                node,
            } in members
            {
                let kind = Text {
                    value: name,
                    span: name_span,
                };
                entries.extend(
                    one_or_many(node, "principals")?
                        .into_iter()
                        .map(|value| (kind.clone(), value)),
                );
            }
            false
        }
        _ => {
            return Err(shape(
                span,
                "`Principal`",
                "`\"*\"` or an object of types and names",
            ));
        }
    };
    Ok(Principals {
        negated,
        span,
        star,
        entries,
    })
}

fn texts<'a>(node: Node<'a>, negated: bool, element: &'static str) -> Read<Texts<'a>> {
    let span = node.span.clone();
    Ok(Texts {
        negated,
        span,
        texts: one_or_many(node, element)?,
    })
}

fn conditions(node: Node<'_>) -> Read<Vec<Operation<'_>>> {
    let operators = object(node, "`Condition`")?;
    operators
        .into_iter()
        .map(|member| {
            let name = Text {
                value: member.name,
                span: member.name_span,
            };
            let keys = object(member.node, "an operator of `Condition`")?;
            let keys = keys.into_iter().map(|member| {
                let key = Text {
                    value: member.name,
                    span: member.name_span,
                };
                Ok((key, operands(member.node)?))
            });
            Ok(Operation {
                name,
                keys: keys.collect::<Read<_>>()?,
            })
        })
        .collect()
}

fn operands(node: Node<'_>) -> Read<Vec<Text<'_>>> {
    match node.value {
        Json::Array(nodes) => nodes.into_iter().map(operand).collect(),
        _ => Ok(vec![operand(node)?]),
    }
}

/// Numbers and booleans need no quotes in a condition; they stand for their text.
fn operand(node: Node<'_>) -> Read<Text<'_>> {
    let value = match node.value {
        Json::String(text) => text,
        Json::Number(text) => Cow::Borrowed(text),
        Json::Bool(true) => Cow::Borrowed("true"),
        Json::Bool(false) => Cow::Borrowed("false"),
        Json::Object(_) | Json::Array(_) | Json::Null => {
            return Err(shape(
                node.span,
                "the value of a condition",
                "a text, a number or a boolean",
            ));
        }
    };
    Ok(Text {
        value,
        span: node.span,
    })
}

fn one_or_many<'a>(node: Node<'a>, element: &'static str) -> Read<Vec<Text<'a>>> {
    match node.value {
        Json::Array(nodes) => nodes.into_iter().map(|node| text(node, element)).collect(),
        _ => Ok(vec![text(node, element)?]),
    }
}

fn object<'a>(node: Node<'a>, element: &'static str) -> Read<Vec<Member<'a>>> {
    match node.value {
        Json::Object(members) => Ok(members),
        _ => Err(shape(node.span, element, "an object")),
    }
}

fn text<'a>(node: Node<'a>, element: &'static str) -> Read<Text<'a>> {
    match node.value {
        Json::String(value) => Ok(Text {
            value,
            span: node.span,
        }),
        _ => Err(shape(node.span, element, "text")),
    }
}

fn shape(span: Range<usize>, element: &'static str, expected: &'static str) -> Flaw {
    Flaw {
        span,
        kind: FlawKind::Shape { element, expected },
    }
}

fn unknown(name: &str, span: Range<usize>) -> Flaw {
    Flaw {
        span,
        kind: FlawKind::UnknownElement(name.to_owned()),
    }
}
