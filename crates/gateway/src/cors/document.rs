//! Rules as clients write and read them.

use s3s::dto;

use super::{Cors, Rule};
use crate::fault::{Code, Fault};
use crate::request::xml;

/// Most rules of a bucket (S3 API Reference, PutBucketCors).
const MOST_RULES: usize = 100;
/// Longest document (S3 API Reference, PutBucketCors).
const LONGEST: usize = 64 * 1024;
/// Longest id of a rule.
const LONGEST_ID: usize = 255;

const METHODS: &[&str] = &["GET", "PUT", "HEAD", "POST", "DELETE"];

impl Cors {
    /// Reads what PutBucketCors is given.
    ///
    /// # Errors
    /// `MalformedXML`, `InvalidRequest` and others, in S3's words.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, Fault> {
        if document.len() > LONGEST {
            return Err(Fault::new(Code::MaxMessageLengthExceeded)
                .element("MaxMessageLengthBytes", LONGEST.to_string()));
        }
        let read: dto::CORSConfiguration = xml(document)?;
        if read.cors_rules.len() > MOST_RULES {
            return Err(Fault::invalid_request(
                "The number of CORS rules should not exceed allowed limit of 100 rules.",
            ));
        }
        let rules = read.cors_rules.into_iter().map(rule);
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// What GetBucketCors answers.
    pub(crate) fn document(&self) -> dto::GetBucketCorsOutput {
        let listed = |texts: &[String]| (!texts.is_empty()).then(|| texts.to_vec());
        let rules = self.rules.iter().map(|rule| dto::CORSRule {
            allowed_headers: listed(&rule.headers),
            allowed_methods: rule.methods.clone(),
            allowed_origins: rule.origins.clone(),
            expose_headers: listed(&rule.exposed),
            id: rule.id.clone(),
            // It was read from such a number.
            max_age_seconds: rule.max_age.and_then(|seconds| i32::try_from(seconds).ok()),
        });
        dto::GetBucketCorsOutput {
            cors_rules: Some(rules.collect()),
        }
    }
}

fn rule(read: dto::CORSRule) -> Result<Rule, Fault> {
    if read.id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
        return Err(Fault::argument(
            "ID length should not exceed allowed limit of 255",
            "ID",
            "",
        ));
    }
    for method in &read.allowed_methods {
        if !METHODS.contains(&method.as_str()) {
            return Err(Fault::invalid_request(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
    }
    let headers = read.allowed_headers.unwrap_or_default();
    for (kind, patterns) in [
        ("AllowedOrigin", &read.allowed_origins),
        ("AllowedHeader", &headers),
    ] {
        for pattern in patterns {
            if pattern.matches('*').count() > 1 {
                return Err(Fault::invalid_request(format!(
                    "{kind} \"{pattern}\" can not have more than one wildcard."
                )));
            }
        }
    }
    let exposed = read.expose_headers.unwrap_or_default();
    if let Some(name) = exposed.iter().find(|name| name.contains('*')) {
        return Err(Fault::invalid_request(format!(
            "ExposeHeader \"{name}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        )));
    }
    let max_age = read.max_age_seconds.map(u32::try_from).transpose();
    Ok(Rule {
        id: read.id,
        origins: read.allowed_origins,
        methods: read.allowed_methods,
        headers,
        exposed,
        max_age: max_age.map_err(|_| Fault::new(Code::MalformedXml))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rules: &str) -> (String, String) {
        let document = format!("<CORSConfiguration>{rules}</CORSConfiguration>");
        let fault = Cors::parse(document.as_bytes()).unwrap_err();
        (fault.code().name().to_owned(), fault.text().to_owned())
    }

    #[test]
    fn what_is_put_comes_back() {
        let document = "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <CORSRule><ID>a</ID><AllowedOrigin>http://test.com:80</AllowedOrigin>\
            <AllowedOrigin/><AllowedMethod>GET</AllowedMethod>\
            <AllowedMethod>PUT</AllowedMethod><AllowedHeader>X-AMZ-*</AllowedHeader>\
            <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>\
            <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>\
            </CORSConfiguration>";
        let cors = Cors::parse(document.as_bytes()).unwrap();
        let stored = serde_json::to_string(&cors).unwrap();
        assert_eq!(serde_json::from_str::<Cors>(&stored).unwrap(), cors);
        let rules = cors.document().cors_rules.unwrap();
        assert_eq!(rules[0].id.as_deref(), Some("a"));
        assert_eq!(rules[0].allowed_origins, ["http://test.com:80", ""]);
        assert_eq!(
            rules[0].allowed_headers.as_deref(),
            Some(&["X-AMZ-*".to_owned()][..])
        );
        assert_eq!(rules[0].max_age_seconds, Some(3000));
        assert_eq!(
            (&rules[1].allowed_headers, rules[1].max_age_seconds),
            (&None, None)
        );
    }

    #[test]
    fn what_is_wrong_is_said_as_s3_says_it() {
        let origin = "<AllowedOrigin>*</AllowedOrigin>";
        let get = "<AllowedMethod>GET</AllowedMethod>";
        for (rules, code, message) in [
            ("".to_owned(), "MalformedXML", ""),
            ("<CORSRule/>".to_owned(), "MalformedXML", ""),
            (format!("<CORSRule>{origin}</CORSRule>"), "MalformedXML", ""),
            (format!("<CORSRule>{get}</CORSRule>"), "MalformedXML", ""),
            (
                format!("<CORSRule>{origin}{get}<AllowedOrigins>x</AllowedOrigins></CORSRule>"),
                "MalformedXML",
                "",
            ),
            (
                format!("<CORSRule>{origin}{get}<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>"),
                "MalformedXML",
                "",
            ),
            (
                format!("<CORSRule>{origin}<AllowedMethod>OPTIONS</AllowedMethod></CORSRule>"),
                "InvalidRequest",
                "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS",
            ),
            (
                format!("<CORSRule><AllowedOrigin>*a*</AllowedOrigin>{get}</CORSRule>"),
                "InvalidRequest",
                "AllowedOrigin \"*a*\" can not have more than one wildcard.",
            ),
            (
                format!("<CORSRule>{origin}{get}<AllowedHeader>**</AllowedHeader></CORSRule>"),
                "InvalidRequest",
                "AllowedHeader \"**\" can not have more than one wildcard.",
            ),
            (
                format!("<CORSRule>{origin}{get}<ExposeHeader>*</ExposeHeader></CORSRule>"),
                "InvalidRequest",
                "ExposeHeader \"*\" contains wildcard. We currently do not support wildcard for ExposeHeader.",
            ),
            (
                format!(
                    "<CORSRule>{origin}{get}<ID>{}</ID></CORSRule>",
                    "i".repeat(256)
                ),
                "InvalidArgument",
                "ID length should not exceed allowed limit of 255",
            ),
            (
                format!("<CORSRule>{origin}{get}</CORSRule>").repeat(101),
                "InvalidRequest",
                "The number of CORS rules should not exceed allowed limit of 100 rules.",
            ),
        ] {
            let (refused, text) = refusal(&rules);
            assert_eq!(refused, code, "{rules}");
            assert!(text.starts_with(message), "{text}");
        }
    }
}
