//! Times in answers.

use jiff::Timestamp;
use serde_json::Value;

/// Seconds since the epoch, as AWS's JSON has them, or RFC 3339.
pub(crate) fn timestamp(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return text.parse().ok();
    }
    let seconds = value.as_i64().or_else(|| {
        // What is beyond the numbers becomes their end, and that is no time.
        value.as_f64().map(|seconds| seconds as i64)
    });
    Timestamp::from_second(seconds?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_numbers_or_texts() {
        let expected = Timestamp::from_second(1_700_000_000).ok();
        assert_eq!(timestamp(&json!(1_700_000_000)), expected);
        assert_eq!(timestamp(&json!(1.7e9)), expected);
        assert_eq!(timestamp(&json!("2023-11-14T22:13:20Z")), expected);
        assert_eq!(timestamp(&json!(1e300)), None);
        assert_eq!(timestamp(&json!(true)), None);
    }
}
