//! The running server's own contract: `openapi.json`, `asyncapi.json`, `protocol.d.ts`.

use crate::http::etag;
use axum::{
    Extension,
    body::Bytes,
    http::{HeaderMap, header},
    response::Response,
};
use roomcast_protocol::contract::{ASYNCAPI_JSON, PROTOCOL_D_TS, SCHEMA_HASH};
use serde_json::{Map, Value};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};
use utoipa::openapi::OpenApi;

/// What HTTP looks like here.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    openapi: Bytes,
    tag: Arc<str>,
}

impl Contract {
    /// Of the routes, and the schemas of the frames that their bodies look like.
    pub(super) fn of(openapi: &OpenApi) -> Self {
        let mut document = serde_json::to_value(openapi).unwrap_or_default();
        let frames: Value = serde_json::from_str(ASYNCAPI_JSON).unwrap_or_default();
        if let (Some(own), Some(theirs)) = (
            document.pointer_mut("/components/schemas").and_then(Value::as_object_mut),
            frames.pointer("/components/schemas").and_then(Value::as_object),
        ) {
            for name in ["History", "HistoryMessage", "Id"] {
                copy(name, theirs, own);
            }
        }
        let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { tag: format!("{:016x}", hasher.finish()).into(), openapi: text.into() }
    }
}

fn copy(name: &str, from: &Map<String, Value>, to: &mut Map<String, Value>) {
    if let Some(schema) = from.get(name) {
        to.insert(name.to_owned(), schema.clone());
    }
}

/// HTTP, as OpenAPI 3.1
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "contract",
    responses((status = 200, description = "This document", content_type = "application/json"), (status = 304, description = "As before")))]
pub(crate) async fn openapi(Extension(contract): Extension<Contract>, headers: HeaderMap) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    etag::answer(&headers, etag::tag(&contract.tag), (json, contract.openapi.clone()))
}

/// The frames on a WebSocket, as AsyncAPI 3.0
#[utoipa::path(get, path = "/api/v1/asyncapi.json", tag = "contract",
    responses((status = 200, description = "The document", content_type = "application/json"), (status = 304, description = "As before")))]
pub(crate) async fn asyncapi(headers: HeaderMap) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    etag::answer(&headers, etag::tag(SCHEMA_HASH.trim()), (json, ASYNCAPI_JSON))
}

/// The frames on a WebSocket, as TypeScript declarations
#[utoipa::path(get, path = "/api/v1/protocol.d.ts", tag = "contract",
    responses((status = 200, description = "The declarations", content_type = "text/plain"), (status = 304, description = "As before")))]
pub(crate) async fn protocol(headers: HeaderMap) -> Response {
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    etag::answer(&headers, etag::tag(SCHEMA_HASH.trim()), (text, PROTOCOL_D_TS))
}
