//! HTTP/1.1 messages as bytes: requests made once and sent many times, answers read no further than needed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail};
use http::{HeaderMap, Method};
use memchr::memmem;

/// Longest answer that is kept; a page of a thousand long keys has some hundred KB.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// A request, not yet bytes.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query, encoded.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names and values in their order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// The bytes to send. The headers must have `host`; the length is added.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len() as u64);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The bytes before a body of this length, whatever body the request has.
    pub(crate) fn head(&self, length: u64) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let digits = length.to_string();
        let lengths = (length > 0 || self.method != Method::GET)
            .then_some(("content-length", digits.as_bytes()));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        for (name, value) in headers.chain(lengths) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// Sends a request on a connection of its own and reads the answer.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(length) = whole(&answer)?
            && answer.len() >= length
        {
            return parse(&answer);
        }
        let read = stream.read(&mut piece)?;
        if read == 0 {
            bail!("the server hung up");
        }
        answer.extend_from_slice(&piece[..read]);
    }
}

/// The length of the whole answer that begins here, once its head is there.
pub(crate) fn whole(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(Lengths { head, body }) = lengths(bytes)? else {
        return Ok(None);
    };
    let whole = usize::try_from(body)?.saturating_add(head);
    if whole > LONGEST {
        bail!("an answer of {whole} bytes");
    }
    Ok(Some(whole))
}

/// How many bytes an answer has before its body, the empty line included, and in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) head: usize,
    pub(crate) body: u64,
}

/// The lengths of the answer that begins here, once its head is there.
pub(crate) fn lengths(bytes: &[u8]) -> Result<Option<Lengths>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &bytes[..end];
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        let name = line.get(..CONTENT_LENGTH.len())?;
        let found = name.eq_ignore_ascii_case(CONTENT_LENGTH);
        found.then(|| &line[CONTENT_LENGTH.len()..])
    });
    let length = length.context("an answer without content-length")?;
    Ok(Some(Lengths {
        head: end + 4,
        body: std::str::from_utf8(length)?.trim().parse()?,
    }))
}

const CONTENT_LENGTH: &[u8] = b"content-length:";

/// Whether the answer that begins here is `200 OK`.
pub(crate) fn is_ok(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1.1 200 ")
}

fn parse(bytes: &[u8]) -> Result<Response> {
    let text = std::str::from_utf8(bytes)?;
    let (head, body) = text.split_once("\r\n\r\n").context("no head")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    Ok(Response {
        status: status.context("no status")?.parse()?,
        headers: lines.filter_map(header).collect(),
        body: body.to_owned(),
    })
}
