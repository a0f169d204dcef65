//! Roles that belong to a service of AWS: only their service and these operations change them.

use std::collections::{BTreeMap, BTreeSet};

use directory::{Role as Entity, RoleDeletion};
use door::{Need, Permit};
use jiff::{Timestamp, ToSpan};
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;
use uuid::Uuid;

use self::services::LinkedService;
use super::change::write;
use super::fault::{invalid_input, no_such};
use super::holder::Holder;
use super::name::{entity_name, entity_path};
use super::quota::within;
use super::{describe, document, needs, resources};
use crate::generated::iam::errors::{NO_SUCH_ENTITY, UNMODIFIABLE_ENTITY};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

mod services;

/// How the paths of service-linked roles begin.
const PATH: &str = "/aws-service-role/";
/// How the ids of deletion tasks begin.
const TASK: &str = "task/aws-service-role/";
/// How long a deletion task can be asked for. AWS tells no time.
const TASK_DAYS: i32 = 90;

impl Handle for CreateServiceLinkedRole {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateServiceLinkedRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(new_arn(input, at));
        Ok(of_service(need, &input.aws_service_name).into())
    }

    fn resources(input: &CreateServiceLinkedRoleRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = new_arn(input, at);
        vec![resources::resource(at, Entity::RESOURCE_TYPE, arn)]
    }

    async fn handle(
        input: CreateServiceLinkedRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateServiceLinkedRoleResponse, Fault> {
        let CreateServiceLinkedRoleRequest {
            aws_service_name: principal,
            description,
            custom_suffix,
        } = input;
        let service = LinkedService::of(&principal).ok_or_else(|| {
            invalid_input(&format!(
                "{principal} is not the principal of a service that has service-linked roles."
            ))
        })?;
        if custom_suffix.is_some() && !service.takes_suffix {
            let message = format!("Custom suffix is not allowed for {principal}");
            return Err(invalid_input(&message));
        }
        let name = service.role_name(custom_suffix.as_deref());
        if name.len() > LONGEST_NAME {
            return Err(invalid_input(&format!(
                "The role name {name} is longer than {LONGEST_NAME} characters, please try a \
                 shorter suffix."
            )));
        }
        let name = entity_name(name, "roleName")?;
        let path = entity_path(Some(format!("{PATH}{principal}/")))?;
        let (account, created, most) = (at.account, at.call.now, at.quotas.roles);
        let role = write(at, move |tx| {
            let snapshot = tx.snapshot();
            let view = account_view(snapshot, account)?;
            if view.role(name.as_str()).is_some() {
                return Err(invalid_input(&format!(
                    "Service role name {name} has been taken in this account, please try a \
                     different suffix."
                )));
            }
            within(view.roles().len() + 1, most, "RolesPerAccount")?;
            let role = Entity {
                account,
                id: unique_id(UniqueIdPrefix::Role),
                name,
                path,
                description,
                trust: document::trust(&trust(service.principal), snapshot)?,
                max_session_duration: 3600,
                inline: BTreeMap::new(),
                attached: BTreeSet::from([service.policy_arn()]),
                boundary: None,
                tags: directory::Tags::default(),
                created,
            };
            let shape = describe::role_created(&role, snapshot);
            tx.put_role(role);
            Ok(shape)
        })
        .await?;
        Ok(CreateServiceLinkedRoleResponse { role: Some(role) })
    }
}

impl Handle for DeleteServiceLinkedRole {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteServiceLinkedRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, Entity>(at, &input.role_name);
        let role = at.view(|view| Ok(view.role(&input.role_name).cloned()))?;
        let service = role.as_deref().and_then(service_of);
        Ok(match service {
            Some(service) => of_service(need, service).into(),
            None => need.into(),
        })
    }

    fn resources(input: &DeleteServiceLinkedRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    /// No service of AWS is here that could still use the role, so the task has succeeded when
    /// the answer leaves: role and task are one transaction.
    async fn handle(
        input: DeleteServiceLinkedRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DeleteServiceLinkedRoleResponse, Fault> {
        let (account, now) = (at.account, at.call.now);
        let deletion_task_id = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let missing = || no_such(Entity::KIND, &input.role_name);
            let role = view.role(&input.role_name).cloned().ok_or_else(missing)?;
            let service = service_of(&role).ok_or_else(missing)?;
            let task = Uuid::new_v4();
            let id = format!("{TASK}{service}/{}/{task}", role.name);
            let old: Vec<String> = view
                .shelf::<RoleDeletion>()
                .iter()
                .filter(|(_, task)| is_forgotten(task, now))
                .map(|(id, _)| id.clone())
                .collect();
            tx.delete_role(&role);
            for id in old {
                tx.unshelve::<RoleDeletion>(account, &id);
            }
            tx.shelve(RoleDeletion {
                account,
                task_id: id.clone(),
                submitted: now,
            });
            Ok(id)
        })
        .await?;
        Ok(DeleteServiceLinkedRoleResponse { deletion_task_id })
    }
}

