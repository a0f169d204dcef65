//! The two inline policies by which sessions are revoked.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Issued;

/// Ends every session that was issued up to a time. AWS's console writes it under this name (IAM
/// user guide, "Revoke IAM role temporary security credentials").
pub(crate) const EVERY: &str = "AWSRevokeOlderSessions";
/// Ends single sessions, each by its user id and the second in which it was issued.
pub(crate) const ONE: &str = "DaypassRevokedSessions";

/// One session, as a policy can name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// `AROA…:NAME`.
    user_id: String,
    issued: Timestamp,
}

/// What has been revoked of a role.
#[derive(Debug, Default)]
pub(crate) struct Revocations {
    /// Sessions issued before this are over.
    before: Option<Timestamp>,
    single: Vec<Named>,
}

impl Named {
    /// How the policy names a session of the role with this unique id.
    pub(crate) fn of(role_id: &str, session: &Issued) -> Self {
        Self {
            user_id: format!("{role_id}:{}", session.name),
            issued: session.issued,
        }
    }

    fn statement(&self) -> Value {
        json!({
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:userid": self.user_id},
                "DateEquals": {"aws:TokenIssueTime": self.issued},
            },
        })
    }
}

/// The document of [`EVERY`]: sessions issued before `before` may do nothing.
pub(crate) fn every_session(before: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": format!("{before:.3}")}},
        }],
    })
}

impl Revocations {
    /// Reads one of the two documents. A statement of another form is not ours, and left alone.
    pub(super) fn read(&mut self, document: &Value) {
        let statements = document.get("Statement");
        let statements = statements.and_then(Value::as_array).into_iter().flatten();
        for statement in statements {
            let text = |path: &str| statement.pointer(path).and_then(Value::as_str);
            let time = |path: &str| text(path).and_then(|it| it.parse::<Timestamp>().ok());
            if statement.get("Effect").and_then(Value::as_str) != Some("Deny") {
                continue;
            }
            if let Some(before) = time("/Condition/DateLessThan/aws:TokenIssueTime") {
                self.before = self.before.max(Some(before));
            }
            let user_id = text("/Condition/StringEquals/aws:userid");
            let issued = time("/Condition/DateEquals/aws:TokenIssueTime");
            if let (Some(user_id), Some(issued)) = (user_id, issued) {
                self.single.push(Named {
                    user_id: user_id.to_owned(),
                    issued,
                });
            }
        }
    }

    /// Whether a session is revoked.
    pub(crate) fn hold(&self, session: &Named) -> bool {
        self.before.is_some_and(|before| session.issued < before) || self.single.contains(session)
    }

    /// The document of [`ONE`] with these sessions added, without those that were issued before
    /// `oldest` and are over by themselves, and without those that [`EVERY`] ends anyway.
    pub(crate) fn with(&self, sessions: Vec<Named>, oldest: Timestamp) -> Value {
        let mut all = self.single.clone();
        all.extend(sessions);
        all.retain(|it| {
            it.issued >= oldest && self.before.is_none_or(|before| it.issued >= before)
        });
        all.dedup();
        json!({
            "Version": "2012-10-17",
            "Statement": all.iter().map(Named::statement).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, second: i64) -> Named {
        Named {
            user_id: format!("AROA1:{name}"),
            issued: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn every_session_of_before_is_revoked_and_no_later_one() {
        let mut revocations = Revocations::default();
        revocations.read(&every_session(Timestamp::from_second(100).unwrap()));
        assert!(revocations.hold(&named("a", 99)));
        assert!(!revocations.hold(&named("a", 100)));
    }

    #[test]
    fn single_sessions_are_kept_until_they_are_over() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let document = Revocations::default().with(vec![named("a", 50), named("b", 100)], at(0));
        let mut revocations = Revocations::default();
        revocations.read(&document);
        assert!(revocations.hold(&named("a", 50)) && revocations.hold(&named("b", 100)));
        assert!(!revocations.hold(&named("a", 51)) && !revocations.hold(&named("c", 50)));
        let document = revocations.with(vec![named("c", 101)], at(60));
        let mut later = Revocations::default();
        later.read(&document);
        assert_eq!(later.single, [named("b", 100), named("c", 101)]);
    }

    #[test]
    fn what_the_console_writes_is_understood() {
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Action": ["*"], "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-21T20:22:36.000Z"}},
        }]});
        let mut revocations = Revocations::default();
        revocations.read(&document);
        assert_eq!(every_session(revocations.before.unwrap()), document);
    }
}
