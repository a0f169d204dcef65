//! `daypass can`, as it is typed.

use clap::Args;

use super::Data;
use super::policy::Output;

/// The server is the one at AWS_ENDPOINT_URL or at the profile's endpoint_url, asked with the
/// credentials of the environment or of the profile, as by the SDKs; without an endpoint, the one of
/// this machine, asked as its administrator. The exit code is 0 for allowed, 1 for denied, 2 when it can't be asked.
#[derive(Debug, Args)]
pub(crate) struct Can {
    #[command(flatten)]
    pub(crate) data: Data,
    /// ARN of a user, a role, a role's session, an account's root or an OIDC provider; `user/NAME`
    /// and the like are of the asker's account.
    #[arg(value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// The action, e.g. `s3:GetObject`.
    #[arg(value_name = "ACTION")]
    pub(crate) action: String,
    /// ARN of the resource; `*` for actions that have none.
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: String,
    /// A condition key that the request is to have, e.g. `aws:SourceIp=192.0.2.1`; repeated, a
    /// key has several values.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) context: Vec<(String, String)>,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not KEY=VALUE, e.g. aws:SourceIp=192.0.2.1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_the_equals_sign_in_it() {
        let expected = ("aws:key".to_owned(), "a=b".to_owned());
        assert_eq!(pair("aws:key=a=b"), Ok(expected));
        assert_eq!(pair("k="), Ok(("k".to_owned(), String::new())));
        assert!(pair("=v").is_err() && pair("k").is_err());
    }
}
