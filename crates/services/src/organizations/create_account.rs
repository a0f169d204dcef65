//! `CreateAccount`: an account with a role for the management account, in one write.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Account as AccountEntity, AccountRequest, Document, EntityPath, MemberStatus,
    OrganizationMember, Role, Tags,
};
use door::Permit;
use jiff::Timestamp;
use policy::AccountId;
use session::{UniqueIdPrefix, unique_id};
use uuid::Uuid;

use super::fault::{invalid, violates};
use super::organization::full_access;
use super::seen::change;
use super::{describe, ids, needs, quota, tagging};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// The role's name when none is asked for.
const ROLE: &str = "OrganizationAccountAccessRole";
/// What the role may do.
const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The beginning of the names that service-linked roles have.
const RESERVED: &str = "AWSServiceRoleFor";

impl Handle for CreateAccount {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateAccountRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::All(needs::create(
            needs::action::<Self>(),
            &input.tags,
        )))
    }

    async fn handle(
        input: CreateAccountRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateAccountResponse, Fault> {
        let name = input.account_name.reveal().to_owned();
        let email = input.email.reveal().to_owned();
        let tags = tagging::new(input.tags)?;
        let role_name = input.role_name.unwrap_or_else(|| ROLE.to_owned());
        if role_name.starts_with(RESERVED) {
            return Err(invalid_role());
        }
        let (management, now) = (at.account, at.call.now);
        let request = AccountRequest {
            account: management,
            id: ids::account_request(),
            name: name.clone(),
            created: None,
            failure: None,
            requested: now,
        };
        let decided = change(at, move |seen, changes| {
            if seen.members().count() >= quota::ACCOUNTS {
                return Err(violates(
                    "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
                    "You have exceeded the allowed number of AWS accounts.",
                ));
            }
            let is_taken = |it: &OrganizationMember| it.email.eq_ignore_ascii_case(&email);
            if seen.members().any(|it| is_taken(it)) {
                let failed = AccountRequest {
                    failure: Some("EMAIL_ALREADY_EXISTS".to_owned()),
                    ..request
                };
                changes.put(failed.clone());
                return Ok(failed);
            }
            let id = ids::account(seen.snapshot).ok_or_else(no_number)?;
            let root = &seen.organization.root;
            let member = OrganizationMember {
                account: management,
                id,
                name,
                email,
                status: MemberStatus::Active,
                created_here: true,
                joined: now,
                parent: root.id.clone(),
                attached: full_access(&root.enabled),
                delegations: BTreeMap::new(),
                tags,
            };
            let role = access_role(id, management, role_name, now)?;
            let done = AccountRequest {
                created: Some(id),
                ..request
            };
            changes.and(move |tx| {
                tx.put_account(AccountEntity {
                    id,
                    canonical_id: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
                    created: now,
                });
                tx.put_role(role);
            });
            changes.put(member);
            changes.put(done.clone());
            Ok(done)
        })
        .await?;
        Ok(CreateAccountResponse {
            create_account_status: Some(describe::request(&decided)),
        })
    }
}

/// The role by which administrators of the management account get into a new account (AWS
/// Organizations User Guide, "Accessing member accounts").
fn access_role(
    account: AccountId,
    management: AccountId,
    name: String,
    created: Timestamp,
) -> Result<Role, Fault> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    Ok(Role {
        account,
        id: unique_id(UniqueIdPrefix::Role),
        name: name.try_into().map_err(|_| invalid_role())?,
        path: EntityPath::root(),
        description: None,
        trust: Document::trust(&trust, |_| None).map_err(|error| {
            let message = error.message().to_owned();
            errors::SERVICE.fault(message)
        })?,
        max_session_duration: 3600,
        inline: BTreeMap::new(),
        attached: BTreeSet::from([ADMINISTRATOR_ACCESS.to_owned()]),
        boundary: None,
        tags: Tags::default(),
        created,
    })
}

fn invalid_role() -> Fault {
    invalid(
        "INVALID_ROLE_NAME",
        "You provided a role name that isn't valid. A role name can't begin with the reserved \
         prefix AWSServiceRoleFor.",
    )
}

fn no_number() -> Fault {
    errors::SERVICE.fault("No number could be found for the account.")
}
