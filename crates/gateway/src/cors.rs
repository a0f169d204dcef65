//! Which pages of other sites may use a bucket in a browser (S3 User Guide, "Using cross-origin
//! resource sharing").

mod document;
mod preflight;

pub(crate) use preflight::preflight;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

/// A bucket's rules, in order: the first one that fits is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cors {
    rules: Vec<Rule>,
}

/// Which pages may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    id: Option<String>,
    /// Origins, with at most one `*` each for any characters.
    origins: Vec<String>,
    methods: Vec<String>,
    /// Names of headers, with at most one `*` each.
    headers: Vec<String>,
    exposed: Vec<String>,
    /// Seconds.
    max_age: Option<u32>,
}

/// What a browser says of the page that a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    origin: HeaderValue,
    /// The method that the page wants to use.
    method: String,
    /// The headers that it wants to send, in lower case; one more than [`MOST_HEADERS`] if they are more.
    headers: Vec<String>,
}

/// Most headers that are compared with rules. No page sends so many, and no rule allows more.
const MOST_HEADERS: usize = 100;

/// What answers depend on besides the URL. It is there for a request without an origin, too,
/// since a cache would otherwise give that answer to pages.
const VARYING: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
);

impl Asked {
    /// What the request says; nothing if no page of another site is behind it. A request that
    /// names the method of a later one is taken at its word, as S3 does.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok();
        let listed = text(ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        Some(Self {
            origin: headers.get(ORIGIN)?.clone(),
            method: text(ACCESS_CONTROL_REQUEST_METHOD)
                .unwrap_or(method.as_str())
                .to_owned(),
            headers: listed
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .filter(|name| !name.is_empty())
                .take(MOST_HEADERS + 1)
                .collect(),
        })
    }
}

impl Cors {
    /// The rule that allows it.
    fn allows(&self, asked: &Asked) -> Option<&Rule> {
        let origin = asked.origin.to_str().ok()?;
        if asked.headers.len() > MOST_HEADERS {
            return None;
        }
        self.rules.iter().find(|rule| {
            rule.origins.iter().any(|pattern| fits(pattern, origin))
                && rule.methods.contains(&asked.method)
                && asked.headers.iter().all(|name| rule.allows_header(name))
        })
    }

    /// Tells the browser, in the answer's headers, what the page may do with it. An origin is
    /// named only if a rule allows it.
    pub(crate) fn tell(&self, asked: Option<&Asked>, answer: &mut HeaderMap) {
        answer.append(VARY, VARYING);
        let Some((asked, rule)) = asked.and_then(|it| Some((it, self.allows(it)?))) else {
            return;
        };
        if rule.origins.iter().any(|origin| origin == "*") {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, asked.origin.clone());
            answer.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        for (name, values) in [
            (ACCESS_CONTROL_ALLOW_METHODS, &rule.methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, &asked.headers),
            (ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed),
        ] {
            if !values.is_empty()
                && let Ok(value) = HeaderValue::from_str(&values.join(", "))
            {
                answer.insert(name, value);
            }
        }
        if let Some(seconds) = rule.max_age {
            answer.insert(ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
    }
}

impl Rule {
    fn allows_header(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|pattern| fits(&pattern.to_ascii_lowercase(), name))
    }
}

/// Whether a text fits a pattern with at most one `*`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> Rule {
        let owned = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect();
        Rule {
            id: None,
            origins: owned(origins),
            methods: owned(methods),
            headers: owned(headers),
            exposed: Vec::new(),
            max_age: None,
        }
    }

    fn told(cors: &Cors, origin: &str, method: &str, headers: &str) -> HeaderMap {
        let mut request = HeaderMap::new();
        request.insert(ORIGIN, origin.parse().unwrap());
        request.insert(ACCESS_CONTROL_REQUEST_METHOD, method.parse().unwrap());
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, headers.parse().unwrap());
        let mut answer = HeaderMap::new();
        cors.tell(Asked::of(&Method::GET, &request).as_ref(), &mut answer);
        answer
    }

    #[test]
    fn patterns_are_anchored_and_a_star_may_be_nothing() {
        for (pattern, text) in [
            ("*", "null"),
            ("http://*.example.com", "http://a.b.example.com"),
            ("start*end", "startend"),
            ("*.put", "foo.put"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("http://example.com", "http://example.com.evil"),
            ("http://example.com", "https://example.com"),
            ("http://*.example.com", "http://example.com"),
            ("http://*.example.com", "http://a.example.com/"),
            ("aba*aba", "aba"),
            ("", "x"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn an_origin_is_named_only_if_a_rule_allows_it() {
        let rules = vec![
            rule(
                &["https://app.example"],
                &["GET", "PUT"],
                &["X-Amz-*", "Range"],
            ),
            rule(&["*"], &["GET"], &[]),
        ];
        let cors = Cors { rules };
        let own = told(&cors, "https://app.example", "PUT", "x-amz-date,range");
        assert_eq!(own[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(own[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(own[ACCESS_CONTROL_ALLOW_METHODS], "GET, PUT");
        assert_eq!(own[ACCESS_CONTROL_ALLOW_HEADERS], "x-amz-date, range");
        // Everybody's rule names nobody, and lets nobody send credentials.
        let any = told(&cors, "https://evil.example", "GET", "");
        assert_eq!(any[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!any.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        for (origin, method, headers) in [
            ("https://evil.example", "PUT", ""),
            ("https://app.example", "DELETE", ""),
            ("https://app.example", "PUT", "x-other"),
            ("https://app.example.evil", "PUT", ""),
            ("null", "PUT", ""),
        ] {
            let none = told(&cors, origin, method, headers);
            assert_eq!(none.len(), 1, "{origin} {method} {headers}");
            assert_eq!(none[VARY], VARYING);
        }
    }
}
