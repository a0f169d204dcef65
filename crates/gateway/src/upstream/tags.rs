//! Tags of an object that the upstream has, where a decision depends on them.

use http::{Method, StatusCode};
use s3s::dto;

use super::Upstream;
use super::query::push;
use super::refusal::Refused;
use super::send::{Outgoing, Payload};
use crate::fault::Fault;
use crate::name::ObjectKey;
use crate::operation::Operation;
use crate::request::{tags_of, xml};
use crate::tags::{OBJECT_TAGS, Tags};

impl Upstream {
    /// The tags of an object; `None` if there is no such object. One in a store that knows no tags has none.
    pub(super) async fn tags(
        &self,
        bucket: (&str, &str),
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<Option<Tags>, Fault> {
        let mut query = String::new();
        push(&mut query, "tagging", "");
        if let Some(version) = version {
            push(&mut query, "versionId", version);
        }
        let outgoing = Outgoing::new(Method::GET, bucket.0, Some(key)).query(query);
        let answer = self
            .send(&outgoing, Payload::Whole(bytes::Bytes::new()))
            .await?;
        match answer.status {
            StatusCode::OK => {
                let document = answer.read().await?;
                let damaged = |_| Fault::unavailable("the upstream store's tags can't be read");
                let tagging: dto::Tagging = xml(&document).map_err(damaged)?;
                tags_of(tagging.tag_set, OBJECT_TAGS)
                    .map(Some)
                    .map_err(damaged)
            }
            StatusCode::NOT_IMPLEMENTED => Ok(Some(Tags::default())),
            // A delete marker has none, and can't be read either.
            StatusCode::METHOD_NOT_ALLOWED => Ok(None),
            _ => {
                let refused = Refused {
                    operation: Operation::GetObjectTagging,
                    versioned: version.is_some(),
                    bucket,
                };
                let fault = self.refused(&Method::GET, answer, refused).await;
                match fault.code().name() {
                    "NoSuchKey" | "NoSuchVersion" => Ok(None),
                    "NoSuchTagSet" => Ok(Some(Tags::default())),
                    _ => Err(fault),
                }
            }
        }
    }
}
