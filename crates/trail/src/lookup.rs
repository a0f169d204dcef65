//! `LookupEvents`: management events, newest first, by one attribute and a time range.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use memchr::memmem;
use policy::AccountId;
use serde_json::Value;
use thiserror::Error;

use crate::{Trail, TrailError, segment};

/// Records may be committed a little out of order; a scan reads this much past its range.
const DISORDER: SignedDuration = SignedDuration::from_secs(120);
/// How far back an event can be found (CloudTrail user guide, "Viewing events").
const HISTORY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The attributes that `LookupEvents` can filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeKey {
    /// `eventID`.
    EventId,
    /// `eventName`.
    EventName,
    /// `readOnly`, as `true` or `false`.
    ReadOnly,
    /// User name, role session name or token subject.
    Username,
    /// The type of any resource of the event.
    ResourceType,
    /// The ARN or name of any resource of the event.
    ResourceName,
    /// `eventSource`.
    EventSource,
    /// The key that signed.
    AccessKeyId,
}

/// One attribute filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// What is compared.
    pub key: AttributeKey,
    /// The value it must have.
    pub value: String,
}

/// A search of the trail.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Only events of this account.
    pub account: AccountId,
    /// At most one filter, as the API has it.
    pub attribute: Option<Attribute>,
    /// Inclusive.
    pub start: Option<Timestamp>,
    /// Inclusive.
    pub end: Option<Timestamp>,
    /// 1 to 50.
    pub max_results: usize,
    /// From the page before.
    pub next_token: Option<String>,
}

/// One event as `LookupEvents` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `eventID`.
    pub event_id: String,
    /// `eventName`.
    pub event_name: String,
    /// `true` or `false`.
    pub read_only: String,
    /// The key that signed.
    pub access_key_id: Option<String>,
    /// When.
    pub time: Timestamp,
    /// `eventSource`.
    pub event_source: String,
    /// User name, role session name or token subject.
    pub username: Option<String>,
    /// Type and name of each resource.
    pub resources: Vec<(String, String)>,
    /// The whole record.
    pub json: String,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Newest first.
    pub events: Vec<Found>,
    /// Where the next page starts; `None` at the end.
    pub next_token: Option<String>,
}

/// Why a lookup was refused.
#[derive(Debug, Error)]
pub enum InvalidLookup {
    /// Start is after end.
    #[error("start time is after end time")]
    TimeRange,
    /// The token is not from a page of the same lookup.
    #[error("the next token is not valid for this lookup")]
    NextToken,
    /// The trail could not be read.
    #[error(transparent)]
    Trail(#[from] TrailError),
}

/// A place in the stream: the next line to look at ends before `offset` of file `number`.
#[derive(Clone, Copy)]
struct Place {
    number: u64,
    offset: usize,
}

impl Trail {
    /// Finds management events, newest first. It reads files, so few searches run at once.
    ///
    /// # Errors
    /// [`InvalidLookup`].
    pub async fn find(
        self: &Arc<Self>,
        lookup: Lookup,
        now: Timestamp,
    ) -> Result<Page, InvalidLookup> {
        // Never closed, so a place comes.
        let _place = self.searches.acquire().await;
        let trail = Arc::clone(self);
        tokio::task::spawn_blocking(move || trail.lookup(&lookup, now))
            .await
            .unwrap_or_else(|error| {
                Err(InvalidLookup::Trail(TrailError::Unusable {
                    path: self.management_dir(),
                    source: io::Error::other(error),
                }))
            })
    }

    fn lookup(&self, lookup: &Lookup, now: Timestamp) -> Result<Page, InvalidLookup> {
        if let (Some(start), Some(end)) = (lookup.start, lookup.end)
            && start > end
        {
            return Err(InvalidLookup::TimeRange);
        }
        let from = lookup
            .next_token
            .as_deref()
            .map(|token| lookup.place(token).ok_or(InvalidLookup::NextToken))
            .transpose()?;
        let dir = self.management_dir();
        self.scan(lookup, from, now).map_err(|source| {
            InvalidLookup::Trail(TrailError::Unusable {
                path: dir.clone(),
                source,
            })
        })
    }

