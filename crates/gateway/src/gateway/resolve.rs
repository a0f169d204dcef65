//! The objects that a request reads.

use std::io;

use super::no_bucket;
use crate::Gateway;
use crate::download_body::Content;
use crate::fault::Fault;
use crate::handler::{Context, Resolved};
use crate::name::ObjectKey;
use crate::operation::Operation;
use crate::store::{Bucket, Files, Found, Object, VersionId};
use crate::upload_body::blocking;

/// How often a lookup is repeated when the object is replaced under it.
const ATTEMPTS: usize = 8;

impl Gateway {
    /// Looks up the objects that the request reads, and opens the one whose bytes it needs:
    /// what is decided over is then what is sent, whoever replaces the object meanwhile.
    pub(super) async fn resolve(&self, cx: &Context<'_>) -> Result<Resolved, Fault> {
        use Operation as O;
        let mut resolved = Resolved::default();
        let request = cx.request;
        match request.operation {
            O::GetObject => {
                let bucket = cx.bucket()?;
                if let Ok(version) = request.version() {
                    let open = Content::open;
                    let found = self.opened(bucket, request.key()?, version, open).await?;
                    (resolved.object, resolved.content) = found;
                }
            }
            O::HeadObject
            | O::GetObjectAttributes
            | O::GetObjectAcl
            | O::PutObjectAcl
            | O::GetObjectTagging
            | O::PutObjectTagging
            | O::DeleteObjectTagging => {
                let bucket = cx.bucket()?;
                if let Ok(version) = request.version() {
                    resolved.object = self.store.find(bucket, request.key()?, version).await?;
                }
            }
            O::CopyObject | O::UploadPartCopy => {
                if let Some(from) = &request.source {
                    let bucket = self
                        .store
                        .bucket(&from.bucket)
                        .ok_or_else(|| no_bucket(cx.call, &from.bucket))?;
                    if let Ok(version) = from.version() {
                        let open = |files: &Files, object: &Object| files.read(object.file);
                        let found = self.opened(&bucket, &from.key, version, open).await?;
                        (resolved.source, resolved.file) = found;
                    }
                }
            }
            _ => {}
        }
        Ok(resolved)
    }

    /// A version of an object, and its bytes as `open` gets at them.
    pub(crate) async fn opened<T: Send + 'static>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
        open: fn(&Files, &Object) -> io::Result<T>,
    ) -> Result<(Found, Option<T>), Fault> {
        for _ in 0..ATTEMPTS {
            let found = self.store.find(bucket, key, version).await?;
            let Found::Object(object) = &found else {
                return Ok((found, None));
            };
            let files = self.store.files().clone();
            let wanted = object.clone();
            let opened = blocking(move || match open(&files, &wanted) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                opened => opened.map(Some),
            });
            if let Some(bytes) = opened.await? {
                return Ok((found, Some(bytes)));
            }
        }
        Err(Fault::internal("the file of an object is missing", key))
    }
}
