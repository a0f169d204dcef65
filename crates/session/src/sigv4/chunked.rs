//! The `aws-chunked` content coding, decoded as it arrives.
//!
//! A signed chunk's bytes are held until its signature has been checked, and only then released; chunks are linked, each signature
//! covering the one before, back to the request's own ("Signature Calculations for the Authorization Header: Transferring Payload
//! in Multiple Chunks", Amazon S3 API Reference). Unsigned chunks are released as they come.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use jiff::Timestamp;

use crate::hex;
use crate::sigv4::chunk_error::ChunkError;
use crate::sigv4::clock;
use crate::sigv4::parse::single;
use crate::sigv4::payload::sha256;
use crate::sigv4::scope::{Scope, SigningKey};
use crate::sigv4::signed::Verified;

/// The largest signed chunk, in bytes: what is held in memory for each upload at most.
pub const MAX_SIGNED_CHUNK: u64 = 16 * 1024 * 1024;

/// The smallest signed chunk that isn't the last, in bytes.
const MIN_SIGNED_CHUNK: u64 = 8192;

/// `16 digits;chunk-signature=64 digits` and a carriage return.
const MAX_SIZE_LINE: usize = 16 + CHUNK_SIGNATURE.len() + 64 + 1;
const MAX_TRAILER_LINE: usize = 1024;
const MAX_TRAILERS: usize = 16;

const CHUNK_SIGNATURE: &str = ";chunk-signature=";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";
pub(super) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a request's headers announce about its chunked body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkLayout {
    /// The length of the decoded body, in bytes.
    pub decoded_length: u64,
    /// The names of the trailing headers, in lower case, each once. No others may come, and all of these must.
    pub trailers: Vec<String>,
}

/// The trailing headers: lower-case names and values, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailers(pub Vec<(String, String)>);

impl ChunkLayout {
    /// Reads `x-amz-decoded-content-length` and `x-amz-trailer`.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, ChunkError> {
        let length = single(headers, "x-amz-decoded-content-length").map_err(ChunkError::Header)?;
        let digits =
            length.filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
        let decoded_length = digits
            .and_then(|text| text.parse().ok())
            .ok_or(ChunkError::NoLength)?;
        let mut trailers = Vec::new();
        for value in headers.get_all("x-amz-trailer") {
            let text = value.to_str().map_err(|_| ChunkError::Trailer)?;
            for name in text.split(',') {
                let name = name.trim().to_ascii_lowercase();
                if name.is_empty() || trailers.contains(&name) {
                    continue;
                }
                if trailers.len() == MAX_TRAILERS {
                    return Err(ChunkError::Trailer);
                }
                trailers.push(name);
            }
        }
        Ok(Self {
            decoded_length,
            trailers,
        })
    }
}

/// Decodes one body. Fed with any pieces of it in order, it yields the same bytes.
pub struct ChunkDecoder {
    layout: ChunkLayout,
    /// `None` for unsigned chunks.
    chain: Option<Chain>,
    allows_trailers: bool,
    state: State,
    /// The current line as far as it has come.
    line: Vec<u8>,
    /// The lengths of all chunks so far; never more than the layout's.
    announced: u64,
    last_size: u64,
    trailers: Vec<(String, String)>,
    trailers_signed: bool,
}

#[derive(Clone, Copy)]
enum State {
    SizeLine,
    Data {
        remaining: u64,
    },
    /// The line end after a chunk's data.
    DataEnd,
    TrailerLine,
    End,
    Failed,
}

/// The chain of signatures, and the chunk that waits for its link.
struct Chain {
    key: SigningKey,
    timestamp: Timestamp,
    scope: Scope,
    previous: String,
    links: u64,
    claimed: String,
    hash: Context,
    /// The chunk so far, copied together: many small pieces would cost far more than their bytes.
    held: BytesMut,
}

impl ChunkDecoder {
    /// Decodes signed chunks (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, and with `trailer` the same `-TRAILER`) of a request whose own
    /// signature is `verified`.
    pub fn signed(layout: ChunkLayout, verified: &Verified, trailer: bool) -> Self {
        let chain = Chain {
            key: verified.signing_key.clone(),
            timestamp: verified.timestamp,
            scope: verified.scope.clone(),
            previous: verified.seed_signature.clone(),
            links: 0,
            claimed: String::new(),
            hash: Context::new(&SHA256),
            held: BytesMut::new(),
        };
        Self::new(layout, Some(chain), trailer)
    }

