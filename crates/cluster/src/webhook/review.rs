//! AdmissionReview, `admission.k8s.io/v1` and `v1beta1`: the question and the answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The first version, for what can't be read.
const V1BETA1: &str = "admission.k8s.io/v1beta1";
const V1: &str = "admission.k8s.io/v1";

/// The most values in a pod's JSON. One that a cluster can store, 1.5 MB, has a fraction of them; memory is taken by
/// the value.
const MOST_VALUES: usize = 200_000;

/// A pod that is being created.
#[derive(Debug, Clone)]
pub struct Review<'a> {
    version: &'static str,
    uid: String,
    /// The namespace; the pod itself need not say it.
    pub namespace: String,
    /// Whether nothing will come of it.
    pub dry_run: bool,
    /// The pod, as it was sent.
    object: &'a RawValue,
    head: Pod,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    api_version: Option<String>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    uid: Option<String>,
    namespace: Option<String>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    dry_run: Option<bool>,
}

/// What is asked of every pod.
#[derive(Debug, Clone, Deserialize)]
struct Pod {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    generate_name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    service_account_name: Option<String>,
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

impl<'a> Review<'a> {
    /// Reads a request's body.
    ///
    /// # Errors
    /// The answer to a body that is none: the pod is not let in, and the message says why.
    pub fn parse(body: &'a [u8]) -> Result<Self, Value> {
        if body.is_empty() {
            return Err(refused(V1BETA1, "", "bad content"));
        }
        let review: Envelope<'_> = serde_json::from_slice(body)
            .map_err(|error| refused(V1BETA1, "", &error.to_string()))?;
        let version = match review.api_version.as_deref() {
            Some(V1) => V1,
            _ => V1BETA1,
        };
        let Some(request) = review.request else {
            return Err(refused(version, "", "bad content"));
        };
        let uid = request.uid.unwrap_or_default();
        let read = request
            .object
            .map(|it| (it, serde_json::from_str(it.get())));
        let (object, head) = match read {
            Some((object, Ok(head))) => (object, head),
            Some((_, Err(error))) => {
                let message = format!("the object of the request is no pod: {error}");
                return Err(refused(version, &uid, &message));
            }
            None => {
                return Err(refused(
                    version,
                    &uid,
                    "the object of the request is no pod",
                ));
            }
        };
        Ok(Self {
            version,
            uid,
            namespace: request.namespace.unwrap_or_default(),
            dry_run: request.dry_run.unwrap_or(false),
            object,
            head,
        })
    }

    /// What tells it from all other reviews.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The whole pod; `None` if it is larger or deeper than any that a cluster can store.
    #[must_use]
    pub fn pod(&self) -> Option<Value> {
        let text = self.object.get();
        if values(text) > MOST_VALUES {
            return None;
        }
        serde_json::from_str(text).ok()
    }

    /// The pod's service account, as it was sent; the API server has put `default` where there
    /// was none.
    #[must_use]
    pub fn service_account(&self) -> &str {
        let spec = self.head.spec.as_ref();
        let name = spec.and_then(|it| it.service_account_name.as_deref());
        name.unwrap_or_default()
    }

    /// The pod's name, or what it is generated from.
    #[must_use]
    pub fn pod_name(&self) -> &str {
        let metadata = self.head.metadata.as_ref();
        let name = metadata.and_then(|it| it.name.as_deref().or(it.generate_name.as_deref()));
        name.unwrap_or_default()
    }
}

/// How many values a JSON text has at most: one, and one for each sign that another may follow.
fn values(json: &str) -> usize {
    let (mut values, mut quoted, mut escaped) = (1, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' | b',' if !quoted => values += 1,
            _ => {}
        }
    }
    values
}

/// The answer to a review.
#[must_use]
pub fn answer(review: &Review<'_>, verdict: &Verdict) -> Value {
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
            let body = body(version);
            let review = Review::parse(&body).unwrap();
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
            let body = body(version);
            let told = answer(&Review::parse(&body).unwrap(), &verdict);
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
    fn a_pod_that_no_cluster_could_store_is_not_read() {
        let review = |spec: &str| format!(r#"{{"request": {{"object": {{"spec": {spec}}}}}}}"#);
        let small = review(r#"{"a": [1, {"b": ",,[{\\\""}]}"#);
        let review_of_it = Review::parse(small.as_bytes()).unwrap();
        assert_eq!(values(review_of_it.object.get()), 6);
        assert!(review_of_it.pod().is_some());
        let many = review(&format!("[{}1]", r#"{"a":0},"#.repeat(MOST_VALUES / 2)));
        let many = many.replace(r#"{"spec": "#, r#"{"x": "#);
        assert_eq!(Review::parse(many.as_bytes()).unwrap().pod(), None);
        let deep = format!(r#"{{"x": {}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        let deep = review(&deep);
        assert_eq!(Review::parse(deep.as_bytes()).unwrap().pod(), None);
    }

    #[test]
    fn what_is_no_review_of_a_pod_is_not_let_in() {
        for (text, message) in [
            ("", "bad content"),
            ("{}", "bad content"),
            (r#"{"request": null}"#, "bad content"),
            (r#"{"request": {"object": 5}}"#, "no pod"),
            ("{", "EOF"),
            (r#"{"request": {"object": {"spec": []}}}"#, "no pod"),
            (
                r#"{"request": {"object": {"spec": {"serviceAccountName": 5}}}}"#,
                "no pod",
            ),
            (r#"{"request": {}, "request": {}}"#, "duplicate"),
        ] {
            let told = Review::parse(text.as_bytes()).unwrap_err();
            assert_eq!(told["response"]["allowed"], false, "{text}");
            let status = told["response"]["status"]["message"].as_str().unwrap();
            assert!(status.contains(message), "{text}: {status}");
        }
    }
}
