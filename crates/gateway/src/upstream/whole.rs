//! A short object of the upstream, for the server itself.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::send::{Outgoing, Payload};
use crate::Gateway;
use crate::fault::Fault;
use crate::name::ObjectKey;

impl Gateway {
    /// The bytes of an object that has at most `most` of them.
    ///
    /// # Errors
    /// Why it can't be had, for the log.
    pub(crate) async fn upstream_document(
        &self,
        bucket: &str,
        key: &ObjectKey,
        most: u64,
    ) -> Result<Vec<u8>, String> {
        let told = |fault: Fault| fault.reason().unwrap_or(fault.text()).to_owned();
        let outgoing = Outgoing::new(Method::GET, bucket, Some(key));
        let upstream = self.upstream().map_err(told)?;
        let answer = upstream.send(&outgoing, Payload::Whole(Bytes::new()));
        let answer = answer.await.map_err(told)?;
        match answer.status {
            StatusCode::OK if answer.length().is_some_and(|length| length <= most) => {
                answer.read().await.map(Into::into).map_err(told)
            }
            StatusCode::OK => Err(format!("it has more than {most} bytes")),
            StatusCode::NOT_FOUND => Err("there is no such object in the bucket".to_owned()),
            status => Err(format!(
                "the upstream store answers HTTP {}",
                status.as_u16()
            )),
        }
    }
}
