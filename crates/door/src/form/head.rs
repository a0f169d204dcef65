//! The fields before the file.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use memchr::memmem;
use thiserror::Error;

use super::Form;
use super::part::Named;
use crate::{Body, BodyError};

/// Most bytes before the file's own.
const MOST: usize = 20 * 1024;

/// What user metadata begins with: the one kind of field that may come more than once.
const METADATA: &str = "x-amz-meta-";

/// Why a form isn't one.
#[derive(Debug, Error)]
pub enum FormError {
    /// The framing is broken.
    #[error("malformed form: {0}")]
    Malformed(&'static str),
    /// More comes before the file than is read.
    #[error("the fields before the file are too long")]
    TooLong,
    /// It ends without a file.
    #[error("the form has no file")]
    NoFile,
    /// A field is there twice.
    #[error("the form has the field `{0}` twice")]
    Repeated(String),
    /// The client went away.
    #[error(transparent)]
    Body(Box<BodyError>),
}

impl FormError {
    /// S3's error code ("List of error codes", S3 API Reference).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MalformedPOSTRequest",
            Self::TooLong => "MaxPostPreDataLengthExceededError",
            Self::NoFile | Self::Repeated(_) => "InvalidArgument",
            Self::Body(error) => error.code(),
        }
    }

    /// The message for the client.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Malformed(_) => {
                "The body of your POST request is not well-formed multipart/form-data.".to_owned()
            }
            Self::TooLong => {
                "Your POST request fields preceding the upload file were too large.".to_owned()
            }
            Self::NoFile => "POST requires exactly one file upload per request.".to_owned(),
            Self::Repeated(_) => "A form field was given more than once.".to_owned(),
            Self::Body(error) => error.message(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Body(error) => error.status(),
            _ => 400,
        }
    }

    /// Further elements of S3's error body.
    #[must_use]
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let (name, value) = match self {
            Self::NoFile => ("file", "0"),
            Self::Repeated(name) => (name.as_str(), ""),
            _ => return Vec::new(),
        };
        vec![
            ("ArgumentName", name.to_owned()),
            ("ArgumentValue", value.to_owned()),
        ]
    }
}

/// Reads the fields.
pub(super) struct Head {
    /// What ends a part: a line end, two hyphens, the boundary.
    delimiter: Vec<u8>,
    held: BytesMut,
    consumed: usize,
    form: Form,
}

/// Where the next part stands.
enum Step {
    More,
    Field,
    File,
}

impl Head {
    pub(super) fn new(boundary: &str) -> Self {
        let mut held = BytesMut::new();
        // So that the first delimiter is one like the others.
        held.extend_from_slice(b"\r\n");
        Self {
            delimiter: delimiter(boundary),
            held,
            consumed: 0,
            form: Form::default(),
        }
    }

    /// Reads up to the first byte of the file. Hands back what has come of it.
    pub(super) async fn read(&mut self, body: &mut Body) -> Result<(Form, BytesMut), FormError> {
        loop {
            match self.step()? {
                Step::Field => {}
                Step::File => return Ok((std::mem::take(&mut self.form), self.held.split())),
                Step::More => {
                    if self.consumed + self.held.len() > MOST {
                        return Err(FormError::TooLong);
                    }
                    self.held.extend_from_slice(&next(body).await?);
                }
            }
        }
    }

    /// Takes the next part, if it is there whole; of the file, its headers.
    fn step(&mut self) -> Result<Step, FormError> {
        let start = self.delimiter.len();
        let Some(first) = self.held.get(..start) else {
            return match self.delimiter.starts_with(&self.held) {
                true => Ok(Step::More),
                false => Err(FormError::Malformed("it doesn't begin with its boundary")),
            };
        };
        if first != self.delimiter {
            return Err(FormError::Malformed("it doesn't begin with its boundary"));
        }
        let Some(line) = memmem::find(&self.held[start..], b"\r\n") else {
            return match self.held[start..].starts_with(b"--") {
                true => Err(FormError::NoFile),
                false => Ok(Step::More),
            };
        };
        match &self.held[start..start + line] {
            b"--" => return Err(FormError::NoFile),
            padding if padding.iter().all(|b| matches!(b, b' ' | b'\t')) => {}
            _ => return Err(FormError::Malformed("a boundary is followed by something")),
        }
        // Of this line's end too: a part may have no headers at all.
        let headers = start + line;
        let Some(length) = memmem::find(&self.held[headers..], b"\r\n\r\n") else {
            return Ok(Step::More);
        };
        let text = self.held[headers..headers + length].trim_ascii_start();
        let named = Named::read(text)?;
        let content = headers + length + 4;
        let name = named.name.to_ascii_lowercase();
        if name == "file" {
            self.take(content)?;
            self.form.file_name = named.file_name;
            return Ok(Step::File);
        }
        let Some(length) = memmem::find(&self.held[content..], &self.delimiter) else {
            return Ok(Step::More);
        };
        let value = str::from_utf8(&self.held[content..content + length])
            .map_err(|_| FormError::Malformed("a field is no text"))?
            .to_owned();
        self.take(content + length)?;
        self.keep(name, value)?;
        Ok(Step::Field)
    }

    fn take(&mut self, bytes: usize) -> Result<(), FormError> {
        self.consumed += bytes;
        let _ = self.held.split_to(bytes);
        match self.consumed > MOST {
            true => Err(FormError::TooLong),
            false => Ok(()),
        }
    }

    /// A field that could be read in two ways is refused; user metadata is joined (S3 API Reference,
    /// "HTML form fields").
    fn keep(&mut self, name: String, value: String) -> Result<(), FormError> {
        let mut known = self.form.fields.iter_mut();
        match known.find(|(known, _)| *known == name) {
            None => self.form.fields.push((name, value)),
            Some((_, first)) if name.starts_with(METADATA) => {
                first.push(',');
                first.push_str(&value);
            }
            Some(_) => return Err(FormError::Repeated(name)),
        }
        Ok(())
    }
}

/// A line end, two hyphens, the boundary.
pub(super) fn delimiter(boundary: &str) -> Vec<u8> {
    format!("\r\n--{boundary}").into_bytes()
}

async fn next(body: &mut Body) -> Result<Bytes, FormError> {
    loop {
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(data);
                }
            }
            Some(Err(error)) => return Err(FormError::Body(Box::new(error))),
            None => return Err(FormError::Malformed("it ends before its end")),
        }
    }
}
