//! What differs between the services that check signatures.

/// How a service's protocol treats signatures and words its refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// AWS Query: IAM, STS.
    Query,
    /// AWS JSON: CloudTrail.
    Json,
    /// REST with JSON bodies: EKS. Signed as AWS JSON is; refused with HTTP 403.
    RestJson,
    /// Amazon S3: the path isn't normalised and encoded once, the payload may be unsigned or signed in chunks.
    S3,
}

impl Family {
    /// How far the signer's clock may be off, in seconds: 15 minutes for S3, 5 for all others.
    pub const fn max_skew_seconds(self) -> i64 {
        match self {
            Self::S3 => 15 * 60,
            Self::Query | Self::Json | Self::RestJson => 5 * 60,
        }
    }
}

/// What a signature must be made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The protocol.
    pub family: Family,
    /// The signing name that the scope must have: `iam`, `sts`, `s3` …
    pub service: String,
    /// The region that the scope must have; `None` takes every well-formed one. With a custom endpoint the SDKs sign for the
    /// client's own region, so a self-hosted service can't insist on one.
    pub region: Option<String>,
    /// The resource as Signature Version 2 names it, `/BUCKET/KEY` as it came over the wire; `None` where that version isn't
    /// spoken. It is taken in the query only, never in a header.
    pub v2_resource: Option<String>,
}

impl Rules {
    /// Rules of an AWS Query service (`iam`, `sts`), in any region.
    pub fn query(service: &str) -> Self {
        Self {
            family: Family::Query,
            service: service.to_owned(),
            region: None,
            v2_resource: None,
        }
    }

    /// Rules of an AWS JSON service (`cloudtrail`), in any region.
    pub fn json(service: &str) -> Self {
        Self {
            family: Family::Json,
            service: service.to_owned(),
            region: None,
            v2_resource: None,
        }
    }

    /// Rules of a REST service with JSON bodies (`eks`), in any region.
    pub fn rest_json(service: &str) -> Self {
        Self {
            family: Family::RestJson,
            service: service.to_owned(),
            region: None,
            v2_resource: None,
        }
    }

    /// Rules of S3, in any region.
    pub fn s3() -> Self {
        Self {
            family: Family::S3,
            service: "s3".to_owned(),
            region: None,
            v2_resource: None,
        }
    }
}
