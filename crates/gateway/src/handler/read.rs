//! GetObject and HeadObject.

use std::ops::Range;

use door::Permit;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use s3s::dto;

use super::stored::Stored;
use super::{Context, with_version};
use crate::condition::{check_read, range_holds};
use crate::download_body::Content;
use crate::fault::{Code, Fault};
use crate::object_headers::attach;
use crate::reply::Reply;
use crate::request::Request;
use crate::store::Object;

/// Sends the object, or the range of it that is asked for.
pub(super) async fn get_object(
    cx: &Context<'_>,
    _: &Permit,
    object: &Object,
    content: Option<Content>,
) -> Result<Reply, Fault> {
    check_read(cx.request, object)?;
    let selected = Selected::of(cx.request, object)?;
    let content = content.ok_or_else(|| Fault::new(Code::InternalError))?;
    let mut reply = Reply::empty(selected.status());
    *reply.response.body_mut() = content.send(selected.range.clone()).await?;
    reply.length = selected.length();
    let reply = selected.headers(attach(reply, cx.request, object, !selected.partial), object);
    told(cx, object, with_version(cx, reply, object)?)
}

/// The headers that GetObject would send.
pub(super) fn head_object(cx: &Context<'_>, _: &Permit, object: &Object) -> Result<Reply, Fault> {
    check_read(cx.request, object)?;
    let selected = Selected::of(cx.request, object)?;
    let reply = Reply::empty(selected.status());
    let reply = selected.headers(attach(reply, cx.request, object, !selected.partial), object);
    told(cx, object, with_version(cx, reply, object)?)
}

/// A version that was asked for by its id doesn't end with the current one.
fn told(cx: &Context<'_>, object: &Object, mut reply: Reply) -> Result<Reply, Fault> {
    if cx.request.query.has("versionId") {
        cx.storage.tell(&mut reply);
    } else {
        Stored::of(cx, object)?.tell(&mut reply);
    }
    Ok(reply)
}

/// The bytes of an object that a request selects.
struct Selected {
    range: Range<u64>,
    partial: bool,
    parts: Option<usize>,
}

impl Selected {
    fn of(request: &Request, object: &Object) -> Result<Self, Fault> {
        if let Some(number) = request.query.number("partNumber")? {
            return Self::part(request, object, number);
        }
        let whole = Self {
            range: 0..object.size,
            partial: false,
            parts: None,
        };
        // A range that isn't one is ignored (RFC 9110, section 14.2).
        let wanted = request
            .header("range")
            .filter(|_| range_holds(request, object));
        let Some((text, range)) = wanted.and_then(|t| Some((t, dto::Range::parse(t).ok()?))) else {
            return Ok(whole);
        };
        let range = range.check(object.size).map_err(|_| {
            Fault::new(Code::InvalidRange)
                .element("RangeRequested", text)
                .element("ActualObjectSize", object.size.to_string())
                .header(CONTENT_RANGE, &format!("bytes */{}", object.size))
        })?;
        Ok(Self {
            range,
            partial: true,
            parts: None,
        })
    }

    fn part(request: &Request, object: &Object, number: u32) -> Result<Self, Fault> {
        if request.headers.contains_key("range") {
            return Err(Fault::invalid_request(
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        let parts = &object.description.parts;
        let mut start = 0;
        for part in parts {
            if part.number == number {
                return Ok(Self {
                    range: start..start + part.size,
                    partial: true,
                    parts: Some(parts.len()),
                });
            }
            start += part.size;
        }
        if parts.is_empty() && number == 1 {
            return Ok(Self {
                range: 0..object.size,
                partial: object.size > 0,
                parts: None,
            });
        }
        Err(Fault::new(Code::InvalidPartNumber)
            .element("PartNumberRequested", number.to_string())
            .element("ActualPartCount", parts.len().max(1).to_string()))
    }

    fn status(&self) -> StatusCode {
        if self.partial {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        }
    }

    fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    fn headers(&self, mut reply: Reply, object: &Object) -> Reply {
        reply.set(CONTENT_LENGTH, &self.length().to_string());
        if self.partial {
            let last = self.range.end.saturating_sub(1);
            let range = format!("bytes {}-{last}/{}", self.range.start, object.size);
            reply.set(CONTENT_RANGE, &range);
        }
        if let Some(parts) = self.parts {
            reply.set_named("x-amz-mp-parts-count", &parts.to_string());
        }
        reply
    }
}
