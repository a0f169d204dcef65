//! Writing shapes as JSON, for JSON services and for query clients that ask for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::secret::Secret;
use super::writer::{Shape, ShapeWriter};

/// The structure as a JSON object with the model's names; timestamps are seconds since the epoch.
pub(super) fn object(shape: &dyn Shape) -> Value {
    let mut writer = JsonWriter {
        members: Map::new(),
    };
    shape.write(&mut writer);
    Value::Object(writer.members)
}

struct JsonWriter {
    members: Map<String, Value>,
}

impl JsonWriter {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }
}

impl ShapeWriter for JsonWriter {
    fn text(&mut self, name: &'static str, value: &str) {
        self.put(name, value);
    }

    fn secret(&mut self, name: &'static str, value: &Secret) {
        self.put(name, value.reveal());
    }

    fn integer(&mut self, name: &'static str, value: i32) {
        self.put(name, value);
    }

    fn boolean(&mut self, name: &'static str, value: bool) {
        self.put(name, value);
    }

    fn timestamp(&mut self, name: &'static str, value: Timestamp) {
        // A float, as AWS writes it; f64 holds every second of the calendar exactly.
        self.put(name, value.as_second() as f64);
    }

    fn structure(&mut self, name: &'static str, value: &dyn Shape) {
        self.put(name, object(value));
    }

    fn texts(&mut self, name: &'static str, values: &[String]) {
        self.put(name, values);
    }

    fn entries(&mut self, name: &'static str, entries: &BTreeMap<String, String>) {
        let pair = |(key, value): (&String, &String)| (key.clone(), Value::from(value.clone()));
        self.put(name, entries.iter().map(pair).collect::<Map<_, _>>());
    }

    fn counts(&mut self, name: &'static str, counts: &BTreeMap<String, i32>) {
        let pair = |(key, value): (&String, &i32)| (key.clone(), Value::from(*value));
        self.put(name, counts.iter().map(pair).collect::<Map<_, _>>());
    }

    fn structures(&mut self, name: &'static str, values: &mut dyn Iterator<Item = &dyn Shape>) {
        self.put(name, values.map(object).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generated::cloudtrail::{Event, LookupEventsResponse};
    use crate::generated::sts::Credentials;

    #[test]
    fn names_stay_and_timestamps_are_epoch_numbers() {
        let event = Event {
            event_id: Some("e".into()),
            event_time: Some("2026-11-21T20:22:06Z".parse().unwrap()),
            ..Event::default()
        };
        let output = LookupEventsResponse {
            events: vec![event],
            next_token: None,
        };
        let expected = json!({ "Events": [{ "EventId": "e", "EventTime": 1_795_292_526.0, "Resources": [] }] });
        assert_eq!(object(&output), expected);
        assert_eq!(
            object(&LookupEventsResponse::default()),
            json!({ "Events": [] })
        );
    }

    #[test]
    fn secrets_reach_their_owner() {
        let credentials = Credentials {
            secret_access_key: "hush".into(),
            ..Credentials::default()
        };
        assert_eq!(object(&credentials)["SecretAccessKey"], "hush");
    }
}
