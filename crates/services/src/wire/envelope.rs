//! The frame around an answer: bodies, content types and headers of successes and errors.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::fault::Fault;
use super::json;
use super::service::{OperationShape, Protocol, Service};
use super::writer::Shape;
use super::xml::XmlWriter;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The XML of the query protocol.
    QueryXml,
    /// The same tree as JSON, which IAM and STS answer to `Accept: application/json`.
    QueryJson,
    /// AWS JSON 1.1.
    Json11,
    /// The JSON bodies of a REST service.
    RestJson,
}

impl Encoding {
    /// The encoding for a service and the call's `Accept` header.
    #[must_use]
    pub fn negotiate(service: &Service, accept: Option<&str>) -> Self {
        let asks_for_json = |accept: &str| {
            accept.split(',').any(|range| {
                let media_type = range.split(';').next().unwrap_or_default();
                media_type.trim().eq_ignore_ascii_case("application/json")
            })
        };
        match service.protocol {
            Protocol::Json11 => Encoding::Json11,
            Protocol::RestJson => Encoding::RestJson,
            Protocol::Query if accept.is_some_and(asks_for_json) => Encoding::QueryJson,
            Protocol::Query => Encoding::QueryXml,
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Encoding::QueryXml => "text/xml",
            Encoding::QueryJson | Encoding::RestJson => "application/json",
            Encoding::Json11 => "application/x-amz-json-1.1",
        })
    }
}

/// The answer to a call that succeeded: 200 with the output.
#[must_use]
pub fn success(
    operation: &OperationShape,
    encoding: Encoding,
    request_id: &str,
    output: &dyn Shape,
) -> Response<Bytes> {
    let body = match encoding {
        Encoding::QueryXml => {
            let mut xml = XmlWriter::default();
            xml.root(
                &format!("{}Response", operation.name),
                operation.service.namespace,
                |xml| {
                    if let Some(wrapper) = operation.result_wrapper {
                        xml.element(wrapper, |xml| output.write(xml));
                    }
                    xml.element("ResponseMetadata", |xml| xml.leaf("RequestId", request_id));
                },
            );
            xml.into_string()
        }
        Encoding::QueryJson => {
            let mut inner = serde_json::Map::new();
            if let Some(wrapper) = operation.result_wrapper {
                inner.insert(wrapper.to_owned(), json::object(output));
            }
            inner.insert(
                "ResponseMetadata".to_owned(),
                json!({ "RequestId": request_id }),
            );
            let mut outer = serde_json::Map::new();
            outer.insert(format!("{}Response", operation.name), Value::Object(inner));
            Value::Object(outer).to_string()
        }
        Encoding::Json11 | Encoding::RestJson => json::object(output).to_string(),
    };
    response(StatusCode::OK, encoding, request_id, body)
}