    fn scan(&self, lookup: &Lookup, from: Option<Place>, now: Timestamp) -> io::Result<Page> {
        let dir = self.management_dir();
        let oldest = now.saturating_sub(HISTORY).unwrap_or(Timestamp::MIN);
        let start = lookup.start.map_or(oldest, |start| start.max(oldest));
        let stop = start.saturating_sub(DISORDER).unwrap_or(Timestamp::MIN);
        let needle = lookup
            .attribute
            .as_ref()
            .and_then(|attribute| json_needle(&attribute.value));
        let finder = needle.as_ref().map(memmem::Finder::new);
        let mut page = Page::default();
        for number in segment::numbers(&dir)?.into_iter().rev() {
            if from.is_some_and(|place| number > place.number) {
                continue;
            }
            let bytes = segment::read(&dir, number)?;
            let mut end = match from {
                Some(place) if place.number == number => place.offset.min(bytes.len()),
                _ => bytes.len(),
            };
            while let Some(head) = bytes.get(..end.saturating_sub(1)).filter(|_| end > 0) {
                let begin = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
                let line = head.get(begin..).unwrap_or_default();
                let here = Place {
                    number,
                    offset: end,
                };
                end = begin;
                if finder.as_ref().is_some_and(|it| it.find(line).is_none()) {
                    continue;
                }
                let Some(found) = Found::parse(line, lookup.account) else {
                    continue;
                };
                if found.time < stop {
                    return Ok(page);
                }
                if found.time < start
                    || lookup.end.is_some_and(|end| found.time > end)
                    || !lookup.matches(&found)
                {
                    continue;
                }
                if page.events.len() == lookup.max_results {
                    page.next_token = Some(lookup.token(here));
                    return Ok(page);
                }
                page.events.push(found);
            }
        }
        Ok(page)
    }
}

impl Lookup {
    fn matches(&self, found: &Found) -> bool {
        let Some(Attribute { key, value }) = &self.attribute else {
            return true;
        };
        let resource = |pick: fn(&(String, String)) -> &String| {
            found.resources.iter().any(|entry| pick(entry) == value)
        };
        match key {
            AttributeKey::EventId => found.event_id == *value,
            AttributeKey::EventName => found.event_name == *value,
            AttributeKey::ReadOnly => found.read_only == *value,
            AttributeKey::Username => found.username.as_ref() == Some(value),
            AttributeKey::ResourceType => resource(|entry| &entry.0),
            // The API's resource name is the ARN; people search by the name in it too.
            AttributeKey::ResourceName => found
                .resources
                .iter()
                .any(|(_, arn)| arn == value || arn.rsplit(['/', ':']).next() == Some(value)),
            AttributeKey::EventSource => found.event_source == *value,
            AttributeKey::AccessKeyId => found.access_key_id.as_ref() == Some(value),
        }
    }

    /// Ties a token to the parameters it was made for: it must come back with the same ones.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.attribute, self.start, self.end, self.account).hash(&mut hasher);
        hasher.finish()
    }

    fn token(&self, place: Place) -> String {
        format!("{:016x}-{}-{}", self.digest(), place.number, place.offset)
    }

    fn place(&self, token: &str) -> Option<Place> {
        let mut parts = token.split('-');
        let digest = u64::from_str_radix(parts.next()?, 16).ok()?;
        let number = parts.next()?.parse().ok()?;
        let offset = parts.next()?.parse().ok()?;
        (digest == self.digest() && parts.next().is_none()).then_some(Place { number, offset })
    }
}

impl Found {
    fn parse(line: &[u8], account: AccountId) -> Option<Self> {
        let json = std::str::from_utf8(line).ok()?;
        let record: Value = serde_json::from_str(json).ok()?;
        if record.get("recipientAccountId")?.as_str()? != account.to_string() {
            return None;
        }
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let identity = record.get("userIdentity")?;
        let of_identity = |name: &str| identity.get(name).and_then(Value::as_str);
        let username = match of_identity("type")? {
            "Root" => Some("root".to_owned()),
            // The session's name stands behind the role's id or the account.
            "AssumedRole" | "FederatedUser" => of_identity("principalId")
                .and_then(|id| id.split_once(':'))
                .map(|(_, name)| name.to_owned()),
            _ => of_identity("userName").map(str::to_owned),
        };
        let resources = record.get("resources").and_then(Value::as_array);
        let resources = resources.into_iter().flatten().filter_map(|entry| {
            let kind = entry.get("type")?.as_str()?;
            let arn = entry.get("ARN")?.as_str()?;
            Some((kind.to_owned(), arn.to_owned()))
        });
        Some(Self {
            event_id: text("eventID")?,
            event_name: text("eventName")?,
            read_only: record.get("readOnly")?.as_bool()?.to_string(),
            access_key_id: of_identity("accessKeyId").map(str::to_owned),
            time: text("eventTime")?.parse().ok()?,
            event_source: text("eventSource")?,
            username,
            resources: resources.collect(),
            json: json.to_owned(),
        })
    }
}

