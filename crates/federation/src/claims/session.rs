//! What a token asks for the session: tags, a source identity, and the roles it is meant for.

use std::collections::HashSet;

use serde_json::Value;

use super::{Claims, strings};
use crate::error::TokenError;

/// The session tags that a token carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionTags {
    /// Keys and values, sorted by key.
    pub principal_tags: Vec<(String, String)>,
    /// The keys of those tags that pass on to a chained session.
    pub transitive_keys: Vec<String>,
}

impl Claims {
    /// The session tags of the token, or `None` if it carries none (IAM User Guide, "Passing session tags using
    /// AssumeRoleWithWebIdentity"). Both shapes that STS takes are read, each tag in one of them:
    /// `https://aws.amazon.com/tags` with `principal_tags` and `transitive_tag_keys`, and the flattened
    /// `https://aws.amazon.com/tags/principal_tags/KEY`.
    ///
    /// # Errors
    /// [`TokenError::InvalidClaim`] if a tag hasn't exactly one value, if keys begin with `aws:`, are equal but
    /// for case, more than 50, or too long, and if a transitive key isn't among the tags.
    pub fn tags(&self) -> Result<Option<SessionTags>, TokenError> {
        let refuse = |detail: &str| Err(TokenError::invalid(TAGS, detail));
        let mut found = false;
        let mut tags = SessionTags::default();

        if let Some(claim) = self.claim(TAGS) {
            let Value::Object(members) = claim else {
                return refuse("not an object");
            };
            found = true;
            match members.get("principal_tags") {
                None => {}
                Some(Value::Object(nested)) => {
                    for (key, value) in nested {
                        let Some([Value::String(value)]) = value.as_array().map(Vec::as_slice)
                        else {
                            return refuse("a tag hasn't exactly one value");
                        };
                        tags.principal_tags.push((key.clone(), value.clone()));
                    }
                }
                Some(_) => return refuse("`principal_tags` isn't an object"),
            }
            if let Some(keys) = members.get("transitive_tag_keys") {
                tags.transitive_keys.extend(key_list(keys)?);
            }
        }
        for (name, value) in self.raw.iter() {
            if let Some(key) = name.strip_prefix(FLAT_TAG) {
                let Value::String(value) = value else {
                    return refuse("a flattened tag isn't a string");
                };
                found = true;
                tags.principal_tags.push((key.to_owned(), value.clone()));
            }
        }
        if let Some(keys) = self.claim(FLAT_TRANSITIVE) {
            found = true;
            tags.transitive_keys.extend(key_list(keys)?);
        }

        tags.principal_tags.sort();
        check(&tags)?;
        Ok(found.then_some(tags))
    }

    /// The source identity of the token, or `None` (IAM User Guide, "Monitor and control actions taken with
    /// assumed roles").
    ///
    /// # Errors
    /// [`TokenError::InvalidClaim`] unless it is 2–64 characters of `[\w+=,.@-]` that don't begin with `aws:`.
    pub fn source_identity(&self) -> Result<Option<String>, TokenError> {
        let Some(claim) = self.claim(SOURCE_IDENTITY) else {
            return Ok(None);
        };
        let fits = |identity: &str| {
            (2..=64).contains(&identity.len())
                && identity
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        };
        match claim.as_str() {
            Some(identity) if fits(identity) => Ok(Some(identity.to_owned())),
            _ => Err(TokenError::invalid(
                SOURCE_IDENTITY,
                "not 2-64 characters of letters, digits and _+=,.@-",
            )),
        }
    }

