//! Which place counts, and what is told when none does.

use std::fs;

use tempfile::TempDir;

use super::*;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const OTHER: &str = "AKIAI44QH8DHBEXAMPLE";

struct Home(TempDir);

impl Home {
    fn new(config: &str, credentials: &str) -> Self {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join("config"), config).unwrap();
        fs::write(home.path().join("credentials"), credentials).unwrap();
        Self(home)
    }

    fn find<const N: usize>(&self, more: [(&str, &str); N]) -> Result<String> {
        self.find_with(Given::default(), more)
    }

    fn find_with<const N: usize>(&self, given: Given, more: [(&str, &str); N]) -> Result<String> {
        let path = |name| self.0.path().join(name).display().to_string();
        let files = [path("config"), path("credentials")];
        let mut all = vec![
            ("AWS_CONFIG_FILE", files[0].as_str()),
            ("AWS_SHARED_CREDENTIALS_FILE", files[1].as_str()),
        ];
        all.extend(more);
        all.resize(8, ("UNUSED", ""));
        let all: [(&str, &str); 8] = all.try_into().unwrap();
        let settings = Settings::read(given, Environment::from(all))?;
        let (source, obtained) = find(settings)?;
        let id = obtained.map(|it| it.keys.access_key_id.as_str().to_owned());
        Ok(match source {
            Source::Fixed => id.unwrap(),
            Source::File(_) => format!("file {}", id.unwrap()),
            Source::WebIdentity(role) => {
                let name = role.session_name.unwrap_or_default();
                format!("{} {} {name}", role.role_arn, role.token_file.display())
            }
            Source::Process { command, .. } => command,
            Source::Socket(_) => "socket".to_owned(),
        })
    }
}

#[test]
fn keys_of_the_environment_come_first_then_its_role_then_the_profile() {
    let home = Home::new(
        "",
        &format!("[default]\naws_access_key_id={OTHER}\naws_secret_access_key=s\n"),
    );
    let role = [
        ("AWS_ROLE_ARN", "arn:r"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"),
        ("AWS_ROLE_SESSION_NAME", "pod"),
    ];
    let [a, b, c] = role;
    let both = [
        a,
        b,
        c,
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    assert_eq!(home.find(both).unwrap(), KEY);
    assert_eq!(home.find(role).unwrap(), "arn:r /t pod");
    assert_eq!(home.find([a]).unwrap(), OTHER);
}

#[test]
fn of_a_profile_its_role_comes_first_then_keys_program_and_keys_of_the_configuration() {
    let role = "role_arn = arn:r\nweb_identity_token_file = /t\nrole_session_name = n\n";
    let process = "credential_process = printer\n";
    let keys = format!("aws_access_key_id = {KEY}\naws_secret_access_key = s\n");
    let other = format!("[default]\naws_access_key_id = {OTHER}\naws_secret_access_key = s\n");
    for (config, credentials, expected) in [
        (
            format!("[default]\n{role}{process}{keys}"),
            other.as_str(),
            "arn:r /t n",
        ),
        (format!("[default]\n{process}{keys}"), other.as_str(), OTHER),
        (format!("[default]\n{process}{keys}"), "", "printer"),
        (format!("[default]\n{keys}"), "", KEY),
    ] {
        assert_eq!(Home::new(&config, credentials).find([]).unwrap(), expected);
    }
}

#[test]
fn what_is_half_there_is_told_and_no_later_place_is_asked() {
    let keys = format!("[default]\naws_access_key_id={OTHER}\naws_secret_access_key=s\n");
    let home = Home::new(
        "[profile role]\nrole_arn = arn:r\nsource_profile = default\n\
                          [profile sso]\nsso_session = s\n",
        &keys,
    );
    let told = |more| format!("{:#}", home.find(more).err().unwrap());
    let half = told([("AWS_ACCESS_KEY_ID", KEY)]);
    assert!(half.contains("AWS_SECRET_ACCESS_KEY is not"), "{half}");
    let half = told([("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")]);
    assert!(half.contains("AWS_ROLE_ARN is not"), "{half}");
    for profile in ["role", "sso"] {
        let told = told([("AWS_PROFILE", profile)]);
        assert!(
            told.contains("aws configure export-credentials --profile"),
            "{told}"
        );
    }
    let missing = told([("AWS_PROFILE", "none")]);
    assert!(missing.contains("aws configure list-profiles"), "{missing}");
}

#[test]
fn without_any_it_is_told_where_they_were_looked_for_in_order() {
    let error = Home::new("", "").find([]).err().unwrap();
    let told = format!("{error:#}");
    let places = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "profile `default`",
        "config`",
        "credentials`",
        "set the variables",
    ];
    let found: Vec<_> = places.iter().map(|it| told.find(it).unwrap()).collect();
    assert!(found.is_sorted(), "{told}");
}

#[test]
fn a_rotated_file_counts_alone() {
    let given = || Given {
        rotating_file: true,
        ..Given::default()
    };
    let variables = [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", "s")];
    let home = Home::new(
        "",
        &format!("[default]\naws_access_key_id={OTHER}\naws_secret_access_key=s\n"),
    );
    let found = home.find_with(given(), variables).unwrap();
    assert_eq!(found, format!("file {OTHER}"));
    let error = Home::new("", "")
        .find_with(given(), variables)
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("--rotate-credentials"),
        "{error}"
    );
}

#[test]
fn no_secret_is_in_an_error() {
    let secret = "wJalrXUtnFEMIK7MDENG";
    for (config, credentials, variables) in [
        (
            "",
            "",
            [
                ("AWS_ACCESS_KEY_ID", "not one"),
                ("AWS_SECRET_ACCESS_KEY", secret),
            ],
        ),
        (
            "",
            "[default]\naws_access_key_id=a/b\naws_secret_access_key=wJalrXUtnFEMIK7MDENG\n",
            [("A", ""), ("B", "")],
        ),
        (
            "",
            "[default]\naws_secret_access_key=wJalrXUtnFEMIK7MDENG\n",
            [("A", ""), ("B", "")],
        ),
        (
            "",
            "[default]\nwJalrXUtnFEMIK7MDENG\n",
            [("A", ""), ("B", "")],
        ),
    ] {
        let error = Home::new(config, credentials)
            .find(variables)
            .err()
            .unwrap();
        let told = format!("{error:#} {error:?}");
        assert!(!told.contains(secret), "{told}");
    }
}
