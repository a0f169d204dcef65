//! What a Kubernetes token says of the workload that holds it.

use serde_json::Value;

use super::Claims;

impl Claims {
    /// What the issuer attests besides the subject: of a Kubernetes token the bound objects (`namespace`,
    /// `serviceaccount`, `pod`, `node`, the last three also with `-uid`; Kubernetes, "Managing Service Accounts", "Bound
    /// service account tokens"), and of any token its id, `jti`. Names and values, in that order.
    ///
    /// It goes into the session and into every event of it, so values are bounded: one that Kubernetes would not give
    /// (longer than 253 bytes, with control characters, not a string) is left out. Bound objects of another namespace or
    /// service account than the subject's are left out altogether: the subject is what policies decide on.
    pub fn attested(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        if let Some(bound) = self.claim("kubernetes.io")
            && self.is_subject(bound)
        {
            for (name, path) in BOUND {
                let value = path
                    .iter()
                    .try_fold(bound, |value, member| value.get(member));
                if let Some(value) = value.and_then(short) {
                    pairs.push(((*name).to_owned(), value.to_owned()));
                }
            }
        }
        if let Some(id) = self.claim("jti").and_then(short) {
            pairs.push(("jti".to_owned(), id.to_owned()));
        }
        pairs
    }

    /// Whether the bound objects are the subject's.
    fn is_subject(&self, bound: &Value) -> bool {
        let text = |pointer| bound.pointer(pointer).and_then(Value::as_str);
        match (text("/namespace"), text("/serviceaccount/name")) {
            (Some(namespace), Some(name)) => {
                self.subject == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    }
}

/// What is attested by the members of `kubernetes.io`.
const BOUND: &[(&str, &[&str])] = &[
    ("namespace", &["namespace"]),
    ("serviceaccount", &["serviceaccount", "name"]),
    ("serviceaccount-uid", &["serviceaccount", "uid"]),
    ("pod", &["pod", "name"]),
    ("pod-uid", &["pod", "uid"]),
    ("node", &["node", "name"]),
    ("node-uid", &["node", "uid"]),
];

/// A string that can be the name or uid of an object: 1 to 253 bytes (Kubernetes, "Object Names and IDs").
fn short(value: &Value) -> Option<&str> {
    let text = value.as_str()?;
    let fits = (1..=253).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::claims;

    fn attested(change: Value) -> Vec<String> {
        let pairs = claims(change).attested().into_iter();
        pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    fn bound() -> Value {
        json!({
            "namespace": "ns",
            "serviceaccount": {"name": "sa", "uid": "u1"},
            "pod": {"name": "sa-0", "uid": "u2"},
            "node": {"name": "worker-1", "uid": "u3"},
            "warnafter": 1_795_262_400,
        })
    }

    #[test]
    fn a_bound_tokens_objects_are_attested() {
        assert_eq!(
            attested(json!({"kubernetes.io": bound(), "jti": "id-1", "groups": ["admins"]})),
            [
                "namespace=ns",
                "serviceaccount=sa",
                "serviceaccount-uid=u1",
                "pod=sa-0",
                "pod-uid=u2",
                "node=worker-1",
                "node-uid=u3",
                "jti=id-1",
            ]
        );
        assert_eq!(attested(json!({})), [""; 0]);
        assert_eq!(attested(json!({"jti": "of anybody"})), ["jti=of anybody"]);
    }

    #[test]
    fn bound_objects_of_another_subject_are_not_attested() {
        for (pointer, value) in [
            ("/namespace", json!("kube-system")),
            ("/serviceaccount/name", json!("admin")),
            ("/serviceaccount", json!("sa")),
            ("/namespace", json!(["ns"])),
        ] {
            let mut other = bound();
            *other.pointer_mut(pointer).unwrap() = value;
            assert_eq!(
                attested(json!({"kubernetes.io": other})),
                [""; 0],
                "{pointer}"
            );
        }
        assert_eq!(
            attested(json!({"kubernetes.io": bound(), "sub": "ns:sa"})),
            [""; 0]
        );
        assert_eq!(attested(json!({"kubernetes.io": "ns"})), [""; 0]);
    }

    #[test]
    fn what_is_attested_is_bounded() {
        let mut large = bound();
        large["pod"]["name"] = json!("p".repeat(254));
        large["pod"]["uid"] = json!("line\nbreak");
        large["node"]["name"] = json!(7);
        large["node"]["uid"] = json!("");
        large["serviceaccount"]["uid"] = json!("u".repeat(253));
        let pairs = claims(json!({"kubernetes.io": large, "jti": "j".repeat(9000)})).attested();
        let names: Vec<_> = pairs.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["namespace", "serviceaccount", "serviceaccount-uid"]);
    }
}
