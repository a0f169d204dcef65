//! CredentialsRequests (`cloudcredential.openshift.io/v1`): what OpenShift's components need of a cloud.

use policy::{DocumentKind, Policy};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::DEFAULT_TOKEN_PATH;
use super::document_field::{Field, WrongField};

const KIND: &str = "CredentialsRequest";
const API_VERSION: &str = "cloudcredential.openshift.io/v1";
const PROVIDER_KIND: &str = "AWSProviderSpec";
/// The cluster deletes such a request itself; it asks for nothing any more.
const DELETED: &str = "release.openshift.io/delete";
/// The request belongs to a set of features that most clusters don't have.
const FEATURE_SET: &str = "release.openshift.io/feature-set";
const TECH_PREVIEW: &str = "TechPreviewNoUpgrade";

/// A component's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsRequest {
    /// `NAMESPACE/NAME` of the request itself, for people.
    pub shown: String,
    /// The namespace of the secret and of the service accounts.
    pub namespace: String,
    /// The secret's name.
    pub secret: String,
    /// Who uses the secret; at least one.
    pub service_accounts: Vec<String>,
    /// Where the token is in the component's pods.
    pub token_path: String,
    /// What the role may do; at least one.
    pub statements: Vec<StatementEntry>,
    /// Whether it names a role that exists (`stsIAMRoleARN`), which the cluster's own operator would use.
    pub names_a_role: bool,
}

/// One statement of the role's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The actions.
    pub actions: Vec<String>,
    /// The resource.
    pub resource: String,
    /// The condition block, passed through.
    pub condition: Option<Map<String, Value>>,
}

/// What a document was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundRequest {
    /// A request to be fulfilled.
    Asked(CredentialsRequest),
    /// A request to be left alone, and why.
    Skipped {
        /// `NAMESPACE/NAME`.
        shown: String,
        /// A clause after "because".
        why: String,
    },
}

/// A file can't be read as CredentialsRequests.
#[derive(Debug, Error)]
pub enum InvalidRequest {
    /// Not YAML.
    #[error("it is not YAML: {0}")]
    Yaml(String),
    /// A document, counted from 1, has something wrong in it.
    #[error("document {place}{}: {wrong}", of(.shown))]
    Field {
        /// Which document. Empty ones are not counted.
        place: usize,
        /// The request's name, if it could be read.
        shown: Option<String>,
        /// What is wrong.
        wrong: WrongField,
    },
}

fn of(shown: &Option<String>) -> String {
    let shown = shown.as_ref().map(|shown| format!(" ({shown})"));
    shown.unwrap_or_default()
}

/// Reads the requests of a file: YAML of one or more documents, or JSON. With `tech_preview`, those of the feature set
/// `TechPreviewNoUpgrade` are asked for too.
///
/// # Errors
/// [`InvalidRequest`] for the first document that isn't a request or lacks something.
pub fn credentials_requests(
    text: &str,
    tech_preview: bool,
) -> Result<Vec<FoundRequest>, InvalidRequest> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)
        .map_err(|error| InvalidRequest::Yaml(error.without_snippet().to_string()))?;
    let numbered = documents.iter().enumerate();
    let read = numbered.map(|(place, document)| {
        let root = Field::root(document);
        found(&root, tech_preview).map_err(|wrong| InvalidRequest::Field {
            place: place + 1,
            shown: shown(&root).ok(),
            wrong,
        })
    });
    read.collect()
}

fn shown(root: &Field<'_>) -> Result<String, WrongField> {
    let metadata = root.get("metadata")?;
    let name = metadata.get("name")?.text()?;
    Ok(match metadata.get("namespace")?.text_or_none()? {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    })
}

