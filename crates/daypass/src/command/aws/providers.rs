//! OIDC providers, and keys that are pushed for them.

use anyhow::Result;
use cluster::manifests::{MANAGED_BY, MANAGER};
use serde_json::Value;

use super::{Aws, Tags, parameter, tag_parameters, tags, texts};

/// The name of the parameter that all of them have.
const ARN: &str = "OpenIDConnectProviderArn";

/// A registered issuer.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) client_ids: Vec<String>,
    pub(crate) thumbprints: Vec<String>,
    pub(crate) tags: Tags,
}

impl Provider {
    /// Whether this program made it.
    pub(crate) fn is_ours(&self) -> bool {
        self.tags.get(MANAGED_BY).is_some_and(|it| it == MANAGER)
    }
}

impl Aws {
    pub(crate) async fn provider(&self, arn: &str) -> Result<Option<Provider>> {
        let found = self.find("iam", "GetOpenIDConnectProvider", vec![parameter(ARN, arn)]);
        Ok(found.await?.map(|it| Provider {
            client_ids: texts(&it, "ClientIDList"),
            thumbprints: texts(&it, "ThumbprintList"),
            tags: tags(&it),
        }))
    }

    pub(crate) async fn create_provider(
        &self,
        url: &str,
        client_ids: &[&str],
        thumbprints: &[String],
        tags: &[(&str, &str)],
    ) -> Result<()> {
        let mut parameters = vec![parameter("Url", url)];
        for (place, id) in client_ids.iter().enumerate() {
            parameters.push(parameter(&format!("ClientIDList.member.{}", place + 1), id));
        }
        parameters.extend(members(thumbprints));
        parameters.extend(tag_parameters(tags.iter().copied()));
        self.call("iam", "CreateOpenIDConnectProvider", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn add_client_id(&self, arn: &str, id: &str) -> Result<()> {
        let parameters = vec![parameter(ARN, arn), parameter("ClientID", id)];
        self.call("iam", "AddClientIDToOpenIDConnectProvider", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn remove_client_id(&self, arn: &str, id: &str) -> Result<()> {
        let parameters = vec![parameter(ARN, arn), parameter("ClientID", id)];
        self.call("iam", "RemoveClientIDFromOpenIDConnectProvider", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn set_thumbprints(&self, arn: &str, thumbprints: &[String]) -> Result<()> {
        let mut parameters = vec![parameter(ARN, arn)];
        parameters.extend(members(thumbprints));
        self.call("iam", "UpdateOpenIDConnectProviderThumbprint", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn tag_provider(&self, arn: &str, key: &str, value: &str) -> Result<()> {
        let mut parameters = vec![parameter(ARN, arn)];
        parameters.extend(tag_parameters([(key, value)]));
        self.call("iam", "TagOpenIDConnectProvider", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn untag_provider(&self, arn: &str, key: &str) -> Result<()> {
        let parameters = vec![parameter(ARN, arn), parameter("TagKeys.member.1", key)];
        self.call("iam", "UntagOpenIDConnectProvider", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn delete_provider(&self, arn: &str) -> Result<()> {
        self.call(
            "iam",
            "DeleteOpenIDConnectProvider",
            vec![parameter(ARN, arn)],
        )
        .await?;
        Ok(())
    }

    /// The ids of the keys that were pushed; none if keys are fetched from the issuer.
    pub(crate) async fn pushed_keys(&self, arn: &str) -> Result<Vec<String>> {
        let answer = self.call(
            "daypass",
            "ListOpenIDConnectProviderKeys",
            vec![parameter(ARN, arn)],
        );
        let answer = answer.await?;
        let keys = answer.get("Keys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten();
        Ok(keys.map(|key| super::text(key, "KeyId")).collect())
    }

    pub(crate) async fn push_keys(&self, arn: &str, key_set: &str) -> Result<()> {
        let parameters = vec![parameter(ARN, arn), parameter("KeySet", key_set)];
        self.call("daypass", "PushOpenIDConnectProviderKeys", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn delete_keys(&self, arn: &str) -> Result<()> {
        self.call(
            "daypass",
            "DeleteOpenIDConnectProviderKeys",
            vec![parameter(ARN, arn)],
        )
        .await?;
        Ok(())
    }
}

fn members(thumbprints: &[String]) -> impl Iterator<Item = (String, String)> {
    let numbered = thumbprints.iter().enumerate();
    numbered.map(|(place, it)| (format!("ThumbprintList.member.{}", place + 1), it.clone()))
}
