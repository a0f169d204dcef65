//! What an identity provider attested of the workload behind a session: in events, as condition keys, and along a chain of
//! roles.

use session::Session;
use trail::WebIdentityFederation;

/// The pair that names the identity provider in a chained session; its value is an ARN.
const PROVIDER: &str = "provider";
/// The pair that holds the token's subject in a chained session.
const SUBJECT: &str = "sub";
/// The pair that holds the token's id.
const TOKEN_ID: &str = "jti";

/// The pair of a delegated session: the account that it was delegated to.
const DELEGATED_TO: &str = "delegated-to";

/// The condition key of an attested pair. The keys are ours: AWS makes none of these claims a key.
#[must_use]
pub fn attested_key(name: &str) -> String {
    format!("daypass:attested/{name}")
}

/// All that is attested of a session: the provider, the subject, and what else its token said. It is the same for a session
/// that was obtained with the token and for those that follow from it in a chain.
#[must_use]
pub fn attested(session: &Session) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    if let Some(federated) = &session.federated {
        pairs.push((PROVIDER, federated.provider.as_str()));
        // `issuer.example/id/A:sub`, of one value.
        let subject = federated.keys.iter().find(|(key, _)| key.ends_with(":sub"));
        if let Some([subject]) = subject.map(|(_, values)| values.as_slice()) {
            pairs.push((SUBJECT, subject.as_str()));
        }
    }
    let own = session.attested.iter();
    pairs.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
    pairs
}

/// What a session of a chain carries on from the session that it was obtained with.
#[must_use]
pub fn passed_on(parent: &Session) -> Vec<(String, String)> {
    let pairs = attested(parent).into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `webIdFederationData` of a session's events: for a chained session, of the token at the chain's beginning.
pub(crate) fn federation(session: &Session) -> Option<WebIdentityFederation> {
    let pairs = attested(session);
    let provider = pairs.iter().find(|(name, _)| *name == PROVIDER)?.1;
    // Assertions are no web identities (CloudTrail user guide, "webIdFederationData").
    if provider.contains(":saml-provider/") {
        return None;
    }
    Some(WebIdentityFederation {
        provider: provider.to_owned(),
        attributes: attributes(&pairs),
    })
}

/// Attested pairs as `webIdFederationData.attributes` names them: the subject and the token's id as in the token, the
/// objects of Kubernetes under its prefix.
#[must_use]
pub fn attributes(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter().filter(|(name, _)| *name != PROVIDER);
    let named = pairs.map(|(name, value)| match *name {
        SUBJECT | TOKEN_ID | DELEGATED_TO => ((*name).to_owned(), (*value).to_owned()),
        object => (format!("kubernetes.io/{object}"), (*value).to_owned()),
    });
    named.collect()
}
