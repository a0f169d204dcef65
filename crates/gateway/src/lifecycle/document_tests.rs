use super::*;
use crate::reply::Reply;
use http_body_util::BodyExt as _;

fn parse(rules: &str) -> Result<Lifecycle, Fault> {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    Lifecycle::parse(document.as_bytes(), None)
}

fn rule(inside: &str) -> String {
    format!("<Rule><ID>r</ID><Status>Enabled</Status>{inside}</Rule>")
}

async fn shown(lifecycle: &Lifecycle) -> String {
    let reply = Reply::xml(&lifecycle.document()).unwrap();
    let body = reply.response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

const DAYS: &str = "<Expiration><Days>1</Days></Expiration>";

#[tokio::test]
async fn what_is_put_comes_back() {
    for inside in [
        "<Expiration><Days>1</Days></Expiration><Filter></Filter>",
        "<Expiration><Days>1</Days></Expiration><Filter><Prefix>a &amp; b/</Prefix></Filter>",
        "<Expiration><Days>1</Days></Expiration><Prefix>logs/</Prefix>",
        "<Expiration><Days>1</Days></Expiration><Prefix></Prefix>",
        "<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration><Filter></Filter>",
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><Filter></Filter>",
        "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><NoncurrentVersionExpiration><NewerNoncurrentVersions>5</NewerNoncurrentVersions><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>",
        "<Filter><And><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan><Prefix></Prefix><Tag><Key>k</Key><Value></Value></Tag><Tag><Key>l</Key><Value>v</Value></Tag></And></Filter><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>",
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload><Filter><Prefix>p</Prefix></Filter>",
    ] {
        let lifecycle = parse(&rule(inside)).unwrap();
        let stored = serde_json::to_string(&lifecycle).unwrap();
        let stored: Lifecycle = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored, lifecycle);
        let shown = shown(&stored).await.replace(".000Z", "Z");
        let start = inside.split('<').nth(1).unwrap();
        for piece in [inside.split("><").last().unwrap(), start] {
            assert!(shown.contains(piece), "{shown}");
        }
        // Whatever the order of the elements, what is shown is taken again for the same.
        let root = shown.find("<LifecycleConfiguration").unwrap();
        assert_eq!(
            Lifecycle::parse(&shown.as_bytes()[root..], None).unwrap(),
            lifecycle
        );
    }
}

#[test]
fn a_rule_without_an_id_gets_one() {
    let made = |rules: &str| parse(rules).unwrap().rules.remove(0).id;
    let without = format!("<Rule><Status>Enabled</Status><Filter/>{DAYS}</Rule>");
    let (one, other) = (made(&without), made(&without));
    assert_eq!(one.len(), 48);
    assert_ne!(one, other);
}

#[test]
fn the_minimum_size_is_one_of_two() {
    let document = format!(
        "<LifecycleConfiguration>{}</LifecycleConfiguration>",
        rule(&format!("<Filter/>{DAYS}"))
    );
    let with = |size| Lifecycle::parse(document.as_bytes(), size);
    assert_eq!(
        with(None).unwrap().minimum_size(),
        "all_storage_classes_128K"
    );
    let varies = with(Some("varies_by_storage_class")).unwrap();
    assert_eq!(varies.minimum_size(), "varies_by_storage_class");
    let fault = with(Some("value")).unwrap_err();
    assert_eq!(
        fault.text(),
        "Invalid TransitionDefaultMinimumObjectSize found: value"
    );
}