    /// Decodes unsigned chunks with trailing headers (`STREAMING-UNSIGNED-PAYLOAD-TRAILER`).
    pub fn unsigned_trailer(layout: ChunkLayout) -> Self {
        Self::new(layout, None, true)
    }

    fn new(layout: ChunkLayout, chain: Option<Chain>, allows_trailers: bool) -> Self {
        Self {
            layout,
            chain,
            allows_trailers,
            state: State::SizeLine,
            line: Vec::new(),
            announced: 0,
            last_size: MIN_SIGNED_CHUNK,
            trailers: Vec::new(),
            trailers_signed: false,
        }
    }

    /// Takes the next piece of the body and answers what it releases of the decoded one. After an error every further call fails.
    pub fn push(&mut self, mut input: Bytes) -> Result<Vec<Bytes>, ChunkError> {
        let mut released = Vec::new();
        while !input.is_empty() {
            if let Err(error) = self.step(&mut input, &mut released) {
                self.state = State::Failed;
                if let Some(chain) = &mut self.chain {
                    chain.held.clear();
                }
                return Err(error);
            }
        }
        Ok(released)
    }

    /// Ends the body: complete, of the announced length, with the announced trailing headers.
    pub fn finish(self) -> Result<Trailers, ChunkError> {
        match self.state {
            State::End => Ok(Trailers(self.trailers)),
            State::Failed => Err(ChunkError::Malformed("it was refused before")),
            _ => Err(ChunkError::Length),
        }
    }

    fn step(&mut self, input: &mut Bytes, released: &mut Vec<Bytes>) -> Result<(), ChunkError> {
        match self.state {
            State::SizeLine => match self.take_line(input, MAX_SIZE_LINE)? {
                Some(line) => self.begin_chunk(&line),
                None => Ok(()),
            },
            State::Data { remaining } => {
                let len = usize::try_from(remaining)
                    .unwrap_or(usize::MAX)
                    .min(input.len());
                let piece = input.split_to(len);
                let remaining = remaining - piece.len() as u64;
                self.state = if remaining == 0 {
                    State::DataEnd
                } else {
                    State::Data { remaining }
                };
                match &mut self.chain {
                    None => released.push(piece),
                    Some(chain) => {
                        chain.hash.update(&piece);
                        chain.held.extend_from_slice(&piece);
                        if remaining == 0 {
                            chain.check_chunk()?;
                            released.push(chain.held.split().freeze());
                        }
                    }
                }
                Ok(())
            }
            State::DataEnd => match self.take_line(input, 1)? {
                Some(line) if !line.is_empty() => {
                    Err(ChunkError::Malformed("a chunk is longer than its size"))
                }
                Some(_) => {
                    self.state = State::SizeLine;
                    Ok(())
                }
                None => Ok(()),
            },
            State::TrailerLine => match self.take_line(input, MAX_TRAILER_LINE)? {
                Some(line) if line.is_empty() => self.end(),
                Some(line) => self.trailer(&line),
                None => Ok(()),
            },
            State::End => Err(ChunkError::Malformed("there are bytes after the end")),
            State::Failed => Err(ChunkError::Malformed("it was refused before")),
        }
    }

    /// The next line without its end, once it is complete. `max` counts the carriage return.
    fn take_line(&mut self, input: &mut Bytes, max: usize) -> Result<Option<String>, ChunkError> {
        let end = input.iter().position(|b| *b == b'\n');
        let piece = input.split_to(end.unwrap_or(input.len()));
        if self.line.len() + piece.len() > max {
            return Err(ChunkError::Malformed("a line is too long"));
        }
        self.line.extend_from_slice(&piece);
        if end.is_none() {
            return Ok(None);
        }
        let _ = input.split_to(1);
        let mut line = std::mem::take(&mut self.line);
        if line.pop() != Some(b'\r') || line.contains(&b'\r') {
            return Err(ChunkError::Malformed("a line doesn't end with CR LF"));
        }
        match String::from_utf8(line) {
            Ok(line) if line.is_ascii() => Ok(Some(line)),
            _ => Err(ChunkError::Malformed("a line isn't text")),
        }
    }