/// The value as it stands inside a JSON string, to skip lines without parsing them.
fn json_needle(value: &str) -> Option<String> {
    let quoted = serde_json::to_string(value).ok()?;
    Some(quoted.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Frame, Record, Resource, UserIdentity};

    const NOW: i64 = 1_795_292_526;

    fn account() -> AccountId {
        "123456789012".parse().unwrap()
    }

    fn record(name: &str, at: i64) -> Record {
        let frame = Frame {
            identity: UserIdentity::IamUser {
                account: account(),
                principal_id: "AIDA".into(),
                arn: "arn:aws:iam::123456789012:user/ann".into(),
                user_name: "ann".into(),
                access_key_id: "AKIA1".into(),
                session: None,
            },
            time: Timestamp::from_second(at).unwrap(),
            region: "us-east-1".into(),
            source_ip: "127.0.0.1".into(),
            user_agent: None,
            request_id: "r".into(),
            recipient: account(),
            shared_event_id: None,
            tls: None,
        };
        let draft = Draft {
            event_source: "iam.amazonaws.com",
            event_name: name.into(),
            management: true,
            resources: vec![Resource {
                account: None,
                kind: "AWS::IAM::Role".into(),
                arn: "arn:aws:iam::123456789012:role/app".into(),
            }],
            ..Draft::default()
        };
        Record::new(&frame, &draft, &format!("id-{name}-{at}"))
    }

    fn lookup(attribute: Option<(AttributeKey, &str)>) -> Lookup {
        Lookup {
            account: account(),
            attribute: attribute.map(|(key, value)| Attribute {
                key,
                value: value.into(),
            }),
            start: None,
            end: None,
            max_results: 2,
            next_token: None,
        }
    }

    async fn trail(dir: &std::path::Path) -> Trail {
        let trail = Trail::open(dir).unwrap();
        for n in 0..5 {
            trail
                .record(record("CreateRole", NOW - 10 + n))
                .await
                .unwrap();
            trail.record(record("GetRole", NOW - 10 + n)).await.unwrap();
        }
        trail
    }

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    #[tokio::test]
    async fn pages_are_newest_first_and_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        drop(trail(dir.path()).await);
        let trail = Trail::open(dir.path()).unwrap();
        let mut search = lookup(Some((AttributeKey::EventName, "CreateRole")));
        let mut seen = Vec::new();
        loop {
            let page = trail.lookup(&search, now()).unwrap();
            seen.extend(page.events.iter().map(|event| event.time.as_second() - NOW));
            match page.next_token {
                Some(token) => search.next_token = Some(token),
                None => break,
            }
        }
        assert_eq!(seen, [-6, -7, -8, -9, -10]);
    }

    #[tokio::test]
    async fn pages_go_on_across_files() {
        let dir = tempfile::tempdir().unwrap();
        let trail = Trail::open(dir.path()).unwrap();
        for (number, name) in [(1, "A"), (2, "B"), (3, "C")] {
            let line = format!("{}\n", record(name, NOW - 10 + number).json());
            let file = trail.management_dir().join(format!("{number:08}.jsonl"));
            std::fs::write(file, line).unwrap();
        }
        let mut search = lookup(None);
        let first = trail.lookup(&search, now()).unwrap();
        search.next_token = first.next_token;
        let second = trail.lookup(&search, now()).unwrap();
        let names = |page: &Page| {
            let names = page.events.iter().map(|event| event.event_name.clone());
            names.collect::<String>()
        };
        assert_eq!(
            (
                &*names(&Page {
                    next_token: None,
                    events: first.events
                }),
                &*names(&second)
            ),
            ("CB", "A")
        );
        assert!(second.next_token.is_none());
    }

    #[tokio::test]
    async fn attributes_and_times_filter() {
        let dir = tempfile::tempdir().unwrap();
        let trail = trail(dir.path()).await;
        for (key, value, hit) in [
            (AttributeKey::Username, "ann", true),
            (AttributeKey::Username, "bob", false),
            (AttributeKey::ResourceName, "app", true),
            (AttributeKey::ResourceType, "AWS::IAM::Role", true),
            (AttributeKey::AccessKeyId, "AKIA1", true),
            (AttributeKey::EventSource, "sts.amazonaws.com", false),
            (AttributeKey::ReadOnly, "true", false),
        ] {
            let page = trail.lookup(&lookup(Some((key, value))), now()).unwrap();
            assert_eq!(!page.events.is_empty(), hit, "{key:?} {value}");
        }
        let mut search = lookup(None);
        search.end = Some(Timestamp::from_second(NOW - 10).unwrap());
        assert_eq!(trail.lookup(&search, now()).unwrap().events.len(), 2);
        let mut search = lookup(None);
        search.account = "999999999999".parse().unwrap();
        assert!(trail.lookup(&search, now()).unwrap().events.is_empty());
    }

    #[tokio::test]
    async fn a_token_belongs_to_its_lookup() {
        let dir = tempfile::tempdir().unwrap();
        let trail = trail(dir.path()).await;
        let token = trail.lookup(&lookup(None), now()).unwrap().next_token;
        let mut other = lookup(Some((AttributeKey::Username, "ann")));
        other.next_token = token;
        assert!(matches!(
            trail.lookup(&other, now()),
            Err(InvalidLookup::NextToken)
        ));
    }
}
