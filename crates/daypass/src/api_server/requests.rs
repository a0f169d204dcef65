//! Requests to an API server.

use anyhow::{Context, Result};
use form_urlencoded::byte_serialize;
use http::header::{CONTENT_TYPE, DATE};
use http::{Method, Request};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use kube::Error as Kube;
use kube::client::Body;
use serde_json::{Value, json};

use super::{Kubernetes, Place};

/// How many objects a page has.
const PAGE: u32 = 500;
/// Who manages the fields that are applied.
const MANAGER: &str = "daypass";

impl Kubernetes {
    /// The object, if there is one.
    pub(crate) async fn get(&self, place: &Place) -> Result<Option<Value>> {
        match self.send(Method::GET, &place.path(), None).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.refused("get", place, error)),
        }
    }

    /// Makes an object that is not there yet. A name that is taken is an error.
    pub(crate) async fn create(&self, object: &Value) -> Result<Value> {
        let place = Place::of(object)?;
        let path = place.collection();
        let made = self.send(Method::POST, &path, Some(("application/json", object)));
        made.await
            .map_err(|error| self.refused("create", &place, error))
    }

    /// What admission would make of an object; nothing is stored.
    pub(crate) async fn create_dry(&self, object: &Value) -> Result<Value> {
        let place = Place::of(object)?;
        let path = format!("{}?dryRun=All", place.collection());
        let made = self.send(Method::POST, &path, Some(("application/json", object)));
        made.await
            .map_err(|error| self.refused("create", &place, error))
    }

    /// Server-side apply: what the object says holds afterwards, and what it does not mention stays.
    pub(crate) async fn apply(&self, object: &Value) -> Result<Value> {
        let place = Place::of(object)?;
        let path = format!("{}?fieldManager={MANAGER}&force=true", place.path());
        let body = ("application/apply-patch+yaml", object);
        let applied = self.send(Method::PATCH, &path, Some(body));
        applied
            .await
            .map_err(|error| self.refused("patch", &place, error))
    }

    /// Merges a patch (RFC 7386) into an object.
    pub(crate) async fn merge(&self, place: &Place, patch: &Value) -> Result<Value> {
        let path = format!("{}?fieldManager={MANAGER}", place.path());
        let body = ("application/merge-patch+json", patch);
        let merged = self.send(Method::PATCH, &path, Some(body));
        merged
            .await
            .map_err(|error| self.refused("patch", place, error))
    }

    /// Deletes the very object that was looked at. One that is gone is no error.
    pub(crate) async fn delete(&self, place: &Place, object: &Value) -> Result<()> {
        let uid = object.pointer("/metadata/uid");
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        });
        let body = ("application/json", &options);
        match self.send(Method::DELETE, &place.path(), Some(body)).await {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(self.refused("delete", place, error)),
        }
    }

    /// All objects at the path of a collection; `None` if the API server knows no such kind.
    pub(crate) async fn list(&self, path: &str) -> Result<Option<Vec<Value>>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut found: Vec<Value> = Vec::new();
        let mut next = String::new();
        loop {
            let page = format!("{path}{separator}limit={PAGE}{next}");
            let mut list = match self.send(Method::GET, &page, None).await {
                Ok(list) => list,
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(self.unanswered(error)),
            };
            if let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) {
                found.extend(items);
            }
            let token = list.pointer("/metadata/continue").and_then(Value::as_str);
            let Some(token) = token.filter(|it| !it.is_empty()) else {
                return Ok(Some(found));
            };
            let token: String = byte_serialize(token.as_bytes()).collect();
            next = format!("&continue={token}");
        }
    }

    /// The JSON at a path that is no object's; `None` if there is nothing.
    pub(crate) async fn document(&self, path: &str) -> Result<Option<Value>> {
        match self.send(Method::GET, path, None).await {
            Ok(document) => Ok(Some(document)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.unanswered(error)),
        }
    }

    /// A service account's token (TokenRequest).
    pub(crate) async fn token(
        &self,
        namespace: &str,
        name: &str,
        audience: &str,
    ) -> Result<String> {
        let place = Place::service_account(namespace, name);
        let path = format!("{}/token", place.path());
        let wanted = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            // The shortest that there is.
            "spec": {"audiences": [audience], "expirationSeconds": 600},
        });
        let answer = self.send(Method::POST, &path, Some(("application/json", &wanted)));
        let answer = answer.await.map_err(|error| {
            let error = self.refused("create", &place, error);
            error.context("no token by TokenRequest (the subresource `serviceaccounts/token`)")
        })?;
        let token = answer.pointer("/status/token").and_then(Value::as_str);
        Ok(token
            .context("the answer to a TokenRequest has no token")?
            .to_owned())
    }

    /// The API server's time, to the second.
    pub(crate) async fn time(&self) -> Result<Option<Timestamp>> {
        let request = Request::get("/version").body(Body::empty())?;
        let answer = self.client.send(request).await;
        let answer = answer.map_err(|error| self.unanswered(error))?;
        let date = answer.headers().get(DATE).and_then(|it| it.to_str().ok());
        Ok(date.and_then(|it| Some(rfc2822::parse(it).ok()?.timestamp())))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> Result<Value, Kube> {
        let mut request = Request::builder().method(method).uri(path);
        let mut bytes = Vec::new();
        if let Some((kind, value)) = body {
            request = request.header(CONTENT_TYPE, kind);
            bytes = value.to_string().into_bytes();
        }
        let request = request.body(bytes).map_err(Kube::HttpError)?;
        self.client.request(request).await
    }
}

/// Whether there is nothing at a path. An API server that lacks a whole group says so in plain text.
fn is_absent(error: &Kube) -> bool {
    matches!(error, Kube::Api(status) if status.code == 404 || status.is_not_found())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// An API server that answers each request with the next of these.
    async fn answering(answers: Vec<Value>) -> (Kubernetes, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let mut lines = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                lines.push(head.lines().next().unwrap().to_owned());
                let body = answer.to_string();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            lines
        });
        let config = kube::Config::new(url.parse().unwrap());
        let kubernetes = Kubernetes {
            client: kube::Client::try_from(config).unwrap(),
            url,
            roots: Vec::new(),
            kubectl: "kubectl".to_owned(),
        };
        (kubernetes, asked)
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_last_page() {
        let (kubernetes, asked) = answering(vec![
            json!({"metadata": {"continue": "a+b"}, "items": [1, 2]}),
            json!({"metadata": {}, "items": [3]}),
        ])
        .await;
        let found = kubernetes.list("/api/v1/pods?a=b").await.unwrap().unwrap();
        assert_eq!(found, [1, 2, 3]);
        assert_eq!(
            asked.await.unwrap(),
            [
                "GET /api/v1/pods?a=b&limit=500 HTTP/1.1",
                "GET /api/v1/pods?a=b&limit=500&continue=a%2Bb HTTP/1.1",
            ]
        );
    }
}
