//! PostObject: a form doesn't tell how long its file is, and the upstream has to know.

use door::{Call, Door, Permit, Trailers};
use http::Method;
use http::header::CONTENT_LENGTH;

use crate::Gateway;
use crate::download_body::Content;
use crate::fault::Fault;
use crate::handler::{Context, Upload, answer_form, refuse_acl};
use crate::operation::Operation;
use crate::query::Query;
use crate::reply::Reply;
use crate::request::{Input, Request};
use crate::upload_body::{Claims, blocking, receive};

impl Gateway {
    /// Keeps the file of a form here until all of it holds, and sends it then.
    pub(super) async fn post_form(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        input: Input,
        mut upload: Upload,
    ) -> Result<Reply, Fault> {
        refuse_acl(cx.request)?;
        let claims = Claims::read(cx.request)?;
        let files = self.store.files();
        let algorithm = claims.algorithm();
        let (body, trailers) = (&mut upload.body, &upload.trailers);
        let received = receive(files, cx.request, &claims, algorithm, body, trailers).await?;
        let (files, id) = (files.clone(), received.file.id());
        let file = blocking(move || files.read(id)).await?;
        let mut request = Request {
            method: Method::PUT,
            operation: Operation::PutObject,
            // A form is sent to a bucket, and what its URL asks for isn't about the object.
            query: Query::default(),
            posted: None,
            ..cx.request.clone()
        };
        request.headers.insert(CONTENT_LENGTH, received.size.into());
        // The client's signature was for the form.
        let call = Call {
            payload_hash: None,
            ..cx.call.clone()
        };
        let upload = Upload {
            body: Content::File(file).send(0..received.size).await?,
            trailers: Trailers::default(),
        };
        let there = cx.of(&request, &call);
        let stored = self.forward(door, &there, permit, input, upload).await?;
        // Its file is removed with it.
        drop(received);
        answer_form(cx, stored)
    }
}
