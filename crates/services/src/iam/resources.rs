//! The resources that an operation touches, for the audit record.

use trail::Resource;

use super::holder::Holder;
use super::needs::entity_arn;
use crate::handle::At;

/// CloudTrail's name for managed policies.
pub(super) const POLICY: &str = "AWS::IAM::Policy";
/// CloudTrail's name for OIDC providers.
pub(super) const PROVIDER: &str = "AWS::IAM::OIDCProvider";
/// CloudTrail's name for MFA devices.
pub(super) const MFA_DEVICE: &str = "AWS::IAM::MfaDevice";
/// CloudTrail's name for SAML providers.
pub(super) const SAML_PROVIDER: &str = "AWS::IAM::SAMLProvider";
/// CloudTrail's name for access keys.
pub(super) const ACCESS_KEY: &str = "AWS::IAM::AccessKey";

/// What our records call keys for SSH, service-specific credentials and signing certificates.
pub(super) const SSH_PUBLIC_KEY: &str = "AWS::IAM::SSHPublicKey";
pub(super) const SERVICE_CREDENTIAL: &str = "AWS::IAM::ServiceSpecificCredential";
pub(super) const SIGNING_CERTIFICATE: &str = "AWS::IAM::SigningCertificate";
/// CloudTrail's name for server certificates.
pub(super) const SERVER_CERTIFICATE: &str = "AWS::IAM::ServerCertificate";

/// CloudTrail's name for instance profiles.
pub(super) const INSTANCE_PROFILE: &str = "AWS::IAM::InstanceProfile";

/// A user, group or role by its name.
pub(super) fn holder<H: Holder>(at: &At<'_>, name: &str) -> Vec<Resource> {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let found = view.and_then(|view| H::find(view, name));
    let arn = found.map_or_else(|| entity_arn(at, H::KIND, None, name), |it| it.arn());
    vec![resource(at, H::RESOURCE_TYPE, arn)]
}

/// An instance profile by its name.
pub(super) fn instance_profile(at: &At<'_>, name: &str) -> Vec<Resource> {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let found = view.and_then(|view| view.instance_profile(name));
    let arn = found.map_or_else(
        || entity_arn(at, "instance-profile", None, name),
        |it| it.arn(),
    );
    vec![resource(at, INSTANCE_PROFILE, arn)]
}

/// Anything by its type and ARN.
pub(super) fn resource(at: &At<'_>, kind: &str, arn: impl Into<String>) -> Resource {
    Resource {
        account: Some(at.account),
        kind: kind.to_owned(),
        arn: arn.into(),
    }
}
