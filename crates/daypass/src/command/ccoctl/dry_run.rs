//! `--dry-run`: files for `aws … --cli-input-json`, and the commands that take them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cluster::ccoctl::{
    CLOUDFRONT_URL, DryRunFile, InfraName, PublicAccess, Role, Trusted, authentication_manifest,
    bucket_file, cloudfront_files, issuer_url, provider_file, public_policy,
};
use federation::{PublishedKey, discovery_document};
use policy::Arn;

use super::documents::{discovery_key, key_set_key};
use super::identity_provider::{AUTHENTICATION, IdentityProvider};
use super::output_dir::{OutputDir, Readers};
use super::say;

const DISCOVERY: &str = "02-openid-configuration";
const KEY_SET: &str = "03-keys.json";

/// Writes the files of an issuer and prints the commands. Nobody is asked for anything.
pub(super) fn identity_provider(wanted: &IdentityProvider<'_>, output: &OutputDir) -> Result<()> {
    let bucket = wanted.name.bucket()?;
    let own = issuer_url(&bucket, wanted.region);
    let issuer = if wanted.private { CLOUDFRONT_URL } else { &own };
    let provider = provider_file(issuer, wanted.thumbprint, wanted.name);
    let mut files = vec![bucket_file(&bucket, wanted.region), provider];
    if wanted.private {
        files.extend(cloudfront_files(wanted.name, &bucket, wanted.region));
    }
    for DryRunFile { name, content } in &files {
        output.write(name, content.as_bytes(), Readers::All)?;
    }
    output.write(DISCOVERY, &discovery_document(issuer), Readers::All)?;
    let keys = PublishedKey::set_of(std::slice::from_ref(wanted.key));
    output.write(KEY_SET, &keys, Readers::All)?;
    let manifest = authentication_manifest(issuer);
    output.write(AUTHENTICATION, manifest.as_bytes(), Readers::Owner)?;
    say(&format!(
        "nothing has been made; the files are in {}. To make it:",
        output.path("").display()
    ))?;
    say(&commands(wanted, &output.path(""))?.join("\n"))
}

/// The commands that make an issuer of the files in a directory.
pub(super) fn commands(wanted: &IdentityProvider<'_>, dir: &Path) -> Result<Vec<String>> {
    let bucket = wanted.name.bucket()?;
    let region = wanted.region;
    let input = |name: &str| format!("--cli-input-json {}", quoted(&file_url(&dir.join(name))));
    let [(owned, value), (name_key, name)] = wanted.name.tags();
    let put = |key: &str, file: &str| {
        format!(
            "aws s3api put-object --bucket {bucket} --key {key} --body {} --tagging \
             '{owned}={value}&{name_key}={name}'",
            quoted(&dir.join(file).display().to_string())
        )
    };
    let mut commands = vec![
        format!(
            "aws s3api create-bucket --region {region} {}",
            input("01-oidc-bucket.json")
        ),
        format!(
            "aws s3api put-bucket-tagging --bucket {bucket} --tagging \
             'TagSet=[{{Key={owned},Value={value}}},{{Key={name_key},Value={name}}}]'"
        ),
    ];
    if wanted.private {
        commands.extend([
            format!(
                "aws cloudfront create-cloud-front-origin-access-identity {}   # its Id belongs in 06 \
                 and 08",
                input("05-cloudfront-origin-access-identity.json")
            ),
            format!(
                "aws s3api put-bucket-policy {}",
                input("06-put-bucket-policy-to-allow-origin-access-identity.json")
            ),
            format!(
                "aws s3api put-public-access-block {}",
                input("07-block-public-access-to-oidc-bucket.json")
            ),
            format!(
                "aws cloudfront create-distribution-with-tags {}   # https:// and its DomainName belong \
                 in 02, 04 and {AUTHENTICATION}",
                input("08-cloudfront-distribution.json")
            ),
        ]);
    } else {
        let blocks = PublicAccess::ByPolicy.blocks();
        let blocks = blocks
            .map(|(name, value)| format!("{name}={value}"))
            .join(",");
        let policy = public_policy(region.partition().id(), &bucket);
        commands.extend([
            format!(
                "aws s3api put-public-access-block --bucket {bucket} \
                 --public-access-block-configuration {blocks}"
            ),
            format!("aws s3api put-bucket-policy --bucket {bucket} --policy '{policy}'"),
        ]);
    }
    commands.extend([
        put(key_set_key(), KEY_SET),
        put(discovery_key(), DISCOVERY),
        format!(
            "aws iam create-open-id-connect-provider {}",
            input("04-iam-identity-provider.json")
        ),
    ]);
    Ok(commands)
}

/// Writes the files of roles and prints the commands.
pub(super) fn roles(
    name: &InfraName,
    roles: &[Role],
    trusted: &Trusted,
    boundary: Option<&Arn>,
    output: &OutputDir,
) -> Result<()> {
    let mut commands = Vec::new();
    for (place, role) in roles.iter().enumerate() {
        for file in role.files(place, name, boundary.map(Arn::as_str)) {
            let DryRunFile { name, content } = &file.file;
            let path = output.write(name, content.as_bytes(), Readers::All)?;
            let path = quoted(&file_url(&path));
            commands.push(format!(
                "aws iam {} --cli-input-json {path}",
                file.operation
            ));
        }
        let manifest = format!("manifests/{}", role.manifest_name());
        let content = role.manifest(&trusted.role_arn(&role.name));
        output.write(&manifest, content.as_bytes(), Readers::Owner)?;
    }
    say(&format!(
        "nothing has been made; the files are in {}. To make it:",
        output.path("").display()
    ))?;
    say(&commands.join("\n"))
}

fn file_url(path: &Path) -> String {
    format!("file://{}", absolute(path).display())
}

/// As `aws` wants it: it takes a relative path too, but a person may be elsewhere by then.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A word of a shell's.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-=,@+".contains(c);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("file:///tmp/a-b_c.json"), "file:///tmp/a-b_c.json");
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
