use super::*;

const ACCOUNT: &str = "123456789012";

fn basic(read_write: &str, management: bool, values: &[&str]) -> BasicSelector {
    let values: Vec<String> = values.iter().map(|it| (*it).to_owned()).collect();
    BasicSelector {
        read_write: read_write.to_owned(),
        management,
        resources: match values.is_empty() {
            true => Vec::new(),
            false => vec![DataResource {
                kind: S3_OBJECT.to_owned(),
                values,
            }],
        },
        excluded_sources: Vec::new(),
    }
}

fn equals(field: &str, values: &[&str]) -> FieldSelector {
    FieldSelector {
        field: field.to_owned(),
        equals: values.iter().map(|it| (*it).to_owned()).collect(),
        ..FieldSelector::default()
    }
}

fn advanced(fields: Vec<FieldSelector>) -> AdvancedSelector {
    AdvancedSelector { name: None, fields }
}

fn management() -> AdvancedSelector {
    advanced(vec![equals("eventCategory", &["Management"])])
}

fn s3(more: Vec<FieldSelector>) -> AdvancedSelector {
    let mut fields = vec![
        equals("eventCategory", &["Data"]),
        equals("resources.type", &[S3_OBJECT]),
    ];
    fields.extend(more);
    advanced(fields)
}

fn put(selectors: Selectors) -> Result<EventSelectors, String> {
    let account = ACCOUNT.parse().unwrap();
    EventSelectors::new(account, selectors).map_err(|error| error.to_string())
}

fn get(arn: &str) -> DataEvent<'_> {
    DataEvent {
        name: "GetObject",
        source: "s3.amazonaws.com",
        read_only: true,
        arn,
        caller: Some("arn:aws:sts::123456789012:assumed-role/backup/nightly"),
    }
}

fn written(arn: &str) -> DataEvent<'_> {
    DataEvent {
        name: "PutObject",
        read_only: false,
        ..get(arn)
    }
}

#[test]
fn basic_selectors_are_about_beginnings_of_arns() {
    let selectors = put(Selectors::Basic(vec![
        basic("All", true, &[]),
        basic(
            "WriteOnly",
            false,
            &["arn:aws:s3:::b/", "arn:aws:s3:::c/logs/2026"],
        ),
        basic("ReadOnly", false, &["arn:aws:s3:::d/"]),
    ]))
    .unwrap();
    for (event, selected) in [
        (written("arn:aws:s3:::b/k"), true),
        (written("arn:aws:s3:::b/"), true),
        (get("arn:aws:s3:::b/k"), false),
        (written("arn:aws:s3:::bb/k"), false),
        (written("arn:aws:s3:::c/logs/2026/11"), true),
        (written("arn:aws:s3:::c/logs/2025"), false),
        (written("arn:aws:s3:::c/"), false),
        (get("arn:aws:s3:::d/x"), true),
        (written("arn:aws:s3:::d/x"), false),
    ] {
        assert_eq!(selectors.select(&event), selected, "{event:?}");
    }
    for all in ["arn:aws:s3", "arn:aws:s3:::"] {
        let selectors = put(Selectors::Basic(vec![basic("All", true, &[all])])).unwrap();
        assert!(selectors.select(&get("arn:aws:s3:::any/k")));
    }
    let none = put(Selectors::Basic(vec![basic("All", true, &[])])).unwrap();
    assert!(!none.select(&get("arn:aws:s3:::any/k")));
}

#[test]
fn advanced_selectors_ask_all_fields_of_one_selector() {
    let selectors = put(Selectors::Advanced(vec![
        management(),
        s3(vec![
            equals("readOnly", &["false"]),
            FieldSelector {
                field: "resources.ARN".into(),
                starts_with: vec!["arn:aws:s3:::b/".into()],
                not_ends_with: vec![".tmp".into()],
                ..FieldSelector::default()
            },
        ]),
        s3(vec![
            equals("eventName", &["GetObject"]),
            FieldSelector {
                field: "userIdentity.arn".into(),
                not_starts_with: vec!["arn:aws:sts::123456789012:assumed-role/backup/".into()],
                ..FieldSelector::default()
            },
        ]),
    ]))
    .unwrap();
    let other = DataEvent {
        caller: Some("arn:aws:iam::123456789012:user/eve"),
        ..get("arn:aws:s3:::c/k")
    };
    let nobody = DataEvent {
        caller: None,
        ..other
    };
    for (event, selected) in [
        (written("arn:aws:s3:::b/k"), true),
        (written("arn:aws:s3:::b/k.tmp"), false),
        (written("arn:aws:s3:::c/k"), false),
        (get("arn:aws:s3:::b/k"), false),
        (other, true),
        (nobody, true),
    ] {
        assert_eq!(selectors.select(&event), selected, "{event:?}");
    }
}

#[test]
fn without_any_everything_is_selected() {
    let unset = put(Selectors::Advanced(EventSelectors::unset())).unwrap();
    for event in [get("arn:aws:s3:::b/k"), written("arn:aws:s3:::b/")] {
        assert!(unset.select(&event));
    }
}

