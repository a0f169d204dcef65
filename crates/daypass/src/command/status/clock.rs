//! Clocks: signatures and tokens carry times.

use jiff::Timestamp;

use crate::api_server::Kubernetes;
use crate::command::aws::Aws;
use crate::command::check::Check;

/// How far two clocks may be apart, in seconds: well within what signatures allow (5 minutes), and a difference that
/// synchronized machines don't have.
const MOST: i64 = 30;
const NEXT: &str = "timedatectl set-ntp true";

/// The server's against this machine's.
pub(super) fn server(aws: &Aws) -> Check {
    compare("clock", "the server", aws.asker.server_time())
}

/// The API server's against this machine's: tokens carry its time.
pub(super) async fn cluster(kubernetes: &Kubernetes) -> Check {
    match kubernetes.time().await {
        Ok(time) => compare("cluster's clock", "the API server", time),
        Err(error) => Check::failed("cluster's clock", format!("{error:#}"), NEXT),
    }
}

fn compare(subject: &'static str, whose: &str, time: Option<Timestamp>) -> Check {
    let Some(time) = time else {
        return Check::skipped(subject, format!("{whose} does not say what time it is"));
    };
    let ahead = time.as_second() - Timestamp::now().as_second();
    let shown = match ahead {
        ..0 => format!("{} s behind", -ahead),
        _ => format!("{ahead} s ahead"),
    };
    match ahead.abs() {
        // A `Date` has whole seconds, and the answer took its time.
        0..=1 => Check::passed(subject, format!("{whose}'s is that of this machine")),
        2..=MOST => Check::passed(subject, format!("{whose}'s is {shown}")),
        _ => Check::failed(
            subject,
            format!("{whose}'s is {shown} of this machine's"),
            NEXT,
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told() {
        let at = |seconds| {
            let time = Timestamp::now() + SignedDuration::from_secs(seconds);
            compare("clock", "it", Some(time))
        };
        assert!(!at(0).is_failed() && !at(-10).is_failed());
        assert!(at(100).text.contains("ahead of this machine's"));
        assert!(at(-100).is_failed() && at(-100).text.contains("behind"));
        assert!(!compare("clock", "it", None).is_failed());
    }
}
