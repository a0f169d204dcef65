//! Uploads by forms that browsers post (S3 API Reference, "Browser-based uploads using POST").
//!
//! The door has read the fields and checked who signed the policy. Here the policy's conditions are held
//! against them, and they become what the headers of a PutObject are: from there on it is one.

mod policy;

use std::collections::BTreeMap;

use door::{Call, Form};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};

use crate::address::Address;
use crate::fault::Fault;
use crate::name::{BucketName, ObjectKey};
use crate::request::{Request, check_headers};
use policy::Policy;

/// Stands for the name of the file.
const FILENAME: &str = "${filename}";

/// Fields that sign the form, and are looked at by the policy only.
const SIGNING: &[&str] = &[
    "policy",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Fields that are headers of PutObject, and their names there.
const HEADERS: &[(&str, &str)] = &[
    ("acl", "x-amz-acl"),
    ("cache-control", "cache-control"),
    ("content-disposition", "content-disposition"),
    ("content-encoding", "content-encoding"),
    ("content-language", "content-language"),
    ("content-md5", "content-md5"),
    ("content-type", "content-type"),
    ("expires", "expires"),
    ("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"),
    ("x-amz-storage-class", "x-amz-storage-class"),
    (
        "x-amz-website-redirect-location",
        "x-amz-website-redirect-location",
    ),
];

/// Beginnings of further fields that are headers of PutObject of the same name.
const HEADER_PREFIXES: &[&str] = &[
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-meta-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
];

/// What a form asks for besides what PutObject knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    /// The tags, as the document that the field has.
    pub(crate) tagging: Option<String>,
    /// How many bytes the file may have.
    pub(crate) size: Size,
    /// What the browser gets.
    pub(crate) success: Success,
}

/// Bounds of a size, both of them allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Fewest bytes.
    pub(crate) least: u64,
    /// Most bytes.
    pub(crate) most: u64,
}

/// The answer to a form that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Success {
    /// 200 or 204, without a body, or 201 with a document.
    Status(StatusCode),
    /// 303 to a page of the form's choice.
    Redirect(String),
}

impl Posted {
    /// Turns the request into the upload of the form's key: address, headers, and what is left of the
    /// form. No header of the HTTP request counts.
    pub(crate) fn read(
        request: &mut Request,
        form: Option<Form>,
        call: &Call,
    ) -> Result<(), Fault> {
        let form = form.ok_or_else(|| {
            Fault::precondition("Bucket POST must be of the enclosure-type multipart/form-data")
        })?;
        let bucket = request.bucket()?.clone();
        let fields = expanded(&form);
        let key = fields.get("key").filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| {
            Fault::argument(
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
                "key",
                "",
            )
        })?;
        let size = match &form.policy {
            Some(policy) => Policy::read(policy)?.check(&fields, &bucket, call.now)?,
            None => Size::ANY,
        };
        check_bucket(&fields, &bucket)?;
        request.address = Address::Object(bucket, ObjectKey::parse(key)?);
        request.headers = headers(&fields)?;
        request.posted = Some(Self {
            tagging: fields.get("tagging").cloned(),
            size,
            success: Success::of(&fields),
        });
        Ok(())
    }
}

impl Size {
    /// No bounds but those of every upload.
    pub(crate) const ANY: Self = Self {
        least: 0,
        most: u64::MAX,
    };
}

impl Success {
    /// A redirect to what is no URL of the web, and a status that isn't one of the three, count as
    /// absent.
    fn of(fields: &BTreeMap<String, String>) -> Self {
        let asked = ["success_action_redirect", "redirect"];
        let target = asked.iter().find_map(|name| fields.get(*name));
        if let Some(target) = target.filter(|target| is_web(target)) {
            return Self::Redirect(target.clone());
        }
        Self::Status(
            match fields.get("success_action_status").map(String::as_str) {
                Some("200") => StatusCode::OK,
                Some("201") => StatusCode::CREATED,
                _ => StatusCode::NO_CONTENT,
            },
        )
    }
}

fn is_web(target: &str) -> bool {
    let absolute = target.split('#').next().unwrap_or_default();
    absolute.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
    })
}

/// The fields with the file's name filled in: the part after the last slash or backslash. Without a name
/// it stays as it is, as S3 has it.
fn expanded(form: &Form) -> BTreeMap<String, String> {
    let name = form.file_name.as_deref();
    let name = name.map(|name| name.rsplit(['/', '\\']).next().unwrap_or_default());
    let fields = form.fields.iter().map(|(field, value)| {
        let value = match name {
            Some(name) if !SIGNING.contains(&field.as_str()) => value.replace(FILENAME, name),
            _ => value.clone(),
        };
        (field.clone(), value)
    });
    fields.collect()
}

/// A form for another bucket isn't for this one.
fn check_bucket(fields: &BTreeMap<String, String>, bucket: &BucketName) -> Result<(), Fault> {
    match fields.get("bucket") {
        Some(named) if named != bucket.as_str() => Err(Fault::denied(format!(
            "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$bucket\", \"{bucket}\"]"
        ))),
        _ => Ok(()),
    }
}

/// The fields as headers. What would be a header that isn't known is refused and not ignored.
fn headers(fields: &BTreeMap<String, String>) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (field, value) in fields {
        let known = HEADERS.iter().find(|(known, _)| known == field);
        let name = match known {
            Some((_, name)) => name,
            None if HEADER_PREFIXES.iter().any(|it| field.starts_with(it)) => field.as_str(),
            None if SIGNING.contains(&field.as_str()) => continue,
            None if field.starts_with("x-amz-") => {
                return Err(Fault::header_not_implemented(field));
            }
            None => continue,
        };
        let invalid = || Fault::argument("A form field is no header.", field.clone(), "");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid())?;
        headers.insert(name, value);
    }
    check_headers(&headers)?;
    Ok(headers)
}

#[cfg(test)]
mod tests;
