//! The control policies of an organization that take part in a decision.

use std::borrow::Cow;

use directory::{ControlPolicyKind, OrganizationPath, Snapshot};
use policy::{AccountId, Source};

use crate::Caller;
use crate::caller::Attached;
use crate::layers::{Applied, sources};

/// Where service-linked roles are; no control policy touches them (AWS Organizations User
/// Guide, "Tasks and entities not restricted by SCPs").
const SERVICE_LINKED: &str = "/aws-service-role/";

/// The services whose resources are under resource control policies (AWS Organizations User
/// Guide, "List of AWS services that support RCPs").
const UNDER_RESOURCE_POLICIES: [&str; 11] = [
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
    "ecr",
    "aoss",
];

/// Control policies of one kind, level by level from the root to the account.
#[derive(Debug, Default)]
pub struct Controls<'s>(Option<Vec<Vec<Applied<'s>>>>);

impl<'s> Controls<'s> {
    /// The service control policies over a caller.
    #[must_use]
    pub fn of_caller(snapshot: &'s Snapshot, caller: &Caller) -> Self {
        match caller.account() {
            Some(account) if !is_service_linked(caller) => {
                Self::over(snapshot, account, ControlPolicyKind::Service)
            }
            _ => Self::default(),
        }
    }

    /// The resource control policies over what `action` is done to by `caller`. `owner` owns it.
    #[must_use]
    pub fn of_resource(
        snapshot: &'s Snapshot,
        caller: &Caller,
        action: &str,
        owner: Option<AccountId>,
    ) -> Self {
        let service = action.split(':').next().unwrap_or_default();
        let is_covered = UNDER_RESOURCE_POLICIES
            .iter()
            .any(|it| it.eq_ignore_ascii_case(service));
        match owner {
            Some(owner) if is_covered && !is_service_linked(caller) => {
                Self::over(snapshot, owner, ControlPolicyKind::Resource)
            }
            _ => Self::default(),
        }
    }

    fn over(snapshot: &'s Snapshot, account: AccountId, kind: ControlPolicyKind) -> Self {
        let path: Option<OrganizationPath<'s>> = snapshot.organization_path(account);
        let levels = path.and_then(|path| path.levels(kind));
        let applied = levels.map(|levels| {
            let level = |level: Vec<directory::ControlPolicy<'s>>| {
                let applied = level.into_iter().map(|it| Applied {
                    policy: it.policy,
                    arn: Some(it.arn),
                    name: Cow::Borrowed(it.name),
                });
                applied.collect()
            };
            levels.into_iter().map(level).collect()
        });
        Self(applied)
    }

    /// Whether there are any: the account is in an organization that uses this kind.
    #[must_use]
    pub fn take_part(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn sources(&self) -> Option<Vec<Vec<Source<'_>>>> {
        let levels = self.0.as_ref()?;
        Some(levels.iter().map(|level| sources(level)).collect())
    }
}

