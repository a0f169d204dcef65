//! The vocabulary.

pub(super) const HOME: &str = "111122223333";
pub(super) const OTHER: &str = "444455556666";

pub(super) const USER_ARN: &str = "arn:aws:iam::111122223333:user/alice";
pub(super) const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/team/app";
pub(super) const SESSION_ARN: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
pub(super) const FEDERATED_ARN: &str = "arn:aws:sts::111122223333:federated-user/bob";
pub(super) const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/A";

/// Actions, many with a common start.
pub(super) const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAcl",
    "s3:GetBucketPolicy",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:ListAllMyBuckets",
    "S3:GETOBJECT",
    "s3-object-lambda:GetObject",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "iam:passrole",
    "iam:ListRoles",
    "iam:ListPolicies",
    "ec2:RunInstances",
    "ec2:StartInstances",
    "sqs:SendMessage",
    "sqs:SendMessageBatch",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
    "sts:getsessiontoken",
];

pub(super) const TRUST_ACTIONS: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "STS:assumerole",
];

pub(super) const ACTION_PATTERNS: &[&str] = &[
    "*",
    "*",
    "*:*",
    "s3:*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject*",
    "s3:getobject",
    "S3:get?bject",
    "s3:*Object",
    "s3:*Object*",
    "s3:G*t*ct",
    "s3:?*",
    "s3:**",
    "s3:Put*",
    "s3:List*",
    "iam:*",
    "iam:Get*",
    "iam:Get*Policy",
    "iam:P?ssRole",
    "ec2:*Instances",
    "ec2:R?nInstances",
    "sqs:Send*",
    "sts:*",
    "s3-object-lambda:*",
];

pub(super) const TRUST_ACTION_PATTERNS: &[&str] = &[
    "sts:*",
    "sts:AssumeRole*",
    "sts:AssumeRoleWith*",
    "sts:assumerole",
    "sts:*Session",
    "sts:AssumeRoleWith????",
    "sts:?ssumeRole",
];

/// What requests are about.
pub(super) const RESOURCES: &[&str] = &[
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/alice/a.txt",
    "arn:aws:s3:::data/alice/a.txt",
    "arn:aws:s3:::data/team-a/x:y",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data/?",
    "arn:aws:s3:::data/${aws:username}",
    "arn:aws:s3:::data/",
    "arn:aws:s3:::Data/alice/a.txt",
    "arn:aws:s3:::logs/2026/11/ü\n.txt",
    "arn:aws:s3:::*",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::111122223333:role/team/app",
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:iam::111122223333:user/",
    "policy path /",
    "*",
    "arn:aws:sqs:eu-west-1:111122223333:q1",
    "arn:aws:ec2:us-east-1:444455556666:instance/i-1",
    "arn:aws:logs:eu-west-1:111122223333:log-group:a:b:*",
    "arn:aws-cn:s3:::data/alice/a.txt",
];

pub(super) const TRUST_RESOURCES: &[&str] = &[
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::111122223333:role/team/app",
    "arn:aws:iam::444455556666:role/app",
];

pub(super) const RESOURCE_PATTERNS: &[&str] = &[
    "*",
    "*",
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::data*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data/alice/*",
    "arn:aws:s3:::data/${aws:username}/*",
    "arn:aws:s3:::data/${AWS:UserName}/a.txt",
    "arn:aws:s3:::data/${aws:PrincipalTag/team, 'alice'}/*",
    "arn:aws:s3:::data/${aws:PrincipalTag/team,'team-a'}/*",
    "arn:aws:s3:::data/${aws:TagKeys}/*",
    "arn:aws:s3:::data/${*}",
    "arn:aws:s3:::data/${?}",
    "arn:aws:s3:::data/${$}{aws:username}",
    "arn:aws:s3:::data/${aws:username",
    "arn:aws:s3:::*a*/*",
    "arn:aws:s3:::*/a.txt",
    "arn:aws:s3:::?ata/*",
    "arn:aws:s3:::*:*",
    "arn:aws:s3:::logs/*ü?.t*",
    "arn:aws:sqs:*",
    "arn:*:s3:::data/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:*",
    "arn:aws:iam::????22223333:role/app",
    "arn:aws:iam::111122223333:user/*",
    "arn:aws:sqs:eu-west-1:${aws:username}:q1",
    "arn:aws:iam::111122223333:role/*app",
    "arn:aws:sqs:*:*:*",
    "arn:aws:sqs:eu-*:111122223333:q?",
    "arn:aws:sqs:eu-west-1:*",
    "arn:aws:ec2:*:444455556666:instance/*",
    "arn:aws:logs:*:*:log-group:*",
    "arn:aws:logs:*:log-group:a:b:*",
];

/// What only policies of resources may say: they are checked by their own services.
pub(super) const ODD_RESOURCE_PATTERNS: &[&str] = &[
    "arn:aws:s3:*",
    "arn:aws:iam::${aws:PrincipalAccount}:role/app",
    "arn:aws:iam:*",
    "arn:aws:*:::data/*",
    "arn:*",
    "arn:aws:s3:::",
    "arn:aws-?n:s3:::data/${aws:username, 'alice'}/?.txt",
];
