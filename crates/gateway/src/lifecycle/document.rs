//! Rules as clients write and read them.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use s3s::dto;
use uuid::Uuid;

use super::{Expiration, Filter, Lifecycle, MinimumSize, Noncurrent, Rule, Scope};
use crate::fault::{Code, Fault};
use crate::reply::xml_time;
use crate::request::xml;

/// Most rules of a bucket.
const MOST_RULES: usize = 1000;
/// Longest id of a rule.
const LONGEST_ID: usize = 255;
/// Longest prefix: no key is longer.
const LONGEST_PREFIX: usize = 1024;
/// Largest size that a filter can name: 50 TB and no object is larger.
const LARGEST: i64 = 1_099_511_627_776_000;
const DAY: i64 = 24 * 60 * 60;

impl Lifecycle {
    /// Reads what PutBucketLifecycleConfiguration is given: its document, and its
    /// `x-amz-transition-default-minimum-object-size`.
    ///
    /// # Errors
    /// `MalformedXML`, `InvalidRequest`, `InvalidArgument` in S3's words; `NotImplemented` for
    /// changes of the storage class.
    pub(crate) fn parse(document: &[u8], minimum_size: Option<&str>) -> Result<Self, Fault> {
        let minimum_size = match minimum_size {
            None | Some("all_storage_classes_128K") => MinimumSize::All128K,
            Some("varies_by_storage_class") => MinimumSize::Varies,
            Some(other) => {
                return Err(Fault::invalid_request(format!(
                    "Invalid TransitionDefaultMinimumObjectSize found: {other}"
                )));
            }
        };
        let read: dto::BucketLifecycleConfiguration = xml(document)?;
        if read.rules.len() > MOST_RULES {
            return Err(Fault::invalid_request(
                "The number of lifecycle rules must not exceed the allowed limit of 1000 rules.",
            ));
        }
        one_form(&read.rules)?;
        let rules = read.rules.into_iter().map(rule);
        let rules = rules.collect::<Result<Vec<_>, _>>()?;
        let mut ids = HashSet::new();
        if !rules.iter().all(|rule| ids.insert(rule.id.as_str())) {
            return Err(Fault::new(Code::InvalidArgument)
                .message("Rule ID must be unique. Found same ID for more than one rule"));
        }
        apart(&rules)?;
        Ok(Self {
            rules,
            minimum_size,
        })
    }

    /// What GetBucketLifecycleConfiguration answers.
    pub(crate) fn document(&self) -> dto::GetBucketLifecycleConfigurationOutput {
        dto::GetBucketLifecycleConfigurationOutput {
            rules: Some(self.rules.iter().map(written).collect()),
            ..dto::GetBucketLifecycleConfigurationOutput::default()
        }
    }

    /// `x-amz-transition-default-minimum-object-size`.
    pub(crate) fn minimum_size(&self) -> &'static str {
        match self.minimum_size {
            MinimumSize::All128K => "all_storage_classes_128K",
            MinimumSize::Varies => "varies_by_storage_class",
        }
    }
}

/// A document has rules of the older form, with a prefix, or of the newer one, with a filter.
fn one_form(rules: &[dto::LifecycleRule]) -> Result<(), Fault> {
    let older = rules.first().is_some_and(|rule| rule.filter.is_none());
    for rule in rules {
        match (&rule.filter, &rule.prefix) {
            (None, None) => return Err(Fault::new(Code::MalformedXml)),
            (Some(_), None) if !older => {}
            (None, Some(_)) if older => {}
            (Some(_), _) if older => {
                return Err(Fault::invalid_request(
                    "Filter element can only be used in Lifecycle V2.",
                ));
            }
            _ => {
                return Err(Fault::invalid_request(
                    "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
                ));
            }
        }
        let counted = rule.noncurrent_version_expiration.as_ref();
        if older && counted.is_some_and(|it| it.newer_noncurrent_versions.is_some()) {
            return Err(Fault::invalid_request(
                "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
            ));
        }
    }
    Ok(())
}

/// Rules of the older form must not be about one key twice.
fn apart(rules: &[Rule]) -> Result<(), Fault> {
    for action in [
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    ] {
        let has = |rule: &&Rule| match action {
            "Expiration" => rule.expiration.is_some(),
            "NoncurrentVersionExpiration" => rule.noncurrent.is_some(),
            _ => rule.abort_after.is_some(),
        };
        let mut prefixes: Vec<&str> = rules
            .iter()
            .filter(|rule| matches!(rule.scope, Scope::Prefix(_)))
            .filter(has)
            .map(Rule::prefix)
            .collect();
        prefixes.sort_unstable();
        // What begins with an earlier one stands right behind it or behind others that do.
        for (one, other) in prefixes.iter().zip(prefixes.iter().skip(1)) {
            if other.starts_with(one) {
                return Err(Fault::invalid_request(format!(
                    "Found overlapping prefixes '{one}' and '{other}' for same action type '{action}'"
                )));
            }
        }
    }
    Ok(())
}

