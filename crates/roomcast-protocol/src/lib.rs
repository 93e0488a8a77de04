//! The words that a Roomcast server and its clients say to each other: `docs/protocol.md`, as types.
//!
//! ```text
//!  client text ──▶ Envelope::parse ──▶ ClientFrame ──▶ (the server) ──▶ ServerFrame ──▶ write_json ──▶ client
//! ```
//!
//! ```
//! use roomcast_protocol::{ClientFrame, Envelope, ErrorCode, ServerFrame, server::ErrorFrame};
//!
//! let envelope = Envelope::parse(r#"{"type":"message","content":"hello","id":7}"#)?;
//! assert!(matches!(envelope.frame, ClientFrame::Message { content, .. } if content == "hello"));
//!
//! let refusal = Envelope::parse(r#"{"type":"message","id":8}"#).unwrap_err();
//! assert_eq!(refusal.code, ErrorCode::BadFrame);
//! let reply = ServerFrame::Error(ErrorFrame::from(refusal)).to_json();
//! assert!(reply.starts_with(br#"{"type":"error","id":8,"code":"bad_frame""#));
//! # Ok::<(), roomcast_protocol::FrameError>(())
//! ```
//!
//! Nothing here does I/O, keeps time or allocates more than the frame it was given: a browser's SDK, the server and
//! a load generator share these types and nothing else. What the types cannot say (who may do what, how often) is
//! the server's business.
//!
//! The TypeScript declarations and the AsyncAPI document that other languages are served with are generated from
//! these types, see [`contract`].

pub mod client;
pub mod close;
pub mod content;
pub mod contract;
pub mod error;
pub mod id;
pub mod limits;
pub mod name;
pub mod server;

pub use client::{ClientFrame, Envelope, FrameError, HistoryAt, Resume};
pub use close::{CloseCode, Reconnect};
pub use content::{ContentError, check_content, check_emoji, check_nonce};
pub use error::ErrorCode;
pub use id::Id;
pub use limits::*;
pub use name::{NameError, RoomName, UserName};
pub use server::ServerFrame;