fn is_service_linked(caller: &Caller) -> bool {
    match &caller.attached {
        Attached::Role(role) => role.path.as_str().starts_with(SERVICE_LINKED),
        Attached::User(_) | Attached::None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use directory::{
        Account, Document, EntityPath, FeatureSet, MemberStatus, Organization, OrganizationMember,
        OrganizationRoot, Role, Tags, Transaction,
    };
    use jiff::Timestamp;
    use session::{Session, SessionKind, SessionPolicies};

    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}"#;

    fn number(digit: &str) -> AccountId {
        digit.repeat(12).parse().unwrap()
    }

    fn member(digit: &str) -> OrganizationMember {
        OrganizationMember {
            account: number("1"),
            id: number(digit),
            name: digit.into(),
            email: digit.into(),
            status: MemberStatus::Active,
            created_here: true,
            joined: Timestamp::UNIX_EPOCH,
            parent: "r-root".into(),
            attached: BTreeSet::from(["p-FullAWSAccess".into(), "p-RCPFullAWSAccess".into()]),
            delegations: BTreeMap::new(),
            tags: Tags::default(),
        }
    }

    /// 1 manages an organization that 2 is in, and 3 is alone.
    fn world() -> Transaction {
        let mut tx = Transaction::default();
        for digit in ["1", "2", "3"] {
            tx.put_account(Account {
                id: number(digit),
                canonical_id: digit.repeat(64),
                created: Timestamp::UNIX_EPOCH,
            });
        }
        tx.shelve(Organization {
            account: number("1"),
            id: "o-1".into(),
            feature_set: FeatureSet::All,
            root: OrganizationRoot {
                id: "r-root".into(),
                enabled: BTreeSet::from(ControlPolicyKind::ALL),
                attached: BTreeSet::from(["p-FullAWSAccess".into(), "p-RCPFullAWSAccess".into()]),
                tags: Tags::default(),
            },
            services: BTreeMap::new(),
            root_features: BTreeSet::new(),
        });
        tx.shelve(member("1"));
        tx.shelve(member("2"));
        tx
    }

    fn session_of(digit: &str, path: &str) -> Caller {
        let account = number(digit);
        let role = Role {
            account,
            id: "AROAX".into(),
            name: "app".parse().unwrap(),
            path: path.parse::<EntityPath>().unwrap(),
            description: None,
            trust: Document::trust(TRUST, |_| None).unwrap(),
            max_session_duration: 3600,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            tags: Tags::default(),
            created: Timestamp::UNIX_EPOCH,
        };
        let session = Session {
            account,
            kind: SessionKind::Role {
                role_id: "AROAX".into(),
            },
            name: "pod".parse().unwrap(),
            issued_at: 0,
            expires_at: 1,
            source_identity: None,
            tags: Vec::new(),
            policies: SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        Caller::role(Arc::new(role), Arc::new(session), "ASIAX").unwrap()
    }

    #[test]
    fn service_linked_roles_are_under_no_control_policy() {
        let tx = world();
        let snapshot = tx.snapshot();
        for (digit, path, expected) in [
            ("1", "/", false),
            ("2", "/", true),
            ("2", "/aws-service-role/x.amazonaws.com/", false),
            ("2", "/not/aws-service-role/", true),
            ("3", "/", false),
        ] {
            let caller = session_of(digit, path);
            let scps = Controls::of_caller(snapshot, &caller);
            assert_eq!(scps.take_part(), expected, "{digit} {path}");
        }
        let nobody = Caller::anonymous(None);
        assert!(!Controls::of_caller(snapshot, &nobody).take_part());
    }

    #[test]
    fn resource_control_policies_are_the_owners_in_some_services() {
        let tx = world();
        let snapshot = tx.snapshot();
        let stranger = session_of("3", "/");
        let service = session_of("3", "/aws-service-role/x.amazonaws.com/");
        let nobody = Caller::anonymous(None);
        for (caller, action, owner, expected) in [
            (&stranger, "s3:GetObject", "2", true),
            (&nobody, "S3:GetObject", "2", true),
            (&stranger, "sts:AssumeRole", "2", true),
            (&stranger, "iam:GetRole", "2", false),
            (&stranger, "s3:GetObject", "1", false),
            (&stranger, "s3:GetObject", "3", false),
            (&service, "s3:GetObject", "2", false),
        ] {
            let rcps = Controls::of_resource(snapshot, caller, action, Some(number(owner)));
            assert_eq!(rcps.take_part(), expected, "{action} {owner}");
        }
    }

    #[test]
    fn an_account_in_a_unit_that_is_gone_may_do_nothing() {
        let mut tx = world();
        tx.shelve(OrganizationMember {
            parent: "ou-gone".into(),
            ..member("2")
        });
        let scps = Controls::of_caller(tx.snapshot(), &session_of("2", "/"));
        assert!(scps.sources().unwrap().iter().all(Vec::is_empty));
    }

    #[test]
    fn an_account_that_has_left_is_under_nothing() {
        let mut tx = world();
        tx.unshelve::<OrganizationMember>(number("1"), &number("2").to_string());
        let caller = session_of("2", "/");
        assert!(!Controls::of_caller(tx.snapshot(), &caller).take_part());
        assert_eq!(tx.snapshot().management_of(number("2")), None);
    }
}
