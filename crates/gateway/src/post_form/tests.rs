use http::Method;
use jiff::Timestamp;

use super::*;

const NOW: &str = "2026-11-21T20:12:34Z";

fn policy(conditions: &str) -> String {
    use base64::Engine as _;
    let text = format!(r#"{{"expiration":"2026-11-22T00:00:00Z","conditions":{conditions}}}"#);
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn check(conditions: &str, fields: &[(&str, &str)]) -> Result<Size, (String, String)> {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let bucket = BucketName::parse("bkt").unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    Policy::read(&policy(conditions))
        .and_then(|policy| policy.check(&fields, &bucket, now))
        .map_err(|fault| (fault.code().name().to_owned(), fault.text().to_owned()))
}

#[test]
fn each_kind_of_condition_holds_or_fails() {
    let key = ("key", "user/1/a.txt");
    for (conditions, fields, holds) in [
        (r#"[{"key":"user/1/a.txt"}]"#, &[key][..], true),
        (r#"[{"KEY":"user/1/a.txt"}]"#, &[key], true),
        (r#"[{"key":"user/1/A.txt"}]"#, &[key], false),
        (r#"[["eq","$key","user/1/a.txt"]]"#, &[key], true),
        (r#"[["EQ","$Key","user/1/a.txt"]]"#, &[key], true),
        (r#"[["eq","$key","user/1/"]]"#, &[key], false),
        (r#"[["eq","key","user/1/a.txt"]]"#, &[key], false),
        (r#"[["starts-with","$key","user/1/"]]"#, &[key], true),
        (r#"[["starts-with","$key",""]]"#, &[key], true),
        (r#"[["starts-with","$key","user/2/"]]"#, &[key], false),
        // Every condition counts, not one of them.
        (
            r#"[["starts-with","$key","user/"],["eq","$key","user/2"]]"#,
            &[key],
            false,
        ),
        // A field that isn't there meets nothing.
        (
            r#"[["starts-with","$key",""],["starts-with","$acl",""]]"#,
            &[key],
            false,
        ),
        (r#"[["starts-with","$key",""],{"acl":""}]"#, &[key], false),
        // One that nobody asked for is refused.
        (
            r#"[["starts-with","$key",""]]"#,
            &[key, ("acl", "private")],
            false,
        ),
        (
            r#"[["starts-with","$key",""]]"#,
            &[key, ("x-amz-meta-a", "")],
            false,
        ),
        (
            r#"[["starts-with","$key",""]]"#,
            &[key, ("x-amz-credential", "c")],
            false,
        ),
        (
            r#"[["starts-with","$key",""]]"#,
            &[
                key,
                ("x-ignore-a", "1"),
                ("policy", "p"),
                ("x-amz-signature", "s"),
                ("file", ""),
            ],
            true,
        ),
        (
            r#"[["starts-with","$key",""],["starts-with","$Content-Type","image/"]]"#,
            &[key, ("content-type", "image/png, image/gif")],
            true,
        ),
        (
            r#"[["starts-with","$key",""],["starts-with","$Content-Type","image/"]]"#,
            &[key, ("content-type", "image/png,text/html")],
            false,
        ),
        (
            r#"[["starts-with","$key",""],["starts-with","$x-amz-meta-a","1"]]"#,
            &[key, ("x-amz-meta-a", "1,2")],
            true,
        ),
        (
            r#"[["starts-with","$key",""],["content-length-range","a",1]]"#,
            &[key],
            false,
        ),
    ] {
        let with_bucket = conditions.replacen('[', r#"[{"bucket":"bkt"},"#, 1);
        let checked = check(&with_bucket, fields);
        assert_eq!(checked.is_ok(), holds, "{conditions}: {checked:?}");
        if let Err((code, text)) = checked {
            assert_eq!(code, "AccessDenied");
            assert!(text.starts_with("Invalid according to Policy: "), "{text}");
        }
        // Without a condition on the bucket it would be good for every one.
        assert!(check(conditions, fields).is_err(), "{conditions}");
    }
    assert!(check(r#"[{"bucket":"other"},["starts-with","$key",""]]"#, &[key]).is_err());
}

#[test]
fn a_failed_condition_is_shown_as_a_list() {
    let told = |conditions: &str| check(conditions, &[("key", "k")]).unwrap_err().1;
    assert_eq!(
        told(r#"[{"key":"a\"b"}]"#),
        r#"Invalid according to Policy: Policy Condition failed: ["eq", "$key", "a\"b"]"#
    );
    assert_eq!(
        told(r#"[["content-length-range","test","10"]]"#),
        r#"Invalid according to Policy: Policy Condition failed: ["content-length-range", "test", "10"]"#
    );
    assert_eq!(
        told(r#"[{"key":"k"}]"#),
        "Invalid according to Policy: Extra input fields: bucket"
    );
}

#[test]
fn sizes_are_the_narrowest_of_all() {
    let base = r#"{"bucket":"bkt"},{"key":"k"}"#;
    for (ranges, least, most) in [
        ("", 0, u64::MAX),
        (r#",["content-length-range",5,10]"#, 5, 10),
        (r#",["content-length-range","5","10"]"#, 5, 10),
        (
            r#",["content-length-range",5,10],["content-length-range",0,7]"#,
            5,
            7,
        ),
    ] {
        let size = check(&format!("[{base}{ranges}]"), &[("key", "k")]);
        assert_eq!(size, Ok(Size { least, most }), "{ranges}");
    }
}

#[test]
fn documents_that_are_no_policies_are_refused() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for text in [
        "",
        "{",
        "[]",
        r#"{"conditions":[]}"#,
        r#"{"expiration":"2026-11-22T00:00:00Z"}"#,
        r#"{"EXPIRATION":"2026-11-22T00:00:00Z","conditions":[]}"#,
        r#"{"expiration":"2026-11-22 00:00:00Z","conditions":[]}"#,
        r#"{"expiration":"2026-11-22T00:00:00+02:00","conditions":[]}"#,
        r#"{"expiration":1,"conditions":[]}"#,
        r#"{"expiration":"2026-11-22T00:00:00Z","conditions":{}}"#,
        r#"{"expiration":"2026-11-22T00:00:00Z","expiration":"2027-11-22T00:00:00Z","conditions":[]}"#,
    ] {
        let refused = Policy::read(&encode(text)).unwrap_err();
        assert_eq!(refused.code().name(), "InvalidPolicyDocument", "{text}");
    }
    assert!(Policy::read("not base64").is_err());
    for conditions in [
        "[{}]",
        r#"[{"a":"1","b":"2"}]"#,
        r#"[{"a":1}]"#,
        r#"["a"]"#,
        r#"[[]]"#,
        r#"[["eq","$key"]]"#,
        r#"[["eq","$key",1]]"#,
        r#"[["ends-with","$key","x"]]"#,
        r#"[["content-length-range",1]]"#,
        r#"[["content-length-range",-1,1]]"#,
        r#"[["content-length-range",1.5,2]]"#,
        r#"[["content-length-range",null,2]]"#,
    ] {
        let refused = check(conditions, &[("key", "k")]).unwrap_err();
        assert_eq!(refused.0, "InvalidPolicyDocument", "{conditions}");
    }
}

#[test]
fn a_policy_ends() {
    let expired = r#"{"expiration":"2026-11-21T20:12:34.000Z","conditions":[]}"#;
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(expired);
    let bucket = BucketName::parse("bkt").unwrap();
    let policy = Policy::read(&encoded).unwrap();
    let refused = policy.check(&BTreeMap::new(), &bucket, NOW.parse().unwrap());
    assert_eq!(
        refused.unwrap_err().text(),
        "Invalid according to Policy: Policy expired."
    );
}

fn form(file_name: Option<&str>, fields: &[(&str, &str)]) -> Form {
    Form {
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        file_name: file_name.map(str::to_owned),
        policy: None,
    }
}

#[test]
fn the_name_of_the_file_is_filled_in_everywhere_but_in_the_signature() {
    for (name, expected) in [
        (Some("a.txt"), "u/a.txt"),
        (Some("C:\\dir\\a.txt"), "u/a.txt"),
        (Some("/x/../a.txt"), "u/a.txt"),
        (Some(""), "u/"),
        (None, "u/${filename}"),
    ] {
        let fields = expanded(&form(
            name,
            &[
                ("key", "u/${filename}"),
                ("x-amz-meta-n", "u/${filename}"),
                ("policy", "${filename}"),
            ],
        ));
        assert_eq!(fields["key"], expected);
        assert_eq!(fields["x-amz-meta-n"], expected);
        assert_eq!(fields["policy"], "${filename}");
    }
}

#[test]
fn fields_become_the_headers_of_an_upload_and_nothing_else_does() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "cache-control",
        HeaderValue::from_static("from the request"),
    );
    headers.insert(
        "content-type",
        HeaderValue::from_static("multipart/form-data"),
    );
    let target = "/bkt".parse().unwrap();
    let mut request = Request::read(&Method::POST, &target, &headers, "h", &[]).unwrap();
    let given = form(
        Some("f"),
        &[
            ("key", "a/${filename}"),
            ("acl", "private"),
            ("x-amz-meta-a", "é"),
            ("x-amz-checksum-algorithm", "CRC32"),
            ("tagging", "<Tagging/>"),
            ("success_action_status", "201"),
            ("x-amz-security-token", "secret"),
            ("whatever", "x"),
        ],
    );
    let call = crate::post_form::tests::call();
    Posted::read(&mut request, Some(given), &call).unwrap();
    let names: Vec<_> = request.headers.keys().map(|it| it.as_str()).collect();
    assert_eq!(
        names,
        ["x-amz-acl", "x-amz-sdk-checksum-algorithm", "x-amz-meta-a"]
    );
    assert_eq!(request.key().unwrap().as_str(), "a/f");
    let posted = request.posted.unwrap();
    assert_eq!(posted.tagging.as_deref(), Some("<Tagging/>"));
    assert_eq!(posted.success, Success::Status(StatusCode::CREATED));
    for refused in [
        ("x-amz-copy-source", "bkt/k"),
        ("x-amz-expected-bucket-owner", "1"),
        ("x-amz-meta-a", "a\r\nb"),
        ("bucket", "other"),
        ("key", ""),
    ] {
        let mut fields = vec![("key", "k")];
        fields.retain(|(name, _)| *name != refused.0);
        fields.push(refused);
        let mut request = Request::read(&Method::POST, &target, &headers, "h", &[]).unwrap();
        let read = Posted::read(&mut request, Some(form(None, &fields)), &call);
        assert!(read.is_err(), "{refused:?}");
    }
}

fn call() -> Call {
    Call {
        request_id: "r".into(),
        now: NOW.parse().unwrap(),
        caller: door::Caller::anonymous(None),
        region: "eu-west-1".into(),
        signed_region: None,
        source_ip: "192.0.2.1".parse().unwrap(),
        user_agent: None,
        referer: None,
        host: "h".into(),
        tls: None,
        authentication: door::Authentication::None,
        payload_hash: None,
    }
}

#[test]
fn only_pages_of_the_web_are_redirected_to() {
    let of = |name: &str, value: &str| {
        Success::of(&BTreeMap::from([(name.to_owned(), value.to_owned())]))
    };
    for good in ["http://h/p", "https://h", "https://h/p?x#y"] {
        let redirect = Success::Redirect(good.to_owned());
        assert_eq!(of("success_action_redirect", good), redirect);
        assert_eq!(of("redirect", good), redirect);
    }
    for bad in [
        "/p",
        "h",
        "javascript:alert(1)",
        "ftp://h/",
        "http://",
        "http://h/\r\nx: y",
        "",
    ] {
        let none = Success::Status(StatusCode::NO_CONTENT);
        assert_eq!(of("success_action_redirect", bad), none, "{bad}");
    }
}
