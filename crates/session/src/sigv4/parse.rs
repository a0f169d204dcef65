//! Finding the claim: which mechanism a request uses, and the rules that hold for every one of them.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::access_key::AccessKeyId;
use crate::sigv4::canonical::pairs_of;
use crate::sigv4::encoding::decode;
use crate::sigv4::error::SignatureError;
use crate::sigv4::payload::PayloadHash;
use crate::sigv4::rules::{Family, Rules};
use crate::sigv4::scope::{Scope, TERMINATOR};
use crate::sigv4::signed::{Location, Signed};
use crate::sigv4::v2::{self, SignedV2};
use crate::sigv4::{RequestParts, header_auth, query_auth};

pub(super) const SECURITY_TOKEN: &str = "x-amz-security-token";

/// What a request presents itself as, before any secret is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// No credentials at all. What S3 is told about the body is [`PayloadHash::declared`]; it is never a signed one.
    Anonymous,
    /// Signed, it says.
    Signed(Box<Signed>),
    /// Signed by Signature Version 2, in the query, where the rules take that.
    SignedV2(Box<SignedV2>),
}

/// Reads the claim of a request. Refuses mechanisms that aren't spoken, more than one at once, claims that are incomplete or
/// malformed, signatures for another service, region or day, and requests with `x-amz-…` headers that the signature leaves open.
pub fn parse(parts: &RequestParts<'_>, rules: &Rules) -> Result<Presented, SignatureError> {
    let query = AuthQuery::read(parts.query)?;
    let authorization = single(parts.headers, AUTHORIZATION.as_str())?;
    let signed = match (authorization, query.mechanism(rules.family)) {
        (Some(_), Some(_)) => return Err(SignatureError::SeveralMechanisms),
        (None, Some(Mechanism::V2)) => {
            let resource = rules.v2_resource.as_deref();
            let resource = resource.ok_or(SignatureError::SignatureV2)?;
            let signed = v2::read(parts, &query, resource)?;
            return Ok(Presented::SignedV2(Box::new(signed)));
        }
        (None, None) => return anonymous(parts, rules),
        (Some(header), None) => header_auth::read(parts, header, rules)?,
        (None, Some(Mechanism::V4)) => query_auth::read(parts, &query, rules)?,
    };
    check_signed_headers(parts.headers, &signed, rules)?;
    Ok(Presented::Signed(Box::new(signed)))
}

/// The service that a request's signature claims to be for: a hint for routing, unverified.
pub fn claimed_service(parts: &RequestParts<'_>) -> Option<String> {
    let header = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let credential = match header {
        Some(header) => {
            let start = header.find("Credential=")? + "Credential=".len();
            header[start..].split([',', ' ']).next()?.to_owned()
        }
        None => {
            let query = AuthQuery::read(parts.query).ok()?;
            query.get("X-Amz-Credential")?.to_owned()
        }
    };
    let mut elements = credential.rsplit('/');
    elements.next().filter(|last| *last == TERMINATOR)?;
    elements
        .next()
        .filter(|service| !service.is_empty())
        .map(str::to_owned)
}

/// Whether a query parameter, undecoded, is one of a signature in the query: of version 4, or with `v2` of version 2.
pub fn is_credential(name: &str, v2: bool) -> bool {
    const V4: [&[u8]; 7] = [
        b"X-Amz-Algorithm",
        b"X-Amz-Credential",
        b"X-Amz-Date",
        b"X-Amz-Expires",
        b"X-Amz-SignedHeaders",
        b"X-Amz-Signature",
        b"X-Amz-Security-Token",
    ];
    const V2: [&[u8]; 4] = [
        b"AWSAccessKeyId",
        b"Expires",
        b"Signature",
        SECURITY_TOKEN.as_bytes(),
    ];
    decode(name, true).is_ok_and(|name| match v2 {
        true => V2.contains(&&*name),
        false => V4.contains(&&*name),
    })
}

fn anonymous(parts: &RequestParts<'_>, rules: &Rules) -> Result<Presented, SignatureError> {
    match rules.family {
        // Chunk signatures start from the request's own, and there is none.
        Family::S3
            if matches!(
                PayloadHash::declared(parts.headers)?,
                PayloadHash::StreamingSigned { .. }
            ) =>
        {
            Err(SignatureError::MissingAuthentication)
        }
        _ => Ok(Presented::Anonymous),
    }
}

/// Which mechanism the query uses.
pub(super) enum Mechanism {
    V2,
    V4,
}

/// The query parameters that have to do with authentication, decoded.
pub(super) struct AuthQuery(Vec<(String, String)>);

impl AuthQuery {
    fn read(raw: &str) -> Result<Self, SignatureError> {
        let mut pairs = Vec::new();
        for (name, value) in pairs_of(raw) {
            let name = decode(name, true).map_err(|_| SignatureError::MalformedUri)?;
            let value = decode(value, true).map_err(|_| SignatureError::MalformedUri)?;
            let Ok(name) = str::from_utf8(&name) else {
                continue;
            };
            let amz = name
                .get(..6)
                .is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
            if amz || matches!(name, "AWSAccessKeyId" | "Signature" | "Expires") {
                pairs.push((
                    name.to_owned(),
                    String::from_utf8_lossy(&value).into_owned(),
                ));
            }
        }
        Ok(Self(pairs))
    }