fn rule(read: dto::LifecycleRule) -> Result<Rule, Fault> {
    let enabled = match read.status.as_str() {
        dto::ExpirationStatus::ENABLED => true,
        dto::ExpirationStatus::DISABLED => false,
        _ => return Err(Fault::new(Code::MalformedXml)),
    };
    if read.transitions.is_some() || read.noncurrent_version_transitions.is_some() {
        return Err(Fault::new(Code::NotImplemented).message(
            "Transitions are not implemented: every object has the storage class STANDARD.",
        ));
    }
    let id = match read.id.filter(|id| !id.is_empty()) {
        Some(id) if id.chars().count() > LONGEST_ID => {
            return Err(Fault::argument(
                "ID length should not exceed allowed limit of 255",
                "ID",
                "",
            ));
        }
        Some(id) => id,
        // The ids that S3 makes are such.
        None => STANDARD.encode(Uuid::new_v4().hyphenated().to_string()),
    };
    let scope = match (read.filter, read.prefix) {
        (Some(read), _) => Scope::Filter(filter(read)?),
        (None, prefix) => Scope::Prefix(prefix.unwrap_or_default()),
    };
    let abort_after = match read.abort_incomplete_multipart_upload {
        None => None,
        Some(abort) => Some(positive(
            abort.days_after_initiation.ok_or_else(malformed)?,
            "DaysAfterInitiation",
            "AbortIncompleteMultipartUpload",
        )?),
    };
    let rule = Rule {
        id,
        enabled,
        scope,
        expiration: read.expiration.map(expiration).transpose()?,
        noncurrent: read
            .noncurrent_version_expiration
            .map(noncurrent)
            .transpose()?,
        abort_after,
    };
    if rule.prefix().len() > LONGEST_PREFIX {
        return Err(Fault::invalid_request(
            "The maximum size of a prefix is 1024.",
        ));
    }
    if rule.expiration.is_none() && rule.noncurrent.is_none() && rule.abort_after.is_none() {
        return Err(Fault::invalid_request(
            "At least one action needs to be specified in a rule",
        ));
    }
    whole_keys_only(&rule)?;
    Ok(rule)
}

/// Uploads and delete markers have neither tags nor a size.
fn whole_keys_only(rule: &Rule) -> Result<(), Fault> {
    let Scope::Filter(filter) = &rule.scope else {
        return Ok(());
    };
    let sized = filter.larger_than.is_some() || filter.smaller_than.is_some();
    let markers = matches!(rule.expiration, Some(Expiration::DeleteMarkers(_)));
    for (action, there) in [
        ("AbortIncompleteMultipartUpload", rule.abort_after.is_some()),
        ("ExpiredObjectDeleteMarker", markers),
    ] {
        let what = match (there, filter.tags.is_empty(), sized) {
            (true, false, _) => "Tags",
            (true, true, true) => "Object Size",
            _ => continue,
        };
        return Err(Fault::invalid_request(format!(
            "{action} cannot be specified with {what}."
        )));
    }
    Ok(())
}

fn filter(read: dto::LifecycleRuleFilter) -> Result<Filter, Fault> {
    let single = [
        read.prefix.is_some(),
        read.tag.is_some(),
        read.object_size_greater_than.is_some(),
        read.object_size_less_than.is_some(),
        read.and.is_some(),
    ];
    if single.iter().filter(|there| **there).count() > 1 {
        return Err(malformed());
    }
    let joined = read.and.is_some();
    let (prefix, tags, larger, smaller) = match read.and {
        Some(and) => {
            let tags = and.tags.unwrap_or_default();
            let number = usize::from(and.prefix.is_some())
                + tags.len()
                + usize::from(and.object_size_greater_than.is_some())
                + usize::from(and.object_size_less_than.is_some());
            if number < 2 {
                return Err(malformed());
            }
            (
                and.prefix,
                tags,
                and.object_size_greater_than,
                and.object_size_less_than,
            )
        }
        None => (
            read.prefix,
            read.tag.into_iter().collect(),
            read.object_size_greater_than,
            read.object_size_less_than,
        ),
    };
    let larger_than = size(larger, "ObjectSizeGreaterThan", 0)?;
    let smaller_than = size(smaller, "ObjectSizeLessThan", 1)?;
    if let (Some(larger), Some(smaller)) = (larger_than, smaller_than)
        && smaller <= larger
    {
        return Err(Fault::invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ));
    }
    Ok(Filter {
        prefix,
        tags: tags_of(tags)?,
        larger_than,
        smaller_than,
        joined,
    })
}

fn tags_of(read: Vec<dto::Tag>) -> Result<Vec<(String, String)>, Fault> {
    let mut tags: Vec<(String, String)> = Vec::new();
    let mut known = HashSet::new();
    for tag in read {
        let key = tag
            .key
            .filter(|key| !key.is_empty())
            .ok_or_else(malformed)?;
        if !known.insert(key.clone()) {
            return Err(Fault::invalid_request(
                "Duplicate Tag Keys are not allowed.",
            ));
        }
        tags.push((key, tag.value.unwrap_or_default()));
    }
    Ok(tags)
}

