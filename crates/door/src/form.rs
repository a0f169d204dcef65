//! Forms that browsers post to S3: read up to the file, whose bytes then stream.
//!
//! Who posts one is in its fields, so these are read before anybody is authenticated. They have a bound
//! (S3 API Reference, "Browser-based uploads using POST": 20 KB), and the file stays on the wire.

mod file;
mod head;
mod part;

pub use head::FormError;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::Body;

/// The fields of a form before its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Names, in lower case and each once, and values; those that sign the form among them, since
    /// its policy has conditions on them too.
    pub fields: Vec<(String, String)>,
    /// The file's name, if the part has one.
    pub file_name: Option<String>,
    /// The policy as it came, base64, if the form is signed: the signature holds; whether the
    /// conditions do is for the API to say.
    pub policy: Option<String>,
}

impl Form {
    /// The value of a field that comes once; `name` is in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Reads the fields, and hands back the body of the file.
    pub(crate) async fn read(
        headers: &HeaderMap,
        mut body: Body,
    ) -> Result<(Self, Body), FormError> {
        let boundary = boundary(headers).ok_or(FormError::Malformed("it has no boundary"))?;
        let (form, rest) = head::Head::new(&boundary).read(&mut body).await?;
        Ok((form, file::file(body, &boundary, rest)))
    }
}

/// Whether the headers say that the body is a form with files.
#[must_use]
pub fn is_multipart(headers: &HeaderMap) -> bool {
    kind(headers).is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("multipart/form-data"))
}

fn kind(headers: &HeaderMap) -> Option<(&str, &str)> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    Some((kind.trim(), parameters))
}

/// The boundary between the parts: 1 to 70 characters (RFC 2046, section 5.1.1).
fn boundary(headers: &HeaderMap) -> Option<String> {
    let (_, parameters) = kind(headers)?;
    let boundary = part::parameters(parameters)?
        .into_iter()
        .find(|(name, _)| name == "boundary")?
        .1;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    let fits = (1..=70).contains(&boundary.len()) && !boundary.ends_with(' ');
    (fits && boundary.bytes().all(allowed)).then_some(boundary)
}

#[cfg(test)]
#[path = "form/tests.rs"]
mod tests;