    fn begin_chunk(&mut self, line: &str) -> Result<(), ChunkError> {
        let digits = match &mut self.chain {
            None => line,
            Some(chain) => {
                let (digits, signature) = line
                    .split_once(CHUNK_SIGNATURE)
                    .ok_or(ChunkError::Malformed("a chunk has no signature"))?;
                signature.clone_into(&mut chain.claimed);
                digits
            }
        };
        let size = size(digits).ok_or(ChunkError::Malformed("a chunk has no size"))?;
        if size > self.layout.decoded_length - self.announced {
            return Err(ChunkError::Length);
        }
        self.announced += size;
        if self.chain.is_some() && size > 0 {
            if size > MAX_SIGNED_CHUNK {
                return Err(ChunkError::TooLarge);
            }
            if self.last_size < MIN_SIGNED_CHUNK {
                return Err(ChunkError::TooSmall);
            }
        }
        self.last_size = size;
        if size > 0 {
            self.state = State::Data { remaining: size };
            return Ok(());
        }
        if let Some(chain) = &mut self.chain {
            chain.check_chunk()?;
        }
        if self.announced != self.layout.decoded_length {
            return Err(ChunkError::Length);
        }
        self.state = State::TrailerLine;
        Ok(())
    }

    fn trailer(&mut self, line: &str) -> Result<(), ChunkError> {
        let (name, value) = line.split_once(':').ok_or(ChunkError::Trailer)?;
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        // The signature is the last line.
        if !self.allows_trailers || self.trailers_signed {
            return Err(ChunkError::Trailer);
        }
        if let Some(chain) = self.chain.as_mut().filter(|_| name == TRAILER_SIGNATURE) {
            value.clone_into(&mut chain.claimed);
            chain.check_trailers(&self.trailers)?;
            self.trailers_signed = true;
            return Ok(());
        }
        let announced = self.layout.trailers.contains(&name);
        let repeated = self.trailers.iter().any(|(known, _)| *known == name);
        let is_text = value.bytes().all(|b| (b' '..=b'~').contains(&b));
        if !announced || repeated || !is_text {
            return Err(ChunkError::Trailer);
        }
        self.trailers.push((name, value.to_owned()));
        Ok(())
    }

    fn end(&mut self) -> Result<(), ChunkError> {
        if self.allows_trailers {
            let came = |name: &String| self.trailers.iter().any(|(known, _)| known == name);
            if !self.layout.trailers.iter().all(came) {
                return Err(ChunkError::Trailer);
            }
            if let Some(chain) = self.chain.as_ref().filter(|_| !self.trailers_signed) {
                return Err(ChunkError::Signature { chunk: chain.links });
            }
        }
        self.state = State::End;
        Ok(())
    }
}

impl Chain {
    /// Holds the current chunk against its signature, and starts the next one.
    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let hash = std::mem::replace(&mut self.hash, Context::new(&SHA256)).finish();
        self.check(
            "AWS4-HMAC-SHA256-PAYLOAD",
            &format!("{EMPTY_SHA256}\n{}", hex::encode(hash.as_ref())),
        )
    }

    fn check_trailers(&mut self, trailers: &[(String, String)]) -> Result<(), ChunkError> {
        let text: String = trailers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        self.check(
            "AWS4-HMAC-SHA256-TRAILER",
            &hex::encode(&sha256(text.as_bytes())),
        )
    }

    fn check(&mut self, algorithm: &str, hashes: &str) -> Result<(), ChunkError> {
        let text = format!(
            "{algorithm}\n{}\n{}\n{}\n{hashes}",
            clock::basic(self.timestamp),
            self.scope,
            self.previous
        );
        let expected = self.key.sign(&text);
        if verify_slices_are_equal(expected.as_bytes(), self.claimed.as_bytes()).is_err() {
            return Err(ChunkError::Signature { chunk: self.links });
        }
        self.previous = expected;
        self.links += 1;
        Ok(())
    }
}

/// 1–16 hexadecimal digits.
fn size(digits: &str) -> Option<u64> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.bytes().try_fold(0u64, |size, byte| {
        Some(size << 4 | u64::from(hex::digit(byte)?))
    })
}

impl fmt::Debug for ChunkDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkDecoder")
            .field("layout", &self.layout)
            .field("signed", &self.chain.is_some())
            .finish_non_exhaustive()
    }
}
