//! Which data events a trail has: the account whose trail it is decides.

use std::borrow::Cow;

use directory::{DataEvent, EventSelectors, S3_OBJECT, Snapshot};
use policy::AccountId;
use trail::Draft;

/// Whether the trail of `recipient` has this event. Management events are in every trail; data events are, unless the account
/// has put event selectors that none of them matches. `caller` is the ARN that the record names.
pub(crate) fn is_wanted(
    snapshot: &Snapshot,
    recipient: AccountId,
    draft: &Draft,
    caller: Option<&str>,
) -> bool {
    if draft.management {
        return true;
    }
    let view = snapshot.account(recipient);
    let selectors = view.and_then(|view| view.shelved::<EventSelectors>(EventSelectors::KEY));
    let Some(selectors) = selectors else {
        return true;
    };
    let mut arns = objects(draft).peekable();
    // Without a resource there is nothing to leave it out for.
    arns.peek().is_none()
        || arns.any(|arn| {
            selectors.select(&DataEvent {
                name: &draft.event_name,
                source: draft.event_source,
                read_only: draft.read_only,
                arn: &arn,
                caller,
            })
        })
}

/// The objects of an event, two of a copy; of what is done to a bucket's objects as a whole, the beginning of all of
/// them, as the records of AWS have it (`ARNPrefix`).
fn objects(draft: &Draft) -> impl Iterator<Item = Cow<'_, str>> {
    let of = |kind: &'static str| draft.resources.iter().filter(move |it| it.kind == kind);
    let whole = of(S3_OBJECT).next().is_none();
    let buckets = of("AWS::S3::Bucket").filter(move |_| whole);
    let buckets = buckets.map(|it| Cow::Owned(format!("{}/", it.arn)));
    of(S3_OBJECT)
        .map(|it| Cow::Borrowed(it.arn.as_str()))
        .chain(buckets)
}
