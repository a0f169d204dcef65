//! Central root access: which parts of it an organization has switched on (IAM User Guide,
//! "Centrally manage root access for member accounts").

use directory::{FeatureSet, Organization, RootFeature, Snapshot};
use door::Permit;
use policy::AccountId;

use super::needs;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// The service that an organization must have given access to, and whose delegated
/// administrators may do this too.
pub(crate) const ROOT_ACCESS_SERVICE: &str = "iam.amazonaws.com";

/// The organization whose root access the account may manage.
///
/// # Errors
/// The faults of the operations that manage it.
pub(crate) fn managed_organization(
    snapshot: &Snapshot,
    account: AccountId,
) -> Result<&Organization, Fault> {
    let path = snapshot.organization_path(account).ok_or_else(|| {
        errors::ORGANIZATION_NOT_FOUND.fault(
            "The request was rejected because no organization is associated with your account.",
        )
    })?;
    let organization = path.organization();
    let is_delegated = path.member().delegations.contains_key(ROOT_ACCESS_SERVICE);
    if !path.is_management() && !is_delegated {
        return Err(
            errors::ACCOUNT_NOT_MANAGEMENT_OR_DELEGATED_ADMINISTRATOR.fault(
                "The request was rejected because the account making the request is not the \
             management account or delegated administrator account for centralized root access.",
            ),
        );
    }
    if organization.feature_set != FeatureSet::All {
        return Err(errors::ORGANIZATION_NOT_IN_ALL_FEATURES_MODE.fault(
            "The request was rejected because your organization does not have All features \
             enabled.",
        ));
    }
    if !organization.services.contains_key(ROOT_ACCESS_SERVICE) {
        return Err(errors::SERVICE_ACCESS_NOT_ENABLED.fault(
            "The request was rejected because trusted access is not enabled for IAM in \
             Organizations.",
        ));
    }
    Ok(organization)
}

/// Switches a part on or off; the id of the organization and what is on then.
async fn switch(
    at: &At<'_>,
    feature: RootFeature,
    on: bool,
) -> Result<(Option<String>, Vec<String>), Fault> {
    let account = at.account;
    super::change::write(at, move |tx| {
        let organization = managed_organization(tx.snapshot(), account)?;
        if on && organization.account != account {
            return Err(errors::CALLER_IS_NOT_MANAGEMENT_ACCOUNT.fault(
                "The request was rejected because the account making the request is not the \
                 management account for the organization.",
            ));
        }
        let mut organization = organization.clone();
        match on {
            true => organization.root_features.insert(feature),
            false => organization.root_features.remove(&feature),
        };
        let answer = shown(&organization);
        tx.shelve(organization);
        Ok(answer)
    })
    .await
}

fn shown(organization: &Organization) -> (Option<String>, Vec<String>) {
    let features = organization.root_features.iter();
    let words = features.map(|it| it.as_str().to_owned());
    (Some(organization.id.clone()), words.collect())
}

impl Handle for EnableOrganizationsRootCredentialsManagement {
    const READ_ONLY: bool = false;

    fn needs(
        _: &EnableOrganizationsRootCredentialsManagementRequest,
        _: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        _: EnableOrganizationsRootCredentialsManagementRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<EnableOrganizationsRootCredentialsManagementResponse, Fault> {
        let answer = switch(at, RootFeature::CredentialsManagement, true).await?;
        Ok(EnableOrganizationsRootCredentialsManagementResponse {
            organization_id: answer.0,
            enabled_features: answer.1,
        })
    }
}

impl Handle for DisableOrganizationsRootCredentialsManagement {
    const READ_ONLY: bool = false;

    fn needs(
        _: &DisableOrganizationsRootCredentialsManagementRequest,
        _: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        _: DisableOrganizationsRootCredentialsManagementRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DisableOrganizationsRootCredentialsManagementResponse, Fault> {
        let answer = switch(at, RootFeature::CredentialsManagement, false).await?;
        Ok(DisableOrganizationsRootCredentialsManagementResponse {
            organization_id: answer.0,
            enabled_features: answer.1,
        })
    }
}

impl Handle for EnableOrganizationsRootSessions {
    const READ_ONLY: bool = false;

    fn needs(_: &EnableOrganizationsRootSessionsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        _: EnableOrganizationsRootSessionsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<EnableOrganizationsRootSessionsResponse, Fault> {
        let answer = switch(at, RootFeature::Sessions, true).await?;
        Ok(EnableOrganizationsRootSessionsResponse {
            organization_id: answer.0,
            enabled_features: answer.1,
        })
    }
}

impl Handle for DisableOrganizationsRootSessions {
    const READ_ONLY: bool = false;

    fn needs(_: &DisableOrganizationsRootSessionsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        _: DisableOrganizationsRootSessionsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DisableOrganizationsRootSessionsResponse, Fault> {
        let answer = switch(at, RootFeature::Sessions, false).await?;
        Ok(DisableOrganizationsRootSessionsResponse {
            organization_id: answer.0,
            enabled_features: answer.1,
        })
    }
}

impl Handle for ListOrganizationsFeatures {
    const READ_ONLY: bool = true;

    fn needs(_: &ListOrganizationsFeaturesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        _: ListOrganizationsFeaturesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListOrganizationsFeaturesResponse, Fault> {
        let snapshot = at.snapshot();
        let answer = shown(managed_organization(&snapshot, at.account)?);
        Ok(ListOrganizationsFeaturesResponse {
            organization_id: answer.0,
            enabled_features: answer.1,
        })
    }
}
