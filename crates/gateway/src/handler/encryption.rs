//! The default encryption: put, get, delete.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use super::configuration::changed;
use crate::encryption::{AES256, Storage};
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::{Input, xml};
use crate::store::{Configuration, DefaultEncryption};

/// What every object is encrypted with, as at AWS where each bucket has this since 2023; nothing
/// if the storage is not known to be encrypted.
pub(super) fn get_encryption(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    if cx.storage == Storage::Plain {
        return Err(Fault::bucket(Code::EncryptionNotFound, &bucket.name));
    }
    let put = bucket.configurations.encryption;
    Reply::xml(&dto::ServerSideEncryptionConfiguration {
        rules: vec![dto::ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(dto::ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: AES256.to_owned().into(),
            }),
            bucket_key_enabled: Some(put.is_some_and(|put| put.bucket_key)),
        }],
    })
}

/// Takes the encryption that there is, and no other.
pub(super) async fn put_encryption(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let wanted: dto::ServerSideEncryptionConfiguration = xml(&input.bytes)?;
    let malformed = || Fault::new(Code::MalformedXml);
    let [rule] = wanted.rules.as_slice() else {
        return Err(malformed());
    };
    let default = rule.apply_server_side_encryption_by_default.as_ref();
    let default = default.ok_or_else(malformed)?;
    let refused = |message: &str| Err(Fault::new(Code::NotImplemented).message(message));
    match (cx.storage, default.sse_algorithm.as_str()) {
        (Storage::Encrypted, AES256) if default.kms_master_key_id.is_some() => {
            return Err(Fault::new(Code::InvalidArgument).message(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ));
        }
        (Storage::Encrypted, AES256) => {}
        (Storage::Plain, AES256) => {
            return refused(
                "The server does not encrypt objects. If its data directory is on storage that is encrypted with AES-256, the operator says so with `daypass serve --s3-encrypted-storage`.",
            );
        }
        (_, "aws:kms" | "aws:kms:dsse") => {
            return refused("Encryption with keys of KMS is not implemented.");
        }
        _ => return Err(malformed()),
    }
    let encryption = Configuration::Encryption(Some(DefaultEncryption {
        bucket_key: rule.bucket_key_enabled.unwrap_or(false),
    }));
    let outcome = cx.store.set_configuration(cx.bucket()?, encryption).await?;
    changed(cx, outcome, StatusCode::OK)
}

/// Back to what a bucket has without it, which encrypts no differently.
pub(super) async fn delete_encryption(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let none = Configuration::Encryption(None);
    let outcome = cx.store.set_configuration(cx.bucket()?, none).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}
