//! Requests to S3, path-style, and what their answers say.

use anyhow::{Context, Result, anyhow};
use http::Method;
use roxmltree::{Document, Node};
use session::sigv4::Rules;

use super::{Call, Client, Keys, Refused};

/// A request for a bucket or an object.
pub(crate) struct S3Request<'a> {
    pub(crate) method: Method,
    /// `/BUCKET` or `/BUCKET/KEY`, percent-encoded where a URL needs it.
    pub(crate) path: &'a str,
    /// Without the question mark.
    pub(crate) query: &'a str,
    /// Headers besides those that a signature needs.
    pub(crate) headers: Vec<(&'static str, &'a str)>,
    pub(crate) body: Vec<u8>,
}

impl<'a> S3Request<'a> {
    /// A request without headers and body.
    pub(crate) fn new(method: Method, path: &'a str, query: &'a str) -> Self {
        Self {
            method,
            path,
            query,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}

impl Client {
    /// A request to S3; the body of the answer.
    pub(crate) async fn s3(
        &self,
        request: S3Request<'_>,
        keys: &Keys,
    ) -> Result<Result<String, Refused>> {
        let (status, answer) = self
            .send(Call {
                method: request.method,
                path: request.path,
                query: request.query,
                headers: request.headers,
                body: request.body,
                rules: Rules::s3(),
                keys: Some(keys),
            })
            .await?;
        let answer = String::from_utf8(answer).context("the answer is no text")?;
        match status {
            200..300 => Ok(Ok(answer)),
            _ => refused(&answer)
                .map(Err)
                .with_context(|| format!("the answer has the HTTP status {status} and no error")),
        }
    }
}

fn refused(answer: &str) -> Result<Refused> {
    let text = |name| Ok::<_, anyhow::Error>(elements(answer, name)?.into_iter().next());
    Ok(Refused {
        code: text("Code")?.ok_or_else(|| anyhow!("there is no `Code`"))?,
        message: text("Message")?.unwrap_or_default(),
    })
}

/// The texts of the elements with this name, anywhere in an XML document.
pub(crate) fn elements(xml: &str, name: &str) -> Result<Vec<String>> {
    let document = Document::parse(xml).context("the answer is not XML")?;
    let named = |node: &Node<'_, '_>| node.is_element() && node.tag_name().name() == name;
    let nodes = document.descendants().filter(named);
    Ok(nodes
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_with_their_entities_and_in_any_namespace() {
        let xml = r#"<?xml version="1.0"?><R xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Key>a&amp;b</Key><C><Key>&#34;c&#34;</Key></C><Key/></R>"#;
        assert_eq!(elements(xml, "Key").unwrap(), ["a&b", "\"c\"", ""]);
        assert!(elements("<html>", "Key").is_err());
    }

    #[test]
    fn a_refusal_has_a_code() {
        let told = refused("<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>").unwrap();
        assert_eq!(
            (told.code.as_str(), told.message.as_str()),
            ("NoSuchBucket", "m")
        );
        assert!(refused("<Error/>").is_err());
        assert!(refused("Bad Gateway").is_err());
    }
}