#[test]
fn they_come_back_from_the_store_as_they_were() {
    let selectors = put(Selectors::Basic(vec![basic(
        "All",
        true,
        &["arn:aws:s3:::b/"],
    )]))
    .unwrap();
    let text = serde_json::to_string(&selectors).unwrap();
    assert_eq!(
        serde_json::from_str::<EventSelectors>(&text).unwrap(),
        selectors
    );
}

#[test]
fn management_events_cannot_be_left_out() {
    let ours = "Management events are always recorded here";
    for selectors in [
        Selectors::Basic(vec![basic("All", false, &["arn:aws:s3"])]),
        Selectors::Basic(vec![basic("WriteOnly", true, &["arn:aws:s3"])]),
        Selectors::Advanced(vec![s3(Vec::new())]),
        Selectors::Advanced(vec![advanced(vec![
            equals("eventCategory", &["Management"]),
            equals("readOnly", &["false"]),
        ])]),
    ] {
        let told = put(selectors.clone()).unwrap_err();
        assert!(told.starts_with(ours), "{selectors:?}: {told}");
    }
    // Both halves are the whole.
    put(Selectors::Basic(vec![
        basic("WriteOnly", true, &[]),
        basic("ReadOnly", true, &[]),
    ]))
    .unwrap();
}

#[test]
fn wrong_basic_selectors_are_refused_in_clear_words() {
    for (value, told) in [
        (
            "arn:aws:s3:::*",
            "Value arn:aws:s3:::* for DataResources.Values is invalid.",
        ),
        (
            "arn:aws:s3:::*/*",
            "Value arn:aws:s3:::*/* for DataResources.Values is invalid.",
        ),
        ("b/", "Value b/ for DataResources.Values is invalid."),
        (
            "arn:aws:s3:::b",
            "Value arn:aws:s3:::b for DataResources.Values is invalid. The ARN of a bucket's objects has a slash after the \
             bucket's name.",
        ),
    ] {
        let selectors = Selectors::Basic(vec![basic("All", true, &[value])]);
        assert_eq!(put(selectors).unwrap_err(), told);
    }
    let mut wrong = basic("All", true, &["arn:aws:s3"]);
    wrong.resources[0].kind = "AWS::S3::Bucket".into();
    assert_eq!(
        put(Selectors::Basic(vec![wrong])).unwrap_err(),
        "Value AWS::S3::Bucket for DataResources.Type is invalid. Valid values are: AWS::DynamoDB::Table, \
         AWS::Lambda::Function, AWS::S3::Object"
    );
    let mut wrong = basic("All", true, &[]);
    wrong.excluded_sources = vec!["iam.amazonaws.com".into()];
    let many: Vec<String> = (0..251).map(|it| format!("arn:aws:s3:::b/{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (selectors, word) in [
        (vec![wrong], "ExcludeManagementEventSources"),
        (vec![basic("read-only", true, &[])], "ReadWriteType"),
        (vec![basic("All", true, &many)], "250"),
        (vec![basic("All", true, &[]); 6], "between 1 and 5"),
        (Vec::new(), "between 1 and 5"),
    ] {
        let told = put(Selectors::Basic(selectors)).unwrap_err();
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn wrong_advanced_selectors_are_refused_in_clear_words() {
    let twice = equals("eventName", &["GetObject"]);
    let values: Vec<String> = (0..501).map(|it| format!("Get{it}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    for (selector, word) in [
        (
            advanced(vec![equals("readOnly", &["true"])]),
            "eventCategory is required",
        ),
        (
            advanced(vec![equals("eventCategory", &["Data"])]),
            "resources.type is required",
        ),
        (
            advanced(vec![equals("eventCategory", &["Data", "Management"])]),
            "one value",
        ),
        (
            advanced(vec![equals("eventCategory", &["Insight"])]),
            "Value Insight",
        ),
        (
            advanced(vec![equals("eventCategory", &["NetworkActivity"])]),
            "network activity",
        ),
        (s3(vec![equals("readOnly", &["yes"])]), "true or false"),
        (
            s3(vec![equals("sourceIPAddress", &["10.0.0.1"])]),
            "not supported for data events",
        ),
        (s3(vec![twice.clone(), twice]), "once"),
        (s3(vec![equals("eventName", &[])]), "an operator"),
        (
            s3(vec![equals("resources.ARN", &["b/k"])]),
            "Value b/k for resources.ARN",
        ),
        (s3(vec![equals("eventName", &values)]), "500"),
        (
            advanced(vec![
                equals("eventCategory", &["Management"]),
                equals("eventSource", &["iam.amazonaws.com"]),
            ]),
            "NotEquals",
        ),
        (
            advanced(vec![
                equals("eventCategory", &["Data"]),
                equals("resources.type", &["AWS::S3::Bucket"]),
            ]),
            "AWS::S3::Bucket",
        ),
    ] {
        let told = put(Selectors::Advanced(vec![management(), selector])).unwrap_err();
        assert!(told.contains(word), "{told}");
    }
}