#[test]
fn what_is_wrong_is_said_as_s3_says_it() {
    let xml =
        "The XML you provided was not well-formed or did not validate against our published schema";
    let all = |rules: &[&str]| rules.concat();
    let filtered = |filter: &str| rule(&format!("<Filter>{filter}</Filter>{DAYS}"));
    let expiring = |how: &str| rule(&format!("<Filter/><Expiration>{how}</Expiration>"));
    let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    let marker =
        "<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>";
    let newer = "<NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>";
    let unnamed = |prefix: &str| {
        format!("<Rule><Status>Enabled</Status><Prefix>{prefix}</Prefix>{DAYS}</Rule>")
    };
    let many = format!("<Rule><Status>Enabled</Status><Filter/>{DAYS}</Rule>").repeat(1001);
    for (rules, code, message) in [
        (String::new(), "MalformedXML", xml),
        (rule(DAYS), "MalformedXML", xml),
        (
            filtered("<Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan>"),
            "MalformedXML",
            xml,
        ),
        (
            filtered(&format!("<Prefix>a</Prefix>{tag}")),
            "MalformedXML",
            xml,
        ),
        (
            filtered("<And><Prefix>a</Prefix></And>"),
            "MalformedXML",
            xml,
        ),
        (filtered("<And/>"), "MalformedXML", xml),
        // What a lenient reader would take for no condition at all.
        (filtered("<Prefixx>a</Prefixx>"), "MalformedXML", xml),
        (
            filtered("<Prefix><![CDATA[a]]></Prefix>"),
            "MalformedXML",
            xml,
        ),
        (filtered("a"), "MalformedXML", xml),
        (expiring(""), "MalformedXML", xml),
        (
            expiring("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
            "MalformedXML",
            xml,
        ),
        (expiring("<Days>x</Days>"), "MalformedXML", xml),
        (
            expiring("<Date>Fri, 01 Jan 2016 00:00:00 GMT</Date>"),
            "MalformedXML",
            xml,
        ),
        (
            format!("<Rule><Filter/><Status>enabled</Status>{DAYS}</Rule>"),
            "MalformedXML",
            xml,
        ),
        (
            rule("<Filter/><NoncurrentVersionExpiration/>"),
            "MalformedXML",
            xml,
        ),
        (
            rule("<Filter/><AbortIncompleteMultipartUpload/>"),
            "MalformedXML",
            xml,
        ),
        (
            expiring("<Days>0</Days>"),
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            expiring("<Days>-1</Days>"),
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            expiring("<Date>2030-01-01T00:00:01Z</Date>"),
            "InvalidArgument",
            "'Date' must be at midnight GMT",
        ),
        (
            rule(
                "<Filter/><NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>",
            ),
            "InvalidArgument",
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            rule(
                "<Filter/><AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
            ),
            "InvalidArgument",
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
        ),
        (
            all(&[&filtered(""), &filtered("")]),
            "InvalidArgument",
            "Rule ID must be unique. Found same ID for more than one rule",
        ),
        (
            format!(
                "<Rule><ID>{}</ID><Status>Enabled</Status><Filter/>{DAYS}</Rule>",
                "i".repeat(256)
            ),
            "InvalidArgument",
            "ID length should not exceed allowed limit of 255",
        ),
        (
            rule("<Filter/>"),
            "InvalidRequest",
            "At least one action needs to be specified in a rule",
        ),
        (
            many,
            "InvalidRequest",
            "The number of lifecycle rules must not exceed the allowed limit of 1000 rules.",
        ),
        (
            rule(&format!("<Filter>{tag}</Filter>{abort}")),
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
        (
            rule(&format!(
                "<Filter><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>{abort}"
            )),
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Object Size.",
        ),
        (
            rule(&format!(
                "<Filter><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>{marker}"
            )),
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Object Size.",
        ),
        (
            rule(&format!("<Filter>{tag}</Filter>{marker}")),
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ),
        (
            filtered(&format!("<And>{tag}{tag}</And>")),
            "InvalidRequest",
            "Duplicate Tag Keys are not allowed.",
        ),
        (
            filtered("<ObjectSizeLessThan>0</ObjectSizeLessThan>"),
            "InvalidRequest",
            "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
        ),
        (
            filtered("<ObjectSizeGreaterThan>-1</ObjectSizeGreaterThan>"),
            "InvalidRequest",
            "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.",
        ),
        (
            filtered(
                "<And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>5</ObjectSizeLessThan></And>",
            ),
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ),
        (
            filtered(&format!("<Prefix>{}</Prefix>", "a".repeat(1025))),
            "InvalidRequest",
            "The maximum size of a prefix is 1024.",
        ),
        (
            all(&[&unnamed("a"), &filtered("")]),
            "InvalidRequest",
            "Filter element can only be used in Lifecycle V2.",
        ),
        (
            all(&[&filtered(""), &unnamed("a")]),
            "InvalidRequest",
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
        ),
        (
            all(&[&unnamed("a/b"), &unnamed("b"), &unnamed("a")]),
            "InvalidRequest",
            "Found overlapping prefixes 'a' and 'a/b' for same action type 'Expiration'",
        ),
        (
            rule(&format!("<Prefix/>{newer}")),
            "InvalidRequest",
            "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
        ),
        (
            rule(
                "<Filter/><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>",
            ),
            "NotImplemented",
            "Transitions are not implemented: every object has the storage class STANDARD.",
        ),
    ] {
        let fault = parse(&rules).expect_err(&rules);
        assert_eq!(
            (fault.code().name(), fault.text()),
            (code, message),
            "{rules:.300}"
        );
    }
}