    /// A single trace of a mechanism is enough: what is then missing is refused, and nothing falls back to an anonymous request.
    fn mechanism(&self, family: Family) -> Option<Mechanism> {
        const V4: [&str; 5] = [
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-signature",
            "x-amz-signedheaders",
            SECURITY_TOKEN,
        ];
        let names = || self.0.iter().map(|(name, _)| name.as_str());
        // `Signature` by itself may be anybody's parameter outside of S3.
        if names()
            .any(|name| name == "AWSAccessKeyId" || (name == "Signature" && family == Family::S3))
        {
            Some(Mechanism::V2)
        } else if names().any(|name| V4.iter().any(|known| name.eq_ignore_ascii_case(known))) {
            Some(Mechanism::V4)
        } else {
            None
        }
    }

    /// The parameter of exactly this name, if it is there exactly once.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match self.count(name) {
            1 => self
                .0
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str()),
            _ => None,
        }
    }

    /// The names of the `x-amz-…` parameters.
    pub(super) fn amz_names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.filter(|name| {
            name.get(..6)
                .is_some_and(|it| it.eq_ignore_ascii_case("x-amz-"))
        })
    }

    /// How often the parameter is there, in any case of its name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.0
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .count()
    }
}

/// The value of a header that may be there once.
pub(super) fn single<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<Option<&'h str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| SignatureError::AmbiguousHeader { name }),
        (Some(_), Some(_)) => Err(SignatureError::AmbiguousHeader { name }),
    }
}

/// Reads `KEY/DATE/REGION/SERVICE/aws4_request`.
pub(super) fn credential(
    text: &str,
    location: Location,
) -> Result<(AccessKeyId, Scope), SignatureError> {
    let malformed = || SignatureError::MalformedCredential {
        location,
        credential: text.to_owned(),
    };
    let elements: Vec<&str> = text.split('/').collect();
    let [key, date, region, service, TERMINATOR] = elements[..] else {
        return Err(malformed());
    };
    let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    if key.is_empty() || !is_date || region.is_empty() || service.is_empty() {
        return Err(malformed());
    }
    let key = key.parse().map_err(|_| SignatureError::UnknownAccessKey {
        access_key_id: key.to_owned(),
    })?;
    Ok((
        key,
        Scope {
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        },
    ))
}

/// Holds the scope against the request's time and the rules.
pub(super) fn check_scope(
    scope: &Scope,
    timestamp: jiff::Timestamp,
    location: Location,
    rules: &Rules,
) -> Result<(), SignatureError> {
    if super::clock::basic(timestamp)[..8] != scope.date {
        return Err(SignatureError::ScopeDate {
            location,
            scope: scope.date.clone(),
            timestamp,
        });
    }
    let well_formed = scope.region.len() <= 64
        && scope
            .region
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !well_formed
        || rules
            .region
            .as_ref()
            .is_some_and(|region| *region != scope.region)
    {
        return Err(SignatureError::WrongRegion {
            location,
            presented: scope.region.clone(),
            expected: rules.region.clone(),
        });
    }
    if scope.service != rules.service {
        return Err(SignatureError::WrongService {
            location,
            presented: scope.service.clone(),
            expected: rules.service.clone(),
        });
    }
    Ok(())
}

/// Reads `a;b;c`.
pub(super) fn signed_headers(
    text: &str,
    location: Location,
) -> Result<Vec<String>, SignatureError> {
    let names: Vec<String> = text.split(';').map(str::to_owned).collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b)
            })
    };
    // Sorted, and each once: any other list would be a second spelling of the same claim.
    if names.iter().all(is_name) && names.windows(2).all(|pair| pair[0] < pair[1]) {
        Ok(names)
    } else {
        Err(SignatureError::MalformedSignedHeaders { location })
    }
}

/// The signature covers `host` and every `x-amz-…` header there is: each of them changes what a request means.
fn check_signed_headers(
    headers: &HeaderMap,
    signed: &Signed,
    rules: &Rules,
) -> Result<(), SignatureError> {
    let is_signed = |name: &str| {
        signed
            .signed_headers
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
    };
    if !is_signed("host") {
        return Err(SignatureError::HostNotSigned {
            location: signed.location,
        });
    }
    single(headers, "host")?;
    // A session token may be added after signing, except for S3 ("Using temporary credentials", IAM User Guide); it vouches for
    // itself, as the secret follows from it.
    let exempt = |name: &str| name == SECURITY_TOKEN && rules.family != Family::S3;
    let mut names: Vec<String> = headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| name.starts_with("x-amz-") && !is_signed(name) && !exempt(name))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort_unstable();
    Err(SignatureError::HeadersNotSigned { names })
}
