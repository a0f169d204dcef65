//! Which rule ends what, and when.

use jiff::Timestamp;

use super::{Expiration, Lifecycle, Rule, Scope};
use crate::tags::Tags;

const DAY: i64 = 24 * 60 * 60;

/// What rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) key: &'a str,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    pub(crate) tags: &'a Tags,
}

impl Lifecycle {
    /// When the current version of an object ends, and by which rule: the earliest counts, and of
    /// several at one time the first.
    pub(crate) fn expiry(&self, object: &Subject<'_>) -> Option<(Timestamp, &Rule)> {
        self.earliest(|rule| match rule.expiration? {
            Expiration::Days(days) if rule.covers(object) => midnight_after(object.modified, days),
            Expiration::Date(date) if rule.covers(object) => Some(date),
            _ => None,
        })
    }

    /// When an upload of this key is given up, and by which rule.
    pub(crate) fn abort(&self, key: &str, begun: Timestamp) -> Option<(Timestamp, &Rule)> {
        self.earliest(|rule| {
            let days = rule.abort_after?;
            key.starts_with(rule.prefix())
                .then(|| midnight_after(begun, days))?
        })
    }

    /// The rule by which a version has ended that isn't current any more: it was replaced so long
    /// ago, and `newer` such versions of its key are newer.
    pub(crate) fn noncurrent_ended(
        &self,
        version: &Subject<'_>,
        replaced: Timestamp,
        newer: u32,
        now: Timestamp,
    ) -> Option<&Rule> {
        let ended = self.earliest(|rule| {
            let noncurrent = rule.noncurrent?;
            let counts = newer >= noncurrent.keep && rule.covers(version);
            counts.then(|| midnight_after(replaced, noncurrent.days))?
        });
        ended.filter(|(time, _)| *time <= now).map(|(_, rule)| rule)
    }

    /// The rule by which a delete marker has ended that has nothing behind it. One that ends
    /// objects ends it like an object, if it looks at nothing that a delete marker doesn't have.
    pub(crate) fn marker_ended(
        &self,
        key: &str,
        modified: Timestamp,
        now: Timestamp,
    ) -> Option<&Rule> {
        let ended = self.earliest(|rule| {
            if !key.starts_with(rule.prefix()) || !rule.is_about_whole_keys() {
                return None;
            }
            match rule.expiration? {
                Expiration::Days(days) => midnight_after(modified, days),
                Expiration::Date(date) => Some(date),
                Expiration::DeleteMarkers(on) => on.then_some(modified),
            }
        });
        ended.filter(|(time, _)| *time <= now).map(|(_, rule)| rule)
    }

    /// The most versions that a rule keeps.
    pub(crate) fn most_kept(&self) -> u32 {
        let kept = self.rules.iter().filter_map(|rule| rule.noncurrent);
        kept.map(|noncurrent| noncurrent.keep).max().unwrap_or(0)
    }

    /// What the keys of versions and delete markers that end begin with.
    pub(crate) fn version_prefixes(&self) -> Vec<&str> {
        self.prefixes(|rule| {
            let markers = match rule.expiration {
                Some(Expiration::DeleteMarkers(on)) => on,
                Some(_) => rule.is_about_whole_keys(),
                None => false,
            };
            rule.noncurrent.is_some() || markers
        })
    }

    /// What the keys of objects that end begin with; none of them is the beginning of another.
    pub(crate) fn object_prefixes(&self) -> Vec<&str> {
        self.prefixes(|rule| {
            matches!(
                rule.expiration,
                Some(Expiration::Days(_) | Expiration::Date(_))
            )
        })
    }

    /// What the keys of uploads that are given up begin with.
    pub(crate) fn upload_prefixes(&self) -> Vec<&str> {
        self.prefixes(|rule| rule.abort_after.is_some())
    }

    fn prefixes(&self, acts: impl Fn(&Rule) -> bool) -> Vec<&str> {
        let rules = self.rules.iter().filter(|rule| rule.enabled && acts(rule));
        let mut all: Vec<&str> = rules.map(Rule::prefix).collect();
        all.sort_unstable();
        let mut prefixes: Vec<&str> = Vec::new();
        for prefix in all {
            if !prefixes
                .last()
                .is_some_and(|known| prefix.starts_with(known))
            {
                prefixes.push(prefix);
            }
        }
        prefixes
    }

    fn earliest(&self, when: impl Fn(&Rule) -> Option<Timestamp>) -> Option<(Timestamp, &Rule)> {
        let rules = self.rules.iter().filter(|rule| rule.enabled);
        rules
            .filter_map(|rule| Some((when(rule)?, rule)))
            .min_by_key(|(time, _)| *time)
    }
}

impl Rule {
    /// Whether it looks at keys only.
    fn is_about_whole_keys(&self) -> bool {
        match &self.scope {
            Scope::Prefix(_) => true,
            Scope::Filter(filter) => {
                filter.tags.is_empty()
                    && filter.larger_than.is_none()
                    && filter.smaller_than.is_none()
            }
        }
    }

    fn covers(&self, object: &Subject<'_>) -> bool {
        if !object.key.starts_with(self.prefix()) {
            return false;
        }
        let Scope::Filter(filter) = &self.scope else {
            return true;
        };
        filter.larger_than.is_none_or(|bytes| object.size > bytes)
            && filter.smaller_than.is_none_or(|bytes| object.size < bytes)
            && filter
                .tags
                .iter()
                .all(|(key, value)| object.tags.get(key) == Some(value))
    }
}

