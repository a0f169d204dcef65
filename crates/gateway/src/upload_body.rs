//! Receiving an object's bytes: into a new file, digested and verified on the way.

use std::fs::File;
use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use door::Trailers;
use http::HeaderMap;
use http_body_util::BodyExt as _;

use crate::checksum::{Algorithm, Digesting, Digests};
use crate::fault::{Code, Fault};
use crate::request::Request;
use crate::store::{Files, NewFile, StoreError};

/// Largest object or part of one request: 5 GiB.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;
/// Most bytes of a form's file that are read, and thrown away, beyond what is allowed.
const DISCARD: u64 = 16 * 1024 * 1024;
/// Bytes gathered before they are written.
const BUFFER: usize = 512 * 1024;

/// What the client says that the bytes are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    md5: Option<[u8; 16]>,
    /// The algorithm, and the value if it came as a header; else it is in the trailer.
    checksum: Option<(Algorithm, Option<String>)>,
}

/// Bytes that are durable in a file of their own.
#[derive(Debug)]
pub(crate) struct Received {
    /// The file.
    pub(crate) file: NewFile,
    /// Bytes.
    pub(crate) size: u64,
    /// Their digests.
    pub(crate) digests: Digests,
}

impl Claims {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer` and
    /// `x-amz-sdk-checksum-algorithm`.
    pub(crate) fn read(request: &Request) -> Result<Self, Fault> {
        let md5 = request
            .header("content-md5")
            .map(|text| {
                let bytes = STANDARD.decode(text).ok();
                bytes
                    .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
                    .ok_or_else(|| Fault::new(Code::InvalidDigest).element("Content-MD5", text))
            })
            .transpose()?;
        let mut checksum = None;
        for algorithm in Algorithm::ALL {
            let Some(value) = request.header(algorithm.header()) else {
                continue;
            };
            check_value(algorithm, value)?;
            claim(&mut checksum, algorithm, Some(value.to_owned()))?;
        }
        for name in request
            .header("x-amz-trailer")
            .into_iter()
            .flat_map(|v| v.split(','))
        {
            let same = |a: &Algorithm| a.header().eq_ignore_ascii_case(name.trim());
            if let Some(algorithm) = Algorithm::ALL.into_iter().find(same) {
                claim(&mut checksum, algorithm, None)?;
            }
        }
        if let Some(name) = request.header("x-amz-sdk-checksum-algorithm") {
            let algorithm = Algorithm::parse(name).ok_or_else(|| invalid_algorithm(name))?;
            match checksum {
                Some((claimed, _)) if claimed == algorithm => {}
                Some(_) => {
                    return Err(Fault::invalid_request(
                        "Value for x-amz-sdk-checksum-algorithm header is invalid.",
                    ));
                }
                None => {
                    return Err(Fault::invalid_request(
                        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
                    ));
                }
            }
        }
        Ok(Self { md5, checksum })
    }

    /// The claimed algorithm.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm)
    }

    /// Whether an MD5 is claimed.
    pub(crate) fn has_md5(&self) -> bool {
        self.md5.is_some()
    }

    /// The algorithm whose value comes as a trailing header.
    pub(crate) fn trailing(&self) -> Option<Algorithm> {
        match &self.checksum {
            Some((algorithm, None)) => Some(*algorithm),
            _ => None,
        }
    }

    /// Whether anything is claimed at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.md5.is_none() && self.checksum.is_none()
    }

    /// Compares with what came. Only valid once the body has been read to its end.
    pub(crate) fn verify(&self, digests: &Digests, trailers: &Trailers) -> Result<(), Fault> {
        if let Some(md5) = self.md5
            && md5 != digests.md5
        {
            return Err(Fault::new(Code::BadDigest)
                .element("ExpectedDigest", STANDARD.encode(md5))
                .element("CalculatedDigest", STANDARD.encode(digests.md5)));
        }
        let Some((algorithm, in_header)) = &self.checksum else {
            return Ok(());
        };
        let in_trailer;
        let claimed = match in_header {
            Some(value) => value,
            None => {
                in_trailer = trailer(trailers.get(), *algorithm)?;
                &in_trailer
            }
        };
        match &digests.checksum {
            Some((computed, value)) if computed == algorithm && value == claimed => Ok(()),
            _ => Err(bad_checksum(*algorithm)),
        }
    }
}

fn claim(
    checksum: &mut Option<(Algorithm, Option<String>)>,
    algorithm: Algorithm,
    value: Option<String>,
) -> Result<(), Fault> {
    if checksum.is_some() {
        return Err(Fault::invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ));
    }
    *checksum = Some((algorithm, value));
    Ok(())
}

fn check_value(algorithm: Algorithm, value: &str) -> Result<(), Fault> {
    match algorithm.value(value) {
        Some(_) => Ok(()),
        None => Err(Fault::invalid_request(format!(
            "Value for {} header is invalid.",
            algorithm.header()
        ))),
    }
}

fn trailer(trailers: Option<&HeaderMap>, algorithm: Algorithm) -> Result<String, Fault> {
    let value = trailers
        .and_then(|trailers| trailers.get(algorithm.header()))
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| {
            Fault::new(Code::Body {
                name: "MalformedTrailerError",
                status: 400,
            })
            .message("The request contained trailing data that was not well-formed or did not conform to our published schema.")
        })?;
    check_value(algorithm, value)?;
    Ok(value.to_owned())
}

/// `BadDigest` for a checksum.
pub(crate) fn bad_checksum(algorithm: Algorithm) -> Fault {
    Fault::new(Code::BadDigest).message(format!(
        "The {} you specified did not match the calculated checksum.",
        algorithm.name()
    ))
}

/// An algorithm that isn't one.
pub(crate) fn invalid_algorithm(name: &str) -> Fault {
    Fault::invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    )
    .element("ChecksumAlgorithm", name)
}

/// A file being written, off the async threads.
struct Sink {
    guard: NewFile,
    file: File,
    digesting: Digesting,
}

impl Sink {
    fn write(&mut self, chunks: &[Bytes]) -> io::Result<()> {
        for chunk in chunks {
            self.digesting.update(chunk);
            self.file.write_all(chunk)?;
        }
        Ok(())
    }
}

/// The bytes that an upload says it has.
pub(crate) fn announced(request: &Request, body: &door::Body) -> Result<u64, Fault> {
    match request.content_length() {
        Some(length) if length > LARGEST => Err(too_large(length, LARGEST)),
        Some(length) => Ok(length),
        None if http_body::Body::is_end_stream(body) => Ok(0),
        None => Err(Fault::new(Code::MissingContentLength)),
    }
}

/// Receives a body into a new file. Nothing is left of it unless this succeeds: not if the
/// signature, the length, the MD5 or the checksum is wrong, nor if the client goes away.
pub(crate) async fn receive(
    files: &Files,
    request: &Request,
    claims: &Claims,
    algorithm: Option<Algorithm>,
    body: &mut door::Body,
    trailers: &Trailers,
) -> Result<Received, Fault> {
    let limits = Limits::of(request, body)?;
    let mut sink = None;
    let mut chunks = Vec::new();
    let mut waiting = 0;
    let mut size = 0u64;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        size += data.len() as u64;
        if size > limits.most {
            return Err(limits.exceeded(size, body).await);
        }
        waiting += data.len();
        chunks.push(data);
        if waiting >= BUFFER {
            sink = Some(write(files, sink, std::mem::take(&mut chunks), algorithm).await?);
            waiting = 0;
        }
    }
    if size < limits.least {
        return Err(limits.too_few(size));
    }
    let files = files.clone();
    let (file, digests) = blocking(move || {
        let mut sink = sink.map_or_else(|| open(&files, algorithm), Ok)?;
        sink.write(&chunks)?;
        sink.guard.sync(&sink.file)?;
        Ok((sink.guard, sink.digesting.finish()))
    })
    .await?;
    claims.verify(&digests, trailers)?;
    Ok(Received {
        file,
        size,
        digests,
    })
}

/// How many bytes may come.
#[derive(Debug, Clone, Copy)]
struct Limits {
    least: u64,
    most: u64,
    /// Of a file in a form: its length is known at its end only.
    in_form: bool,
}

impl Limits {
    fn of(request: &Request, body: &door::Body) -> Result<Self, Fault> {
        if let Some(posted) = &request.posted {
            return Ok(Self {
                least: posted.size.least,
                most: posted.size.most.min(LARGEST),
                in_form: true,
            });
        }
        let length = announced(request, body)?;
        Ok(Self {
            least: length,
            most: length,
            in_form: false,
        })
    }

    /// More has come than may: what else comes of a form is counted, and thrown away, since browsers
    /// read the answer only once they have sent everything.
    async fn exceeded(&self, mut size: u64, body: &mut door::Body) -> Fault {
        if !self.in_form {
            return Fault::new(Code::IncompleteBody);
        }
        let enough = size + DISCARD;
        while size < enough
            && let Some(Ok(frame)) = body.frame().await
        {
            size += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        too_large(size, self.most)
    }

    fn too_few(&self, size: u64) -> Fault {
        match self.in_form {
            true => Fault::new(Code::EntityTooSmall)
                .element("ProposedSize", size.to_string())
                .element("MinSizeAllowed", self.least.to_string()),
            false => Fault::new(Code::IncompleteBody),
        }
    }
}

fn too_large(size: u64, most: u64) -> Fault {
    Fault::new(Code::EntityTooLarge)
        .element("ProposedSize", size.to_string())
        .element("MaxSizeAllowed", most.to_string())
}

async fn write(
    files: &Files,
    sink: Option<Sink>,
    chunks: Vec<Bytes>,
    algorithm: Option<Algorithm>,
) -> Result<Sink, Fault> {
    let files = files.clone();
    blocking(move || {
        let mut sink = sink.map_or_else(|| open(&files, algorithm), Ok)?;
        sink.write(&chunks)?;
        Ok(sink)
    })
    .await
}

fn open(files: &Files, algorithm: Option<Algorithm>) -> io::Result<Sink> {
    let (guard, file) = files.create()?;
    Ok(Sink {
        guard,
        file,
        digesting: Digesting::new(algorithm),
    })
}

/// Runs file work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| StoreError::Io(error).into()),
        Err(error) => Err(StoreError::Task(error.to_string()).into()),
    }
}
