//! The documents of all AWS-managed policies.

use std::io::Read;

use serde_json::Value;

/// Name and text of each, in order of their ARNs.
pub(crate) fn documents() -> Vec<(String, String)> {
    let mut packed: &[u8] = include_bytes!("../../../directory/data/aws-managed-policies.json.gz");
    // A gzip member with the index, then one for each document.
    let mut member = || {
        let mut text = String::new();
        flate2::bufread::GzDecoder::new(&mut packed)
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let index: Vec<Value> = serde_json::from_str(&member()).unwrap();
    index
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap().to_owned(), member()))
        .collect()
}