fn found(root: &Field<'_>, tech_preview: bool) -> Result<FoundRequest, WrongField> {
    let kind = root.get("kind")?;
    if kind.text()? != KIND {
        let told = format!("is `{}`, and only `{KIND}` is taken", kind.text()?);
        return Err(kind.wrong(told));
    }
    let version = root.get("apiVersion")?;
    if version.text()? != API_VERSION {
        let told = format!(
            "is `{}`, and only `{API_VERSION}` is known",
            version.text()?
        );
        return Err(version.wrong(told));
    }
    let shown = shown(root)?;
    if let Some(why) = skipped(root, tech_preview)? {
        return Ok(FoundRequest::Skipped { shown, why });
    }
    let spec = root.get("spec")?;
    let secret = spec.get("secretRef")?;
    let accounts = spec.get("serviceAccountNames")?;
    let names = accounts.list()?;
    if names.is_empty() {
        return Err(
            accounts.wrong("is empty: the role's trust policy has to name service accounts")
        );
    }
    let names = names.iter().map(kubernetes_name);
    let provider = spec.get("providerSpec")?;
    let kind = provider.get("kind")?;
    if kind.text()? != PROVIDER_KIND {
        return Err(kind.wrong(format!(
            "is `{}`, which is another cloud's; `oc adm release extract --credentials-requests \
             --cloud=aws` extracts those for AWS",
            kind.text()?
        )));
    }
    let request = CredentialsRequest {
        shown,
        namespace: kubernetes_name(&secret.get("namespace")?)?,
        secret: kubernetes_name(&secret.get("name")?)?,
        service_accounts: names.collect::<Result<_, _>>()?,
        token_path: token_path(&spec.get("cloudTokenPath")?)?,
        statements: statements(&provider.get("statementEntries")?)?,
        names_a_role: provider.get("stsIAMRoleARN")?.text_or_none()?.is_some(),
    };
    Ok(FoundRequest::Asked(request))
}

/// Why a request is left alone.
fn skipped(root: &Field<'_>, tech_preview: bool) -> Result<Option<String>, WrongField> {
    let annotations = root.get("metadata")?.get("annotations")?;
    let Some(annotations) = annotations.members()? else {
        return Ok(None);
    };
    let value = |name| {
        annotations.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    if value(DELETED).as_deref() == Some("true") {
        return Ok(Some("it is marked for deletion in the cluster".to_owned()));
    }
    Ok(match value(FEATURE_SET) {
        Some(set) if !tech_preview => Some(format!(
            "it belongs to the feature set {set} (--enable-tech-preview takes {TECH_PREVIEW})"
        )),
        Some(set) if set != TECH_PREVIEW => Some(format!("it belongs to the feature set {set}")),
        _ => None,
    })
}

/// A name as Kubernetes has them for namespaces, secrets and service accounts. It goes into a policy, a YAML text and a file
/// name, so nothing else may be in it (Kubernetes, "Object Names and IDs": DNS subdomain names).
fn kubernetes_name(field: &Field<'_>) -> Result<String, WrongField> {
    let text = field.text()?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|byte| fits(*byte))
            && bytes.last().is_some_and(|byte| fits(*byte))
            && bytes.iter().all(|byte| fits(*byte) || *byte == b'-')
    };
    match text.len() <= 253 && text.split('.').all(label) {
        true => Ok(text.to_owned()),
        false => Err(field.wrong(format!("is `{text}`, which is no name in Kubernetes"))),
    }
}

/// A path in a pod; it goes into a file with one value a line.
fn token_path(field: &Field<'_>) -> Result<String, WrongField> {
    let Some(path) = field.text_or_none()? else {
        return Ok(DEFAULT_TOKEN_PATH.to_owned());
    };
    let plain = path.chars().all(|c| !c.is_control() && !c.is_whitespace());
    match plain && path.starts_with('/') {
        true => Ok(path.to_owned()),
        false => Err(field.wrong("is no absolute path without blanks")),
    }
}

fn statements(field: &Field<'_>) -> Result<Vec<StatementEntry>, WrongField> {
    let entries = field.list()?;
    if entries.is_empty() {
        return Err(field.wrong("is empty: a role's policy needs a statement"));
    }
    entries.iter().map(statement).collect()
}

fn statement(field: &Field<'_>) -> Result<StatementEntry, WrongField> {
    let actions = field.get("action")?.list()?;
    let actions = actions.iter().map(|action| Ok(action.text()?.to_owned()));
    let entry = StatementEntry {
        effect: field.get("effect")?.text()?.to_owned(),
        actions: actions.collect::<Result<_, _>>()?,
        resource: field.get("resource")?.text()?.to_owned(),
        condition: field.get("policyCondition")?.members()?.cloned(),
    };
    // What IAM would refuse is told before anything is made of it, and where it stands.
    let alone = json!({"Version": "2012-10-17", "Statement": [entry.to_json()]});
    match Policy::parse(DocumentKind::Identity, &alone.to_string()) {
        Ok(_) => Ok(entry),
        Err(invalid) => Err(field.wrong(format!("can't be in a policy: {invalid}"))),
    }
}

impl StatementEntry {
    /// The statement as it stands in a policy.
    pub(super) fn to_json(&self) -> Value {
        let mut statement = json!({
            "Effect": self.effect,
            "Action": self.actions,
            "Resource": self.resource,
        });
        if let Some(condition) = self.condition.as_ref().filter(|it| !it.is_empty()) {
            statement["Condition"] = Value::Object(condition.clone());
        }
        statement
    }
}

#[cfg(test)]
mod tests;
