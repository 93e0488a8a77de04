//! The contract for other languages, as the server serves it under `/api/v1/`.
//!
//! Written by the tests from the types of this crate (`ROOMCAST_BLESS=1 cargo test -p roomcast-protocol`), committed,
//! and compared with the types in every test run.

/// TypeScript declarations of every frame, error code and close code; strict.
pub const PROTOCOL_D_TS: &str = include_str!("../generated/protocol.d.ts");

/// An AsyncAPI 3.0 document around the JSON Schema (2020-12) of every frame.
pub const ASYNCAPI_JSON: &str = include_str!("../generated/asyncapi.json");

/// The first 16 hexadecimal digits of SHA-256 over [`PROTOCOL_D_TS`] followed by [`ASYNCAPI_JSON`]; `hello` says it
/// as `server.schema`.
pub const SCHEMA_HASH: &str = include_str!("../generated/schema-hash");
