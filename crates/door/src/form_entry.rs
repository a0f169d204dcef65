//! How a form comes through the door.

use http::request::Parts;
use jiff::Timestamp;
use session::sigv4::{Presented, RequestParts, Rules, SignatureError, parse, parse_form};

use crate::authenticate::{Authenticated, Unproven};
use crate::{Api, Body, Door, Form, Refusal};

/// Reads the fields of a form into the extensions; its body is then the file's. Any other request
/// stays as it is.
pub(crate) async fn with_form(
    api: &dyn Api,
    parts: &mut Parts,
    body: Body,
    request_id: &str,
) -> Result<Body, Refusal> {
    if !api.is_form(parts) {
        return Ok(body);
    }
    let (form, file) = Form::read(&parts.headers, body)
        .await
        .map_err(|error| Refusal::form(&error, request_id))?;
    parts.extensions.insert(form);
    Ok(file)
}

impl Door {
    /// Who posts a form. Its fields are the only place for credentials, and for what else has to be
    /// signed.
    pub(crate) fn who_posted(
        &self,
        form: &mut Form,
        request: &RequestParts<'_>,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
        let unknown = |error| Unproven { error, known: None };
        check_headers(request).map_err(unknown)?;
        let nobody = match parse(request, rules).map_err(unknown)? {
            Presented::Anonymous => self.authenticate(request, rules, None, now)?,
            Presented::Signed(_) | Presented::SignedV2(_) => {
                return Err(unknown(SignatureError::SeveralMechanisms));
            }
        };
        let Some(signed) = parse_form(|name| form.get(name), rules).map_err(unknown)? else {
            return Ok(nobody);
        };
        let proven = self.authenticate_form(&signed, rules, now)?;
        form.policy = Some(signed.policy);
        Ok(proven)
    }
}

/// No header of a form is signed.
fn check_headers(request: &RequestParts<'_>) -> Result<(), SignatureError> {
    let names = request.headers.keys().map(|name| name.as_str());
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with("x-amz-"))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort_unstable();
    Err(SignatureError::HeadersNotSigned { names })
}
