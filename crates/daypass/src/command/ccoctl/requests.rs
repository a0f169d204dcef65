//! The directory of CredentialsRequests.

use std::fs;

use anyhow::{Context, Result, bail};
use cluster::ccoctl::{CredentialsRequest, FoundRequest, credentials_requests};

use super::say;
use crate::cli::ccoctl::Requests;

/// The most that is read of a file; a release's largest has some kilobytes.
const MOST: u64 = 4 * 1024 * 1024;

/// Reads the requests of all files, by the files' names.
pub(super) fn read(asked: &Requests) -> Result<Vec<CredentialsRequest>> {
    let dir = &asked.credentials_requests_dir;
    let unreadable = || format!("cannot read the directory `{}`", dir.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let yaml = path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml");
        if yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut requests = Vec::new();
    for path in files {
        let shown = path.display();
        let length = fs::metadata(&path).with_context(|| format!("cannot read `{shown}`"))?;
        if length.len() > MOST {
            bail!("`{shown}` is too long to be a CredentialsRequest");
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
        let found = credentials_requests(&text, asked.enable_tech_preview);
        for found in found.with_context(|| format!("`{shown}`"))? {
            match found {
                FoundRequest::Asked(request) => requests.push(request),
                FoundRequest::Skipped { shown, why } => {
                    say(&format!(
                        "CredentialsRequest {shown}: left out, because {why}"
                    ))?;
                }
            }
        }
    }
    if requests.is_empty() {
        bail!(
            "there are no CredentialsRequests to fulfil in the files *.yaml and *.yml of `{}`; `oc adm \
             release extract --credentials-requests --cloud=aws --to=DIR RELEASE-IMAGE` extracts them",
            dir.display()
        );
    }
    for request in requests
        .iter()
        .filter(|it: &&CredentialsRequest| it.names_a_role)
    {
        say(&format!(
            "CredentialsRequest {}: its stsIAMRoleARN is for the operator in the cluster; a role is \
             made all the same",
            request.shown
        ))?;
    }
    Ok(requests)
}
