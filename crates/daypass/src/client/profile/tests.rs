//! Files of a home of the test's own.

use std::fs;

use tempfile::TempDir;

use super::*;

fn home(config: &str, credentials: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    fs::write(home.path().join(".aws/config"), config).unwrap();
    fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    home
}

fn profile(home: &TempDir, name: &str) -> Result<Profile> {
    let home = home.path().to_str().unwrap();
    Profile::read(&Environment::from([("HOME", home), ("AWS_PROFILE", name)]))
}

#[test]
fn the_credentials_file_counts_before_the_configuration() {
    let home = home(
        "[default]\nregion = a\n[profile default]\nregion = b\noutput = json\n",
        "[default]\noutput = text\n",
    );
    let read = profile(&home, "").unwrap();
    assert_eq!(read.get("region"), Some("b"));
    assert_eq!(read.get("output"), Some("text"));
}

#[test]
fn names_may_stand_in_quotes_and_only_default_needs_no_prefix() {
    let home = home(
        "[profile \"my dev\"]\nregion = a\n[plain]\nregion = b\n",
        "",
    );
    assert_eq!(profile(&home, "my dev").unwrap().get("region"), Some("a"));
    let error = profile(&home, "plain").err().unwrap().to_string();
    assert!(
        error.contains("`plain`") && error.contains(".aws/credentials"),
        "{error}"
    );
}

#[test]
fn half_a_key_and_a_bad_line_are_told_without_what_they_hold() {
    let half = home("", "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n");
    let error = profile(&half, "")
        .unwrap()
        .credentials_file_keys()
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("no aws_secret_access_key"),
        "{error}"
    );
    let bad = home("", "[default]\nwJalrXUtnFEMI\n");
    let error = format!("{:#}", profile(&bad, "").err().unwrap());
    assert!(
        error.contains("line 2") && !error.contains("wJalr"),
        "{error}"
    );
}

#[test]
fn files_that_are_not_there_are_empty() {
    let read = Profile::read(&Environment::from([("HOME", "/nonexistent")])).unwrap();
    assert_eq!(read.get("region"), None);
    assert!(
        read.lacks("x")
            .contains("is not in `/nonexistent/.aws/config` or")
    );
    let nowhere = Profile::read(&Environment::from([])).unwrap();
    assert!(nowhere.lacks("x").contains("HOME"));
}
