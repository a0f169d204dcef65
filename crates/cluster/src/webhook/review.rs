//! AdmissionReview, `admission.k8s.io/v1` and `v1beta1`: the question and the answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The first version, for what can't be read.
const V1BETA1: &str = "admission.k8s.io/v1beta1";
const V1: &str = "admission.k8s.io/v1";

/// A pod that is being created.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    version: String,
    uid: String,
    /// The namespace; the pod itself need not say it.
    pub namespace: String,
    /// The pod, as it was sent.
    pub pod: Value,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Let in as it is.
    Unchanged,
    /// Let in with this patch.
    Patched {
        /// The operations (RFC 6902).
        operations: Vec<Value>,
        /// Shown to whoever creates the pod.
        warning: Option<String>,
    },
}

impl Review {
    /// Reads a request's body.
    ///
    /// # Errors
    /// The answer to a body that is none: the pod is not let in, and the message says why.
    pub fn parse(body: &[u8]) -> Result<Self, Value> {
        if body.is_empty() {
            return Err(refused(V1BETA1, "", "bad content"));
        }
        let review: Value = serde_json::from_slice(body)
            .map_err(|error| refused(V1BETA1, "", &error.to_string()))?;
        let text = |path: &str| {
            review
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let version = match text("/apiVersion") {
            V1 => V1,
            _ => V1BETA1,
        };
        let uid = text("/request/uid");
        let Some(request) = review.get("request").filter(|it| it.is_object()) else {
            return Err(refused(version, uid, "bad content"));
        };
        let Some(pod) = request.get("object").filter(|it| it.is_object()) else {
            return Err(refused(version, uid, "the object of the request is no pod"));
        };
        Ok(Self {
            version: version.to_owned(),
            uid: uid.to_owned(),
            namespace: text("/request/namespace").to_owned(),
            pod: pod.clone(),
        })
    }

    /// The pod's service account, as it was sent; the API server has put `default` where there
    /// was none.
    #[must_use]
    pub fn service_account(&self) -> &str {
        let name = self.pod.pointer("/spec/serviceAccountName");
        name.and_then(Value::as_str).unwrap_or_default()
    }

    /// The pod's name, or what it is generated from.
    #[must_use]
    pub fn pod_name(&self) -> &str {
        let part = |name: &str| self.pod.pointer(&format!("/metadata/{name}"));
        let name = part("name").or_else(|| part("generateName"));
        name.and_then(Value::as_str).unwrap_or_default()
    }
}

/// The answer to a review.
#[must_use]
pub fn answer(review: &Review, verdict: &Verdict) -> Value {
    let mut response = json!({"uid": review.uid, "allowed": true});
    if let Verdict::Patched {
        operations,
        warning,
    } = verdict
        && !operations.is_empty()
    {
        let patch = Value::from(operations.clone()).to_string();
        response["patch"] = STANDARD.encode(patch).into();
        response["patchType"] = "JSONPatch".into();
        // The first version has no warnings.
        if let Some(warning) = warning.as_ref().filter(|_| review.version == V1) {
            response["warnings"] = json!([warning]);
        }
    }
    json!({"apiVersion": review.version, "kind": "AdmissionReview", "response": response})
}

fn refused(version: &str, uid: &str, message: &str) -> Value {
    json!({
        "apiVersion": version,
        "kind": "AdmissionReview",
        "response": {"uid": uid, "allowed": false, "status": {"message": message}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(version: &str) -> Vec<u8> {
        json!({
            "apiVersion": version, "kind": "AdmissionReview",
            "request": {"uid": "u-1", "namespace": "ns", "object": {
                "metadata": {"generateName": "app-"}, "spec": {"serviceAccountName": "sa"},
            }},
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn the_answer_has_the_questions_version_and_uid() {
        for version in [V1, V1BETA1] {
            let review = Review::parse(&body(version)).unwrap();
            assert_eq!(
                (review.service_account(), review.pod_name()),
                ("sa", "app-")
            );
            let told = answer(&review, &Verdict::Unchanged);
            assert_eq!(told["apiVersion"], version);
            assert_eq!(told["response"], json!({"uid": "u-1", "allowed": true}));
        }
    }

    #[test]
    fn a_patch_is_base64_and_a_warning_is_for_v1() {
        let verdict = Verdict::Patched {
            operations: vec![json!({"op": "add", "path": "/a", "value": 1})],
            warning: Some("w".into()),
        };
        for (version, warnings) in [(V1, json!(["w"])), (V1BETA1, Value::Null)] {
            let told = answer(&Review::parse(&body(version)).unwrap(), &verdict);
            let response = &told["response"];
            assert_eq!(response["patchType"], "JSONPatch");
            let patch = STANDARD
                .decode(response["patch"].as_str().unwrap())
                .unwrap();
            assert_eq!(patch, br#"[{"op":"add","path":"/a","value":1}]"#);
            assert_eq!(response["warnings"], warnings);
        }
    }

    #[test]
    fn what_is_no_review_of_a_pod_is_not_let_in() {
        for (text, message) in [
            ("", "bad content"),
            ("{}", "bad content"),
            (r#"{"request": null}"#, "bad content"),
            (r#"{"request": {"object": 5}}"#, "no pod"),
            ("{", "EOF"),
        ] {
            let told = Review::parse(text.as_bytes()).unwrap_err();
            assert_eq!(told["response"]["allowed"], false, "{text}");
            let status = told["response"]["status"]["message"].as_str().unwrap();
            assert!(status.contains(message), "{text}: {status}");
        }
    }
}