    /// The role ARNs that the identity provider allows the token to assume, or `None` if it doesn't say: a list,
    /// or one string with `;` between them. They are exact: `*` is only a character.
    ///
    /// # Errors
    /// [`TokenError::InvalidClaim`] if the claim is anything else.
    pub fn roles(&self) -> Result<Option<Vec<String>>, TokenError> {
        match self.claim(ROLES) {
            None => Ok(None),
            Some(Value::String(list)) => Ok(Some(
                list.split(';')
                    .map(str::trim)
                    .filter(|role| !role.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )),
            Some(Value::Array(elements)) => strings(elements)
                .map(Some)
                .ok_or_else(|| TokenError::invalid(ROLES, "an element isn't a string")),
            Some(_) => Err(TokenError::invalid(ROLES, "neither a list nor a string")),
        }
    }

    /// Checks the role asked for against [`Claims::roles`], to be done before the trust policy. The answer is the
    /// value of `sts:RoleAuthorizedByIdp`: true if the token lists the role, false if it lists none at all.
    ///
    /// # Errors
    /// [`TokenError::RoleNotListed`] if there is a list without the role, and those of [`Claims::roles`].
    pub fn authorizes_role(&self, role_arn: &str) -> Result<bool, TokenError> {
        match self.roles()? {
            None => Ok(false),
            Some(roles) if roles.iter().any(|role| role == role_arn) => Ok(true),
            Some(_) => Err(TokenError::RoleNotListed),
        }
    }
}

const TAGS: &str = "https://aws.amazon.com/tags";
const FLAT_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const FLAT_TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
const ROLES: &str = "https://aws.amazon.com/roles";

fn key_list(keys: &Value) -> Result<Vec<String>, TokenError> {
    keys.as_array()
        .and_then(|keys| strings(keys))
        .ok_or_else(|| TokenError::invalid(TAGS, "`transitive_tag_keys` isn't a list of strings"))
}

/// The limits of session tags (IAM User Guide, "Pass session tags in AWS STS": keys differ by more than case).
fn check(tags: &SessionTags) -> Result<(), TokenError> {
    let refuse = |detail: &str| Err(TokenError::invalid(TAGS, detail));
    if tags.principal_tags.len() > 50 || tags.transitive_keys.len() > 50 {
        return refuse("more than 50 tags");
    }
    let mut seen = HashSet::new();
    for (key, value) in &tags.principal_tags {
        let folded = key.to_lowercase();
        if folded.starts_with("aws:") {
            return refuse("a key begins with `aws:`");
        }
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            return refuse("a key isn't 1-128 characters, or a value more than 256");
        }
        if !seen.insert(folded) {
            return refuse("two keys differ in case only");
        }
    }
    if !tags
        .transitive_keys
        .iter()
        .all(|key| seen.contains(&key.to_lowercase()))
    {
        return refuse("a transitive key isn't among the tags");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::claims;

    #[test]
    fn both_shapes_of_tags_are_read() {
        let expected = SessionTags {
            principal_tags: vec![
                ("CostCenter".into(), "1".into()),
                ("Project".into(), "X".into()),
            ],
            transitive_keys: vec!["Project".into()],
        };
        let nested = claims(json!({"https://aws.amazon.com/tags": {
            "principal_tags": {"Project": ["X"], "CostCenter": ["1"]}, "transitive_tag_keys": ["Project"],
        }}));
        let flat = claims(json!({
            "https://aws.amazon.com/tags/principal_tags/Project": "X",
            "https://aws.amazon.com/tags/principal_tags/CostCenter": "1",
            "https://aws.amazon.com/tags/transitive_tag_keys": ["Project"],
        }));
        assert_eq!(nested.tags().unwrap().unwrap(), expected);
        assert_eq!(flat.tags().unwrap().unwrap(), expected);
        assert_eq!(claims(json!({})).tags().unwrap(), None);
    }

    #[test]
    fn tags_that_aws_refuses_are_refused() {
        let many: serde_json::Map<String, Value> =
            (0..51).map(|n| (format!("k{n}"), json!(["v"]))).collect();
        for tags in [
            json!([]),
            json!("Project=X"),
            json!({"principal_tags": []}),
            json!({"principal_tags": {"Project": "X"}}),
            json!({"principal_tags": {"Project": []}}),
            json!({"principal_tags": {"Project": ["X", "Y"]}}),
            json!({"principal_tags": {"Project": [7]}}),
            json!({"principal_tags": {"aws:Project": ["X"]}}),
            json!({"principal_tags": {"AWS:Project": ["X"]}}),
            json!({"principal_tags": {"": ["X"]}}),
            json!({"principal_tags": {"Project": ["X"], "project": ["Y"]}}),
            json!({"principal_tags": {"Project": ["x".repeat(257)]}}),
            json!({"principal_tags": {"p".repeat(129): ["X"]}}),
            json!({"principal_tags": many}),
            json!({"principal_tags": {}, "transitive_tag_keys": "Project"}),
            json!({"principal_tags": {}, "transitive_tag_keys": ["Project"]}),
        ] {
            let result = claims(json!({"https://aws.amazon.com/tags": tags})).tags();
            assert!(
                matches!(result, Err(TokenError::InvalidClaim { .. })),
                "{tags}: {result:?}"
            );
        }
        let twice = claims(json!({
            "https://aws.amazon.com/tags": {"principal_tags": {"Project": ["X"]}},
            "https://aws.amazon.com/tags/principal_tags/Project": "Y",
        }));
        assert!(twice.tags().is_err());
    }

    #[test]
    fn source_identity_has_its_characters() {
        let of = |value: Value| {
            claims(json!({"https://aws.amazon.com/source_identity": value})).source_identity()
        };
        assert_eq!(of(json!("alice")).unwrap().as_deref(), Some("alice"));
        assert_eq!(claims(json!({})).source_identity().unwrap(), None);
        for bad in [
            json!("a"),
            json!("aws:x"),
            json!("a b"),
            json!("x".repeat(65)),
            json!(7),
            json!(["alice"]),
        ] {
            assert!(of(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_role_that_the_token_does_not_list_is_refused() {
        let one = "arn:aws:iam::111122223333:role/r1";
        let two = "arn:aws:iam::111122223333:role/r2";
        for roles in [
            json!([one, two]),
            json!(format!("{one};{two}")),
            json!(format!("{one} ; {two};")),
        ] {
            let claims = claims(json!({"https://aws.amazon.com/roles": roles}));
            assert_eq!(claims.authorizes_role(two), Ok(true));
            assert_eq!(
                claims.authorizes_role("arn:aws:iam::111122223333:role/r3"),
                Err(TokenError::RoleNotListed)
            );
        }
        for roles in [
            json!([]),
            json!(""),
            json!("*"),
            json!(["arn:aws:iam::111122223333:role/*"]),
        ] {
            let claims = claims(json!({"https://aws.amazon.com/roles": roles}));
            assert_eq!(claims.authorizes_role(one), Err(TokenError::RoleNotListed));
        }
        for roles in [json!(7), json!(null), json!([one, 7]), json!({one: true})] {
            let claims = claims(json!({"https://aws.amazon.com/roles": roles}));
            assert!(matches!(
                claims.authorizes_role(one),
                Err(TokenError::InvalidClaim { .. })
            ));
        }
        assert_eq!(claims(json!({})).authorizes_role(one), Ok(false));
    }
}
