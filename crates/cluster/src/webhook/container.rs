//! What is added to one container.

use serde_json::{Value, json};

use super::{CaBundle, Injection, Method, Settings, windows};

/// The most characters of a session's name (STS API Reference, `RoleSessionName`).
const LONGEST_NAME: usize = 64;

/// Variables and mounts that are added to a container, in their order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Additions {
    pub(super) env: Vec<Value>,
    pub(super) mounts: Vec<Value>,
}

/// The same for all containers of a pod.
pub(super) struct Plan<'a> {
    pub(super) injection: &'a Injection,
    pub(super) settings: &'a Settings,
    pub(super) for_windows: bool,
    /// Whether the pod's name can be a session's.
    pub(super) pod_name_fits: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(injection: &'a Injection, settings: &'a Settings, pod: &Value) -> Self {
        // A name that is generated has at most 63 characters (Kubernetes, `names.go`).
        let name = pod.pointer("/metadata/name").and_then(Value::as_str);
        Self {
            injection,
            settings,
            for_windows: pod.get("spec").is_some_and(windows::is_for_windows),
            pod_name_fits: name.is_none_or(|name| name.len() <= LONGEST_NAME),
        }
    }

    /// The token's volume: its name, the token's file in it, where it is mounted, whom the token
    /// is for.
    pub(super) fn token(&self) -> Token<'_> {
        match &self.injection.method {
            Method::WebIdentity { audience, .. } => Token {
                volume: "aws-iam-token",
                file: "token",
                mount_path: &self.settings.mount_path,
                audience,
            },
            Method::PodIdentity => {
                let settings = &self.settings.pod_identity;
                Token {
                    volume: &settings.volume_name,
                    file: &settings.token_path,
                    mount_path: &settings.mount_path,
                    audience: &settings.audience,
                }
            }
        }
    }

    /// The two variables by which an SDK finds its credentials.
    fn identity(&self) -> [(&'static str, String); 2] {
        let token = self.token();
        let file = self.path(&format!("{}/{}", token.mount_path, token.file));
        match &self.injection.method {
            Method::WebIdentity { role_arn, .. } => [
                ("AWS_ROLE_ARN", role_arn.clone()),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", file),
            ],
            Method::PodIdentity => [
                (
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    self.settings.pod_identity.full_uri.clone(),
                ),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file),
            ],
        }
    }

    fn path(&self, unix: &str) -> String {
        match self.for_windows {
            true => windows::path(unix),
            false => unix.to_owned(),
        }
    }

    /// What is added to a container. One that has identity, region and the choice of endpoint
    /// already is left alone.
    pub(super) fn additions(&self, container: &Value) -> Additions {
        const STS: &str = "AWS_STS_REGIONAL_ENDPOINTS";
        let has = |name: &str| has_named(container, "env", name);
        let identity = self.identity();
        let has_identity = identity.iter().any(|(name, _)| has(name));
        let has_region = has("AWS_REGION") || has("AWS_DEFAULT_REGION");
        let mut added = Additions::default();
        if has_identity && has_region && has(STS) {
            return added;
        }
        let mut set =
            |name: &str, value: &str| added.env.push(json!({"name": name, "value": value}));
        if self.injection.regional_sts && !has(STS) {
            set(STS, "regional");
        }
        if let Some(region) = self.settings.region.as_deref().filter(|_| !has_region) {
            set("AWS_DEFAULT_REGION", region);
            set("AWS_REGION", region);
        }
        if !has_identity {
            for (name, value) in &identity {
                set(name, value);
            }
        }
        if let Some(endpoint) = self.injection.endpoint.as_deref()
            && !has("AWS_ENDPOINT_URL")
        {
            set("AWS_ENDPOINT_URL", endpoint);
        }
        let ca = self.injection.ca_bundle.as_ref();
        let ca = ca.filter(|_| !has("AWS_CA_BUNDLE"));
        if ca.is_some() {
            let file = self.path(&format!("{}/ca.crt", CaBundle::MOUNT_PATH));
            set("AWS_CA_BUNDLE", &file);
        }
        let by_token = matches!(self.injection.method, Method::WebIdentity { .. }) && !has_identity;
        let named = self.settings.session_name_from_pod && self.pod_name_fits;
        if named && by_token && !has("AWS_ROLE_SESSION_NAME") {
            added.env.push(json!({
                "name": "AWS_ROLE_SESSION_NAME",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
            }));
        }
        let token = self.token();
        let mut mount = |volume: &str, path: &str| {
            if !has_named(container, "volumeMounts", volume) {
                added
                    .mounts
                    .push(json!({"name": volume, "readOnly": true, "mountPath": path}));
            }
        };
        mount(token.volume, token.mount_path);
        if ca.is_some() {
            mount(CaBundle::VOLUME, CaBundle::MOUNT_PATH);
        }
        added
    }
}

/// A projected token.
pub(super) struct Token<'a> {
    pub(super) volume: &'a str,
    pub(super) file: &'a str,
    pub(super) mount_path: &'a str,
    pub(super) audience: &'a str,
}

/// Whether a list of named things has one of this name.
pub(super) fn has_named(owner: &Value, list: &str, name: &str) -> bool {
    let things = owner.get(list).and_then(Value::as_array);
    let mut things = things.into_iter().flatten();
    things.any(|it| it.get("name").and_then(Value::as_str) == Some(name))
}
