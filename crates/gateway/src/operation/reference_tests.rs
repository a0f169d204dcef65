//! The table and the condition keys, held against the Service Authorization Reference.

use std::collections::BTreeSet;

use reference::Reference;

use super::*;

/// Actions that parameters of a request add.
const ADDED: &[(&str, Level)] = &[
    ("s3:BypassGovernanceRetention", Level::Object),
    ("s3:GetObjectTagging", Level::Object),
    ("s3:GetObjectVersion", Level::Object),
    ("s3:GetObjectVersionTagging", Level::Object),
    ("s3:PutBucketAcl", Level::Bucket),
    ("s3:PutBucketObjectLockConfiguration", Level::Bucket),
    ("s3:PutBucketOwnershipControls", Level::Bucket),
    ("s3:PutBucketVersioning", Level::Bucket),
    ("s3:PutObjectAcl", Level::Object),
    ("s3:PutObjectLegalHold", Level::Object),
    ("s3:PutObjectRetention", Level::Object),
    ("s3:PutObjectTagging", Level::Object),
    ("s3:TagResource", Level::Bucket),
];

/// Every action that is ever asked for, with what it is asked of.
fn asked() -> impl Iterator<Item = (&'static str, Level)> {
    let of_row = |row: &'static Row| {
        let actions = row.actions.iter().chain(row.version_actions);
        actions.map(|action| (*action, row.level))
    };
    TABLE.iter().flat_map(of_row).chain(ADDED.iter().copied())
}

#[test]
fn every_action_is_in_the_reference_and_asked_of_what_it_is_for() {
    let reference = Reference::load().unwrap();
    for (name, level) in asked() {
        let action = reference
            .action(name)
            .unwrap_or_else(|| panic!("there is no action {name}"));
        assert_eq!(action.to_string(), name);
        let kinds: Vec<_> = action
            .resource_types()
            .map(|(kind, _)| kind.name())
            .collect();
        let kind = match level {
            // The session is of a directory bucket, and so are the objects in it.
            _ if name.starts_with("s3express:Create") => "bucket",
            Level::Bucket => "bucket",
            Level::Object => "object",
            // A policy has to name everything.
            Level::Service | Level::Account => {
                let others = kinds.iter().all(|kind| *kind == "objectlambdaaccesspoint");
                assert!(others, "{name}: {kinds:?}");
                continue;
            }
        };
        assert!(kinds.contains(&kind), "{name}: {kinds:?}");
    }
}

#[test]
fn each_action_has_the_condition_keys_of_the_reference() {
    let reference = Reference::load().unwrap();
    let service = reference.service("s3").unwrap();
    let actions: BTreeSet<_> = asked()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("s3:"))
        .collect();
    // Keys of all requests, which the reference leaves out here and there.
    let of_all = [
        "s3:AccessPointNetworkOrigin",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "s3:ResourceAccount",
        "s3:TlsVersion",
        "s3:authType",
        "s3:signatureAge",
        "s3:signatureversion",
        "s3:x-amz-content-sha256",
    ];
    let mut compared = 0;
    for name in actions {
        let action = reference.action(name).unwrap();
        let own: BTreeSet<_> = action.condition_keys().map(|key| key.name()).collect();
        for key in service.condition_keys().map(|key| key.name()) {
            // Those of a resource are with all of its actions.
            if of_all.contains(&key) || key.contains("BucketTag/") || key.contains("ResourceTag/") {
                continue;
            }
            let concrete = key.replace("${TagKey}", "team").replace("${key}", "team");
            assert_eq!(
                crate::condition_keys::has(name, &concrete),
                own.contains(key),
                "{name} and {key}"
            );
            compared += 1;
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn every_key_of_a_header_is_in_the_reference() {
    let reference = Reference::load().unwrap();
    for name in crate::condition_keys::names() {
        assert!(reference.condition_key(name).is_some(), "{name}");
    }
}
