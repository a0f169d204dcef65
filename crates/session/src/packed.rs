//! The packed size of session policies and tags.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::session::{SessionPolicies, SessionTag};

/// What fits, in bytes after compression: 100 %.
const ALLOTMENT: usize = 2048;

/// `PackedPolicySize`: how much of the room for session policies and tags is used, in percent, rounded up; above 100 the
/// request is refused with `PackedPolicyTooLarge`. `None` when neither was passed, and then the answer has no such field.
///
/// AWS keeps its packing to itself (STS API Reference, `PackedPolicySize`). Ours is deterministic: the policy text, the ARNs and
/// the tags, each with its length in front, deflated and put in relation to 2,048 bytes.
pub fn packed_policy_size(policies: &SessionPolicies, tags: &[SessionTag]) -> Option<u32> {
    if policies.is_empty() && tags.is_empty() {
        return None;
    }
    let mut text = Vec::new();
    let mut put = |part: &str| {
        text.extend_from_slice(part.len().to_string().as_bytes());
        text.push(b':');
        text.extend_from_slice(part.as_bytes());
    };
    put(policies.inline.as_deref().unwrap_or_default());
    policies.arns.iter().for_each(|arn| put(arn));
    for tag in tags {
        put(&tag.key);
        put(&tag.value);
    }
    let packed = deflated_len(&text).unwrap_or(text.len());
    Some(u32::try_from((packed * 100).div_ceil(ALLOTMENT)).unwrap_or(u32::MAX))
}

fn deflated_len(text: &[u8]) -> Option<usize> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).ok()?;
    encoder.finish().ok().map(|packed| packed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> SessionTag {
        SessionTag {
            key: key.into(),
            value: value.into(),
            transitive: false,
        }
    }

    #[test]
    fn nothing_passed_is_absent_and_anything_passed_is_at_least_one() {
        assert_eq!(packed_policy_size(&SessionPolicies::default(), &[]), None);
        assert_eq!(
            packed_policy_size(&SessionPolicies::default(), &[tag("a", "b")]),
            Some(1)
        );
    }

    #[test]
    fn a_usual_policy_takes_little_and_incompressible_tags_exceed_the_room() {
        let policies = SessionPolicies {
            inline: Some(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#.into()),
            arns: Vec::new(),
        };
        let usual = packed_policy_size(&policies, &[]).unwrap();
        assert!((2..10).contains(&usual), "{usual}");
        let tags: Vec<_> = (0..50)
            .map(|_| tag(&secret(), &format!("{}{}", secret(), secret())))
            .collect();
        assert!(packed_policy_size(&policies, &tags).unwrap() > 100);
    }

    fn secret() -> String {
        crate::generate_secret_access_key()
            .expose_text()
            .unwrap()
            .to_owned()
    }
}