fn size(bytes: Option<i64>, name: &str, least: i64) -> Result<Option<u64>, Fault> {
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    match u64::try_from(bytes) {
        Ok(size) if (least..=LARGEST).contains(&bytes) => Ok(Some(size)),
        _ => Err(Fault::invalid_request(format!(
            "'{name}' should be between {least} and {LARGEST}."
        ))),
    }
}

fn expiration(read: dto::LifecycleExpiration) -> Result<Expiration, Fault> {
    match (read.days, read.date, read.expired_object_delete_marker) {
        (Some(days), None, None) => Ok(Expiration::Days(positive(days, "Days", "Expiration")?)),
        (None, Some(date), None) => {
            let date = timestamp(&date)?;
            if date.subsec_nanosecond() != 0 || date.as_second() % DAY != 0 {
                return Err(Fault::argument(
                    "'Date' must be at midnight GMT",
                    "Date",
                    date.to_string(),
                ));
            }
            Ok(Expiration::Date(date))
        }
        (None, None, Some(on)) => Ok(Expiration::DeleteMarkers(on)),
        _ => Err(malformed()),
    }
}

fn noncurrent(read: dto::NoncurrentVersionExpiration) -> Result<Noncurrent, Fault> {
    let action = "NoncurrentVersionExpiration";
    let days = read.noncurrent_days.ok_or_else(malformed)?;
    let keep = read
        .newer_noncurrent_versions
        .map(|number| positive(number, "NewerNoncurrentVersions", action));
    Ok(Noncurrent {
        days: positive(days, "NoncurrentDays", action)?,
        keep: keep.transpose()?.unwrap_or(0),
    })
}

fn positive(number: i32, name: &str, action: &str) -> Result<u32, Fault> {
    let number_of_days = u32::try_from(number).ok().filter(|number| *number > 0);
    number_of_days.ok_or_else(|| {
        Fault::argument(
            format!("'{name}' for {action} action must be a positive integer"),
            name,
            number.to_string(),
        )
    })
}

fn timestamp(read: &dto::Timestamp) -> Result<Timestamp, Fault> {
    let mut text = Vec::new();
    let written = read.format(dto::TimestampFormat::DateTime, &mut text);
    let text = written.ok().and_then(|()| String::from_utf8(text).ok());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(malformed)
}

fn malformed() -> Fault {
    Fault::new(Code::MalformedXml)
}

fn written(rule: &Rule) -> dto::LifecycleRule {
    let number = |number: u32| i32::try_from(number).ok();
    let (filter, prefix) = match &rule.scope {
        Scope::Prefix(prefix) => (None, Some(prefix.clone())),
        Scope::Filter(filter) => (Some(written_filter(filter)), None),
    };
    dto::LifecycleRule {
        abort_incomplete_multipart_upload: rule.abort_after.map(|days| {
            dto::AbortIncompleteMultipartUpload {
                days_after_initiation: number(days),
            }
        }),
        expiration: rule.expiration.map(|expiration| {
            let mut written = dto::LifecycleExpiration::default();
            match expiration {
                Expiration::Days(days) => written.days = number(days),
                Expiration::Date(date) => written.date = Some(xml_time(date)),
                Expiration::DeleteMarkers(on) => written.expired_object_delete_marker = Some(on),
            }
            written
        }),
        filter,
        id: Some(rule.id.clone()),
        noncurrent_version_expiration: rule.noncurrent.map(|noncurrent| {
            dto::NoncurrentVersionExpiration {
                newer_noncurrent_versions: number(noncurrent.keep).filter(|keep| *keep > 0),
                noncurrent_days: number(noncurrent.days),
            }
        }),
        noncurrent_version_transitions: None,
        prefix,
        status: match rule.enabled {
            true => dto::ExpirationStatus::ENABLED,
            false => dto::ExpirationStatus::DISABLED,
        }
        .to_owned()
        .into(),
        transitions: None,
    }
}

fn written_filter(filter: &Filter) -> dto::LifecycleRuleFilter {
    let bytes = |bytes: Option<u64>| bytes.and_then(|bytes| i64::try_from(bytes).ok());
    let mut tags = filter.tags.iter().map(|(key, value)| dto::Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    });
    let mut written = dto::LifecycleRuleFilter::default();
    if filter.joined {
        let tags: Vec<dto::Tag> = tags.collect();
        written.and = Some(dto::LifecycleRuleAndOperator {
            object_size_greater_than: bytes(filter.larger_than),
            object_size_less_than: bytes(filter.smaller_than),
            prefix: filter.prefix.clone(),
            tags: (!tags.is_empty()).then_some(tags),
        });
    } else {
        written.object_size_greater_than = bytes(filter.larger_than);
        written.object_size_less_than = bytes(filter.smaller_than);
        written.prefix = filter.prefix.clone();
        written.tag = tags.next();
    }
    written
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
