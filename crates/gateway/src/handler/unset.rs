//! Configurations that no bucket has: what S3 says of one that was never put. Terraform and others
//! read all of them.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::outline;
use crate::reply::Reply;
use crate::request::{Input, xml};

/// Reads one, or removes it, which changes nothing.
pub(super) fn read(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    use Operation as O;
    let none = |code: Code| Err(Fault::bucket(code, &cx.bucket()?.name));
    match cx.request.operation {
        O::GetBucketWebsite => none(Code::NoSuchWebsite),
        O::GetBucketReplication => none(Code::ReplicationNotFound),
        O::GetObjectLockConfiguration => none(Code::ObjectLockNotFound),
        O::GetAnalyticsConfiguration
        | O::GetInventoryConfiguration
        | O::GetMetricsConfiguration
        | O::GetIntelligentTieringConfiguration => none(Code::NoSuchConfiguration),
        O::ListAnalyticsConfigurations => {
            Reply::xml(&dto::ListBucketAnalyticsConfigurationsOutput {
                is_truncated: Some(false),
                ..Default::default()
            })
        }
        O::ListInventoryConfigurations => {
            Reply::xml(&dto::ListBucketInventoryConfigurationsOutput {
                is_truncated: Some(false),
                ..Default::default()
            })
        }
        O::ListMetricsConfigurations => Reply::xml(&dto::ListBucketMetricsConfigurationsOutput {
            is_truncated: Some(false),
            ..Default::default()
        }),
        O::ListIntelligentTieringConfigurations => {
            Reply::xml(&dto::ListBucketIntelligentTieringConfigurationsOutput {
                is_truncated: Some(false),
                ..Default::default()
            })
        }
        O::GetObjectRetention | O::GetObjectLegalHold => Err(Fault::invalid_request(
            "Bucket is missing Object Lock Configuration",
        )),
        O::GetBucketLogging => Reply::xml(&dto::BucketLoggingStatus::default()),
        O::GetBucketNotification => Reply::xml(&dto::NotificationConfiguration::default()),
        O::GetAccelerateConfiguration => {
            Reply::xml(&dto::GetBucketAccelerateConfigurationOutput::default())
        }
        O::GetBucketRequestPayment => Reply::xml(&dto::GetBucketRequestPaymentOutput {
            payer: Some(dto::Payer::BUCKET_OWNER.to_owned().into()),
        }),
        O::DeleteBucketWebsite | O::DeleteBucketReplication => {
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(Fault::new(Code::NotImplemented)),
    }
}

/// Takes what every bucket has, and nothing else.
pub(super) fn put(cx: &Context<'_>, _: &Permit, input: &Input) -> Result<Reply, Fault> {
    use Operation as O;
    let body = &input.bytes;
    let (same, what) = match cx.request.operation {
        O::PutBucketLogging => {
            xml::<dto::BucketLoggingStatus>(body)?;
            let none = outline::check(body, &[("BucketLoggingStatus", &[])]);
            (none.is_ok(), "Access logs in a bucket are")
        }
        O::PutBucketNotification => {
            xml::<dto::NotificationConfiguration>(body)?;
            let none = outline::check(body, &[("NotificationConfiguration", &[])]);
            (none.is_ok(), "Notifications are")
        }
        O::PutBucketRequestPayment => {
            let wanted: dto::RequestPaymentConfiguration = xml(body)?;
            match wanted.payer.as_str() {
                dto::Payer::BUCKET_OWNER => (true, ""),
                dto::Payer::REQUESTER => (false, "Payment by the requester is"),
                _ => return Err(Fault::new(Code::MalformedXml)),
            }
        }
        _ => (false, "This operation is"),
    };
    if same {
        Ok(Reply::empty(StatusCode::OK))
    } else {
        Err(Fault::new(Code::NotImplemented).message(format!("{what} not implemented.")))
    }
}
