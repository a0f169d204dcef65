//! How much of everything an account may have.

use std::str::FromStr;

use thiserror::Error;

macro_rules! quotas {
    ($($field:ident $name:literal $default:literal $most:literal $text:literal)*) => {
        /// The quotas of every account of a server (IAM User Guide, "IAM and AWS STS quotas"; Amazon EKS
        /// User Guide, "View and manage Amazon EKS and Fargate service quotas").
        /// Sizes are in characters, without white space.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Quotas {
            $(#[doc = $text] pub $field: usize,)*
        }

        impl Default for Quotas {
            /// AWS's defaults.
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// Every quota that can be set, in the order of the documentation.
        pub const QUOTAS: &[Quota] = &[
            $(Quota { name: $name, default: $default, aws_most: $most, text: $text },)*
        ];

        impl Quotas {
            fn place(&mut self, name: &str) -> Option<&mut usize> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

/// What is known of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Its name on the command line.
    pub name: &'static str,
    /// AWS's default.
    pub default: usize,
    /// The most to which AWS raises it; the default where AWS doesn't.
    pub aws_most: usize,
    /// What it bounds.
    pub text: &'static str,
}

quotas! {
    users "users" 5_000 5_000 "Users."
    groups "groups" 300 500 "Groups."
    roles "roles" 1_000 10_000 "Roles."
    instance_profiles "instance-profiles" 1_000 10_000 "Instance profiles."
    policies "policies" 1_500 10_000 "Customer managed policies."
    oidc_providers "oidc-providers" 100 700 "OIDC providers."
    saml_providers "saml-providers" 100 100 "SAML providers."
    private_keys_per_saml_provider "private-keys-per-saml-provider" 2 2 "Private keys of a SAML provider."
    server_certificates "server-certificates" 20 1_000 "Server certificates."
    access_keys_per_user "access-keys-per-user" 2 2 "Access keys of a user."
    signing_certificates_per_user "signing-certificates-per-user" 2 2 "Signing certificates of a user."
    ssh_public_keys_per_user "ssh-public-keys-per-user" 5 5 "SSH public keys of a user."
    service_credentials_per_service "service-specific-credentials-per-user" 2 2 "Service-specific credentials of a user for one service."
    mfa_devices_per_user "mfa-devices-per-user" 8 8 "MFA devices of a user."
    groups_per_user "groups-per-user" 10 10 "Groups that a user is in."
    policies_per_user "policies-per-user" 10 20 "Managed policies attached to a user."
    policies_per_group "policies-per-group" 10 10 "Managed policies attached to a group."
    policies_per_role "policies-per-role" 20 25 "Managed policies attached to a role."
    versions_per_policy "versions-per-policy" 5 5 "Versions of a managed policy."
    policy_size "policy-size" 6_144 6_144 "Characters of a managed policy."
    trust_policy_size "trust-policy-size" 2_048 8_192 "Characters of a trust policy."
    inline_per_user "inline-per-user" 2_048 2_048 "Characters of all inline policies of a user together."
    inline_per_group "inline-per-group" 5_120 5_120 "Characters of all inline policies of a group together."
    inline_per_role "inline-per-role" 10_240 10_240 "Characters of all inline policies of a role together."
    client_ids_per_provider "client-ids-per-provider" 100 100 "Client ids of an OIDC provider."
    thumbprints_per_provider "thumbprints-per-provider" 5 5 "Thumbprints of an OIDC provider."
    clusters "clusters" 100 10_000 "Registered Kubernetes clusters."
    associations_per_cluster "pod-identity-associations-per-cluster" 5_000 5_000 "Pod Identity associations of a cluster."
    delegation_requests "delegation-requests" 1_000 1_000 "Delegation requests that an account has made and that have not expired; AWS tells no number."
}

/// Instance profiles hold one role, which can't be changed: it is how they are stored.
pub(crate) const ROLES_PER_INSTANCE_PROFILE: usize = 1;

/// A quota as it is set: `roles=5000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaSetting {
    name: &'static str,
    most: usize,
}

/// Why a text sets no quota.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidQuota {
    /// There is no such quota.
    #[error("there is no quota `{0}`; there are {known}", known = names())]
    Unknown(String),
    /// More than there is room for in a credential report.
    #[error("{name} can be {most} at most: a credential report has columns for so many")]
    TooMany {
        /// The quota.
        name: &'static str,
        /// The most.
        most: usize,
    },
    /// What follows the name isn't a number that answers can show.
    #[error("a quota is written NAME=NUMBER, with a number from 0 to {MOST}, e.g. roles=5000")]
    NoNumber,
}

/// What credential reports have two columns for each: a third one would be seen by nobody.
const REPORTED: [&str; 2] = ["access-keys-per-user", "signing-certificates-per-user"];

/// The largest number in `GetAccountSummary`.
const MOST: usize = 2_147_483_647;

fn names() -> String {
    let names: Vec<_> = QUOTAS.iter().map(|quota| quota.name).collect();
    names.join(", ")
}

impl FromStr for QuotaSetting {
    type Err = InvalidQuota;

    fn from_str(text: &str) -> Result<Self, InvalidQuota> {
        let (name, number) = text.split_once('=').ok_or(InvalidQuota::NoNumber)?;
        let known = QUOTAS.iter().find(|quota| quota.name == name);
        let quota = known.ok_or_else(|| InvalidQuota::Unknown(name.to_owned()))?;
        let most: Option<usize> = number.parse().ok().filter(|number| *number <= MOST);
        let most = most.ok_or(InvalidQuota::NoNumber)?;
        if REPORTED.contains(&quota.name) && most > quota.aws_most {
            return Err(InvalidQuota::TooMany {
                name: quota.name,
                most: quota.aws_most,
            });
        }
        Ok(Self {
            name: quota.name,
            most,
        })
    }
}

impl Quotas {
    /// AWS's defaults, but for what is set; of several settings of one quota the last counts.
    #[must_use]
    pub fn with(settings: &[QuotaSetting]) -> Self {
        let mut quotas = Self::default();
        for setting in settings {
            // INVARIANT: a setting's name is one of `QUOTAS`.
            if let Some(place) = quotas.place(setting.name) {
                *place = setting.most;
            }
        }
        quotas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_its_own_quota() {
        for (at, quota) in QUOTAS.iter().enumerate() {
            let mut quotas = Quotas::default();
            assert_eq!(*quotas.place(quota.name).unwrap(), quota.default);
            let most = match REPORTED.contains(&quota.name) {
                true => 1,
                false => at + 1_000_000,
            };
            let setting = format!("{}={most}", quota.name).parse().unwrap();
            let mut set = Quotas::with(&[setting]);
            assert_eq!(*set.place(quota.name).unwrap(), most);
            *set.place(quota.name).unwrap() = quota.default;
            assert_eq!(set, Quotas::default());
            assert!(quota.default <= quota.aws_most);
        }
    }

    #[test]
    fn what_sets_no_quota_is_told() {
        for text in ["roles", "roles=", "roles=-1", "roles=2147483648", "roles=x"] {
            assert_eq!(
                text.parse::<QuotaSetting>(),
                Err(InvalidQuota::NoNumber),
                "{text}"
            );
        }
        let error = "rolls=1".parse::<QuotaSetting>().unwrap_err().to_string();
        assert!(error.starts_with("there is no quota `rolls`; there are users, groups, roles, "));
    }

    #[test]
    fn no_user_has_more_keys_than_a_credential_report_shows() {
        assert!("access-keys-per-user=1".parse::<QuotaSetting>().is_ok());
        let error = "access-keys-per-user=3".parse::<QuotaSetting>();
        assert!(error.unwrap_err().to_string().contains("2 at most"));
    }

    #[test]
    fn the_last_setting_counts() {
        let settings = ["roles=1", "roles=2"].map(|text| text.parse().unwrap());
        assert_eq!(Quotas::with(&settings).roles, 2);
    }
}
