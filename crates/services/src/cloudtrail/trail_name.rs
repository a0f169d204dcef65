//! Which trail a call is about. An account has one, and it has had it from the beginning.

use door::Need;
use policy::{AccountId, Arn};
use trail::Resource;

use crate::generated::cloudtrail::errors::{
    CLOUD_TRAIL_ARN_INVALID, INVALID_TRAIL_NAME, TRAIL_NOT_FOUND,
};
use crate::handle::At;
use crate::wire::{Fault, Operation};

/// The name of every account's trail.
pub(super) const NAME: &str = "daypass";
/// Shortest and longest name of a trail (CloudTrail User Guide, "Naming requirements").
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=128;

/// The ARN of an account's trail.
pub(super) fn arn(at: &At<'_>) -> String {
    arn_of(at, NAME)
}

fn arn_of(at: &At<'_>, name: &str) -> String {
    let (region, account) = (at.door.region(), at.account);
    format!("arn:aws:cloudtrail:{region}:{account}:trail/{name}")
}

/// A trail as a call names it, be it there or not.
#[derive(Debug)]
pub(super) struct TrailName {
    asked: String,
    arn: String,
}

impl TrailName {
    /// Reads a name or an ARN.
    ///
    /// # Errors
    /// `InvalidTrailNameException` or `CloudTrailARNInvalidException`, for what can be neither.
    pub(super) fn parse(asked: &str, at: &At<'_>) -> Result<Self, Fault> {
        let arn = if asked.starts_with("arn:") {
            let parsed = asked.parse::<Arn>().ok();
            let is_trail = parsed.is_some_and(|arn| {
                let name = arn.resource().strip_prefix("trail/");
                arn.service() == "cloudtrail" && name.is_some_and(|name| check(name).is_ok())
            });
            if !is_trail {
                return Err(CLOUD_TRAIL_ARN_INVALID.fault(format!(
                    "The ARN {asked} is not valid. The format of a trail ARN is: \
                     arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail"
                )));
            }
            asked.to_owned()
        } else {
            check(asked).map_err(|text| INVALID_TRAIL_NAME.fault(text))?;
            arn_of(at, asked)
        };
        Ok(Self {
            asked: asked.to_owned(),
            arn,
        })
    }

    /// `O` on this trail, which is the caller's own unless its ARN says otherwise.
    pub(super) fn need<O: Operation>(&self) -> Need {
        let need = Need::new(format!("cloudtrail:{}", O::SHAPE.name), self.arn.as_str());
        match self.owner() {
            Some(owner) => need.owner(owner),
            None => need,
        }
    }

    /// Whether it is the one that the caller's account has.
    pub(super) fn is_there(&self, at: &At<'_>) -> bool {
        self.arn == arn(at)
    }

    /// # Errors
    /// `TrailNotFoundException`, for every trail but the one that the caller's account has.
    pub(super) fn find(&self, at: &At<'_>) -> Result<(), Fault> {
        if self.is_there(at) {
            return Ok(());
        }
        let (asked, account) = (&self.asked, at.account);
        Err(TRAIL_NOT_FOUND.fault(format!("Unknown trail: {asked} for the user: {account}")))
    }

    fn owner(&self) -> Option<AccountId> {
        let arn = self.arn.parse::<Arn>().ok()?;
        arn.account().parse().ok()
    }
}

/// The trail that a call names, for its own record.
pub(super) fn resources(asked: &str, at: &At<'_>) -> Vec<Resource> {
    let name = TrailName::parse(asked, at);
    let resource = |name: TrailName| Resource {
        account: name.owner(),
        kind: "AWS::CloudTrail::Trail".to_owned(),
        arn: name.arn,
    };
    name.into_iter().map(resource).collect()
}

/// What is wrong with a name, in AWS's words.
fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("Trail name or ARN can not be blank.".to_owned());
    }
    let may_be = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    if !name.chars().all(may_be) {
        return Err(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and \
             underscores (_)."
                .to_owned(),
        );
    }
    let length = name.len();
    if length < *LENGTHS.start() {
        return Err(format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {length} characters."
        ));
    }
    if length > *LENGTHS.end() {
        return Err(format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {length} characters."
        ));
    }
    if !name.starts_with(|it: char| it.is_ascii_alphanumeric()) {
        return Err("Trail name must starts with a letter or number.".to_owned());
    }
    if !name.ends_with(|it: char| it.is_ascii_alphanumeric()) {
        return Err("Trail name must ends with a letter or number.".to_owned());
    }
    Ok(())
}