impl Handle for GetServiceLinkedRoleDeletionStatus {
    const READ_ONLY: bool = true;

    fn needs(
        input: &GetServiceLinkedRoleDeletionStatusRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        let (path, name) = role_of_task(&input.deletion_task_id)?;
        let arn = needs::entity_arn(at, Entity::KIND, Some(path), name);
        Ok(needs::action::<Self>(arn).into())
    }

    async fn handle(
        input: GetServiceLinkedRoleDeletionStatusRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Fault> {
        let id = input.deletion_task_id;
        let task = at.view(|view| Ok(view.shelved::<RoleDeletion>(&id).cloned()))?;
        match task.filter(|task| !is_forgotten(task, at.call.now)) {
            Some(_) => Ok(GetServiceLinkedRoleDeletionStatusResponse {
                status: "SUCCEEDED".to_owned(),
                reason: None,
            }),
            None => {
                Err(NO_SUCH_ENTITY
                    .fault(format!("The deletion task with id {id} cannot be found.")))
            }
        }
    }
}

/// The most characters of a role's name.
const LONGEST_NAME: usize = 64;

/// Refuses what is not allowed for service-linked roles (IAM API reference, `UnmodifiableEntity`).
///
/// # Errors
/// `UnmodifiableEntity`.
pub(super) fn refuse_protected(role: &Entity) -> Result<(), Fault> {
    match service_of(role) {
        None => Ok(()),
        Some(_) => Err(UNMODIFIABLE_ENTITY.fault(format!(
            "Cannot perform the operation on the protected role '{}' - this role is only \
             modifiable by AWS",
            role.name
        ))),
    }
}

/// Keeps the path of service-linked roles free of others: it is what they are known by.
///
/// # Errors
/// `InvalidInput`.
pub(super) fn refuse_reserved(path: Option<&str>) -> Result<(), Fault> {
    match path {
        Some(path) if path.starts_with(PATH) => Err(invalid_input(&format!(
            "The path {PATH} is reserved for service-linked roles."
        ))),
        _ => Ok(()),
    }
}

/// The service of a service-linked role.
fn service_of(role: &Entity) -> Option<&str> {
    let service = role.path.as_str().strip_prefix(PATH)?;
    Some(service.trim_end_matches('/'))
}

fn is_forgotten(task: &RoleDeletion, now: Timestamp) -> bool {
    let end = task.submitted.checked_add((TASK_DAYS * 24).hours());
    end.is_ok_and(|end| end <= now)
}

/// `iam:AWSServiceName`.
fn of_service(need: Need, service: &str) -> Need {
    need.key("iam:AWSServiceName", service)
}

/// The ARN of the role that is asked for; without the service's own name for it, as the
/// suffix alone would not tell, where the service is unknown.
fn new_arn(input: &CreateServiceLinkedRoleRequest, at: &At<'_>) -> String {
    let principal = &input.aws_service_name;
    let name = LinkedService::of(principal)
        .map(|service| service.role_name(input.custom_suffix.as_deref()));
    let path = format!("{PATH}{principal}/");
    needs::entity_arn(at, Entity::KIND, Some(&path), &name.unwrap_or_default())
}

/// Path and name of the role that a task deletes.
fn role_of_task(id: &str) -> Result<(&str, &str), Fault> {
    let invalid = || invalid_input("The deletion task id is not valid.");
    let role = id.strip_prefix("task").ok_or_else(invalid)?;
    let (role, task) = role.rsplit_once('/').ok_or_else(invalid)?;
    let (path, name) = role.split_at(role.rfind('/').ok_or_else(invalid)? + 1);
    let valid = path.starts_with(PATH) && !name.is_empty() && Uuid::try_parse(task).is_ok();
    valid.then_some((path, name)).ok_or_else(invalid)
}

fn trust(service: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}
