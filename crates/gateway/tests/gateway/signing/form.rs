//! Forms, signed by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{Keys, Raw, date, scope, sign};

/// A form on its way: its fields in order, and a file.
#[derive(Clone)]
pub struct PostForm {
    pub fields: Vec<(String, String)>,
    pub file_name: Option<String>,
    pub file: Vec<u8>,
}

impl PostForm {
    /// A form with these fields, signed with a policy that has these conditions besides the ones on
    /// bucket and signature.
    pub fn signed(keys: &Keys, fields: &[(&str, &str)], conditions: &str) -> Self {
        let expires = Timestamp::now().as_second() + 300;
        let expires = Timestamp::from_second(expires).unwrap();
        Self::until(keys, fields, conditions, &expires.to_string())
    }

    /// The same with another end.
    pub fn until(keys: &Keys, fields: &[(&str, &str)], conditions: &str, expires: &str) -> Self {
        let date = date();
        let credential = format!("{}/{}", keys.id, scope(&date));
        let separator = if conditions.is_empty() { "" } else { "," };
        let policy = format!(
            r#"{{"expiration":"{expires}","conditions":[{{"bucket":"bkt"}},{{"x-amz-algorithm":"AWS4-HMAC-SHA256"}},{{"x-amz-credential":"{credential}"}},{{"x-amz-date":"{date}"}},["starts-with","$x-amz-security-token",""]{separator}{conditions}]}}"#
        );
        let policy = STANDARD.encode(policy);
        let signature = sign(keys, &date, &policy);
        let mut form = Self::plain(fields);
        for (name, value) in [
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", &credential),
            ("x-amz-date", &date),
            ("x-amz-security-token", &keys.token),
            ("Policy", &policy),
            ("x-amz-signature", &signature),
        ] {
            form.fields.push((name.to_owned(), value.to_owned()));
        }
        form
    }

    /// A form that nobody signs.
    pub fn plain(fields: &[(&str, &str)]) -> Self {
        Self {
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            file_name: Some("a.txt".to_owned()),
            file: b"content".to_vec(),
        }
    }

    pub fn file(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.file = bytes.into();
        self
    }

    /// Another value of a field that is there, or one more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Without a field.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// Posted to this target.
    pub fn to(&self, target: &str) -> Raw {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            body.extend(
                format!(
                    "--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .into_bytes(),
            );
        }
        let name = self.file_name.as_ref();
        let name = name.map_or_else(String::new, |name| format!("; filename=\"{name}\""));
        body.extend(
            format!("--b0\r\nContent-Disposition: form-data; name=\"file\"{name}\r\nContent-Type: text/plain\r\n\r\n")
                .into_bytes(),
        );
        body.extend_from_slice(&self.file);
        body.extend_from_slice(b"\r\n--b0--\r\n");
        Raw::new("POST", target)
            .header("content-type", "multipart/form-data; boundary=b0")
            .body(body)
    }
}