/// The answer to a call that failed.
#[must_use]
pub fn failure(
    service: &Service,
    encoding: Encoding,
    request_id: &str,
    fault: &Fault,
) -> Response<Bytes> {
    let kind = if fault.shape.sender_fault {
        "Sender"
    } else {
        "Receiver"
    };
    let code = fault.shape.code;
    let body = match encoding {
        Encoding::QueryXml => {
            let mut xml = XmlWriter::default();
            xml.root("ErrorResponse", service.namespace, |xml| {
                xml.element("Error", |xml| {
                    xml.leaf("Type", kind);
                    xml.leaf("Code", code);
                    xml.leaf("Message", &fault.message);
                });
                xml.leaf("RequestId", request_id);
            });
            xml.into_string()
        }
        Encoding::QueryJson => json!({
            "Error": { "Code": code, "Message": fault.message, "Type": kind },
            "RequestId": request_id,
        })
        .to_string(),
        Encoding::Json11 => {
            let mut body = json!({ "__type": code, "message": fault.message });
            if let (Some(reason), Some(body)) = (fault.reason, body.as_object_mut()) {
                // The errors that have a reason spell the message with a capital letter, too.
                body.insert("Message".to_owned(), json!(fault.message));
                body.insert("Reason".to_owned(), json!(reason));
            }
            body.to_string()
        }
        Encoding::RestJson => {
            let mut body = serde_json::Map::new();
            body.insert("__type".to_owned(), json!(code));
            body.insert("message".to_owned(), json!(fault.message));
            for (member, value) in &fault.members {
                body.insert((*member).to_owned(), json!(value));
            }
            Value::Object(body).to_string()
        }
    };
    let status =
        StatusCode::from_u16(fault.shape.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = response(status, encoding, request_id, body);
    if matches!(encoding, Encoding::Json11 | Encoding::RestJson) {
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(code));
    }
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

fn response(
    status: StatusCode,
    encoding: Encoding,
    request_id: &str,
    body: String,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, encoding.content_type());
    // A request id is a UUID that we made, so it always is a header value.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::{cloudtrail, eks, iam, sts};
    use crate::wire::Operation as _;

    fn text(response: &Response<Bytes>) -> &str {
        std::str::from_utf8(response.body()).unwrap()
    }

    fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn identity() -> sts::GetCallerIdentityResponse {
        sts::GetCallerIdentityResponse {
            user_id: Some("AROA:s".into()),
            account: Some("123456789012".into()),
            arn: Some("arn:aws:sts::123456789012:assumed-role/R/s".into()),
        }
    }

    #[test]
    fn a_query_answer_is_wrapped_and_carries_its_request_id_twice() {
        let answer = success(
            sts::GetCallerIdentity::SHAPE,
            Encoding::QueryXml,
            "id-1",
            &identity(),
        );
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-type"), "text/xml");
        assert_eq!(header(&answer, "x-amzn-requestid"), "id-1");
        assert_eq!(
            text(&answer),
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <UserId>AROA:s</UserId><Account>123456789012</Account>\
             <Arn>arn:aws:sts::123456789012:assumed-role/R/s</Arn></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
    }

    #[test]
    fn an_operation_without_output_answers_only_metadata() {
        let answer = success(iam::DeleteRole::SHAPE, Encoding::QueryXml, "id", &());
        assert_eq!(
            text(&answer),
            "<DeleteRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteRoleResponse>"
        );
        let answer = success(iam::DeleteRole::SHAPE, Encoding::QueryJson, "id", &());
        assert_eq!(
            text(&answer),
            r#"{"DeleteRoleResponse":{"ResponseMetadata":{"RequestId":"id"}}}"#
        );
    }

    #[test]
    fn an_empty_output_keeps_its_wrapper() {
        let answer = success(
            iam::UpdateRole::SHAPE,
            Encoding::QueryXml,
            "id",
            &iam::UpdateRoleResponse {},
        );
        assert!(
            text(&answer).contains("<UpdateRoleResult/>"),
            "{}",
            text(&answer)
        );
    }

    #[test]
    fn lists_that_clients_index_are_there_when_empty() {
        let output = iam::ListAttachedRolePoliciesResponse::default();
        let answer = success(
            iam::ListAttachedRolePolicies::SHAPE,
            Encoding::QueryXml,
            "id",
            &output,
        );
        let wanted =
            "<AttachedPolicies/><IsTruncated>false</IsTruncated></ListAttachedRolePoliciesResult>";
        assert!(text(&answer).contains(wanted), "{}", text(&answer));
    }

    #[test]
    fn query_clients_may_ask_for_json() {
        for (accept, expected) in [
            (None, Encoding::QueryXml),
            (Some("*/*"), Encoding::QueryXml),
            (Some("application/json"), Encoding::QueryJson),
            (
                Some("text/html, Application/JSON;q=0.9"),
                Encoding::QueryJson,
            ),
        ] {
            assert_eq!(
                Encoding::negotiate(&sts::SERVICE, accept),
                expected,
                "{accept:?}"
            );
        }
        assert_eq!(
            Encoding::negotiate(&cloudtrail::SERVICE, Some("text/xml")),
            Encoding::Json11
        );
        let answer = success(
            sts::GetCallerIdentity::SHAPE,
            Encoding::QueryJson,
            "id",
            &identity(),
        );
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(
            body["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Account"],
            "123456789012"
        );
        assert_eq!(
            body["GetCallerIdentityResponse"]["ResponseMetadata"]["RequestId"],
            "id"
        );
    }

    #[test]
    fn query_errors_have_the_request_id_outside() {
        let fault = iam::errors::NO_SUCH_ENTITY.fault("The role with name <x> cannot be found.");
        let answer = failure(&iam::SERVICE, Encoding::QueryXml, "id", &fault);
        assert_eq!(answer.status(), 404);
        assert_eq!(
            text(&answer),
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>NoSuchEntity</Code><Message>The role with name &lt;x&gt; cannot be found.</Message></Error>\
             <RequestId>id</RequestId></ErrorResponse>"
        );
        let answer = failure(&iam::SERVICE, Encoding::QueryJson, "id", &fault);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body["Error"]["Code"], "NoSuchEntity");
        assert_eq!(body["Error"]["Type"], "Sender");
        assert_eq!(body["RequestId"], "id");
    }

    #[test]
    fn the_service_is_at_fault_for_its_own_failures() {
        let answer = failure(
            &iam::SERVICE,
            Encoding::QueryXml,
            "id",
            &iam::errors::SERVICE_FAILURE.fault("no"),
        );
        assert_eq!(answer.status(), 500);
        assert!(text(&answer).contains("<Type>Receiver</Type>"));
    }

    #[test]
    fn errors_of_rest_services_have_their_own_members() {
        let fault = eks::errors::RESOURCE_NOT_FOUND
            .fault("none")
            .with("clusterName", "prod");
        let answer = failure(&eks::SERVICE, Encoding::RestJson, "id", &fault);
        assert_eq!(answer.status(), 404);
        assert_eq!(header(&answer, "content-type"), "application/json");
        assert_eq!(
            header(&answer, "x-amzn-errortype"),
            "ResourceNotFoundException"
        );
        assert_eq!(
            text(&answer),
            r#"{"__type":"ResourceNotFoundException","clusterName":"prod","message":"none"}"#
        );
        let answer = success(
            eks::TagResource::SHAPE,
            Encoding::RestJson,
            "id",
            &eks::TagResourceResponse {},
        );
        assert_eq!((answer.status().as_u16(), text(&answer)), (200, "{}"));
    }

    #[test]
    fn json_errors_name_their_type_in_body_and_header() {
        let fault = cloudtrail::errors::INVALID_TIME_RANGE.fault("bad range");
        let answer = failure(&cloudtrail::SERVICE, Encoding::Json11, "id", &fault);
        assert_eq!(answer.status(), 400);
        assert_eq!(
            header(&answer, "content-type"),
            "application/x-amz-json-1.1"
        );
        assert_eq!(
            header(&answer, "x-amzn-errortype"),
            "InvalidTimeRangeException"
        );
        assert_eq!(
            text(&answer),
            r#"{"__type":"InvalidTimeRangeException","message":"bad range"}"#
        );
    }
}