/// So many days later, and on to the next midnight (S3 User Guide, "Lifecycle rules based on an
/// object's age"). Nothing if no calendar reaches there.
fn midnight_after(time: Timestamp, days: u32) -> Option<Timestamp> {
    let day = time.as_second().div_euclid(DAY) + i64::from(days) + 1;
    Timestamp::from_second(day * DAY).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifecycle(rules: &str) -> Lifecycle {
        let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        Lifecycle::parse(document.as_bytes(), None).unwrap()
    }

    fn rule(id: &str, filter: &str, action: &str) -> String {
        format!("<Rule><ID>{id}</ID>{filter}<Status>Enabled</Status>{action}</Rule>")
    }

    fn days(number: u32) -> String {
        format!("<Expiration><Days>{number}</Days></Expiration>")
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Time and rule by which an object of 10 bytes from 15 January, 10:30, ends.
    fn expiry(lifecycle: &Lifecycle, key: &str, tags: &str) -> Option<(String, String)> {
        let tags = Tags::from_header(tags).unwrap();
        let subject = Subject {
            key,
            size: 10,
            modified: time("2014-01-15T10:30:00Z"),
            tags: &tags,
        };
        let (time, rule) = lifecycle.expiry(&subject)?;
        Some((time.to_string(), rule.id.clone()))
    }

    #[test]
    fn days_are_rounded_up_to_the_next_midnight() {
        // The example of the user guide.
        let three = lifecycle(&rule("r", "<Filter/>", &days(3)));
        let found = expiry(&three, "k", "");
        assert_eq!(found, Some(("2014-01-19T00:00:00Z".into(), "r".into())));
        let most = lifecycle(&rule("r", "<Filter/>", &days(i32::MAX as u32)));
        assert_eq!(expiry(&most, "k", ""), None);
    }

    #[test]
    fn the_earliest_rule_counts_and_of_equals_the_first() {
        let rules = rule("late", "<Filter/>", &days(9))
            + &rule("one", "<Filter><Prefix>a/</Prefix></Filter>", &days(2))
            + &rule("two", "<Filter><Prefix>a/b</Prefix></Filter>", &days(2))
            + "<Rule><ID>off</ID><Filter/><Status>Disabled</Status>\
               <Expiration><Days>1</Days></Expiration></Rule>";
        let all = lifecycle(&rules);
        let id = |key: &str| expiry(&all, key, "").unwrap().1;
        assert_eq!((id("a/b"), id("b")), ("one".to_owned(), "late".to_owned()));
        assert_eq!(all.object_prefixes(), [""]);
    }

    #[test]
    fn every_condition_of_a_filter_must_hold() {
        let of =
            |filter: &str| lifecycle(&rule("r", &format!("<Filter>{filter}</Filter>"), &days(1)));
        let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>1</Value></Tag>");
        let tagged = of(&tag("a"));
        assert!(expiry(&tagged, "k", "a=1&b=2").is_some());
        assert!(expiry(&tagged, "k", "a=2").is_none());
        assert!(expiry(&tagged, "k", "").is_none());
        let both = of(&format!(
            "<And><Prefix>p/</Prefix>{}{}</And>",
            tag("a"),
            tag("b")
        ));
        assert!(expiry(&both, "p/k", "a=1&b=1").is_some());
        assert!(expiry(&both, "p/k", "a=1").is_none());
        assert!(expiry(&both, "k", "a=1&b=1").is_none());
        for (sizes, holds) in [
            ("<ObjectSizeGreaterThan>9</ObjectSizeGreaterThan>", true),
            ("<ObjectSizeGreaterThan>10</ObjectSizeGreaterThan>", false),
            ("<ObjectSizeLessThan>11</ObjectSizeLessThan>", true),
            ("<ObjectSizeLessThan>10</ObjectSizeLessThan>", false),
        ] {
            assert_eq!(expiry(&of(sizes), "k", "").is_some(), holds, "{sizes}");
        }
    }

    #[test]
    fn a_date_counts_for_all_objects_and_uploads_have_their_own_days() {
        let rules = rule(
            "r",
            "<Filter><Prefix>a</Prefix></Filter>",
            "<Expiration><Date>2013-01-01T00:00:00Z</Date></Expiration>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>",
        );
        let all = lifecycle(&rules);
        assert_eq!(expiry(&all, "a", "").unwrap().0, "2013-01-01T00:00:00Z");
        let begun = time("2014-01-15T00:00:00Z");
        let (when, _) = all.abort("a", begun).unwrap();
        assert_eq!(when, time("2014-01-18T00:00:00Z"));
        assert!(all.abort("b", begun).is_none());
        assert_eq!(
            (all.object_prefixes(), all.upload_prefixes()),
            (vec!["a"], vec!["a"])
        );
    }

    #[test]
    fn a_prefix_within_another_is_not_looked_through_twice() {
        let rules: String = ["b/", "a", "b", "b/c", "a/x"]
            .iter()
            .map(|prefix| {
                let filter = format!("<Filter><Prefix>{prefix}</Prefix></Filter>");
                rule(prefix, &filter, &days(1))
            })
            .collect();
        assert_eq!(lifecycle(&rules).object_prefixes(), ["a", "b"]);
    }
}
