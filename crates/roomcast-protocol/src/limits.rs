//! Every number that `docs/protocol.md` promises, in one place.

/// Bytes in one WebSocket text message; more closes the connection with 1009 (§9).
pub const MAX_FRAME_BYTES: usize = 65_536;
/// Levels of `{` and `[` inside each other in one frame (§9).
pub const MAX_JSON_DEPTH: usize = 16;
/// Characters of a message, after trimming (§9).
pub const MAX_CONTENT_CHARS: usize = 4_000;
/// Bytes of a message, as it came (§9).
pub const MAX_CONTENT_BYTES: usize = 16_384;
/// Bytes of a `nonce` (§2).
pub const MAX_NONCE_BYTES: usize = 64;
/// Bytes of an `id` that is a string (§2).
pub const MAX_ID_BYTES: usize = 64;
/// Bytes of the `emoji` of a reaction (§2).
pub const MAX_EMOJI_BYTES: usize = 64;
/// Bytes of a room's canonical name (§9).
pub const MAX_ROOM_BYTES: usize = 64;
/// Characters of a user's name (§9).
pub const MAX_USER_CHARS: usize = 32;
/// Messages in one `history` answer; a larger `limit` is lowered to it (§1).
pub const MAX_HISTORY: u32 = 200;
/// Messages in a `history` answer to a frame without `limit` (§2).
pub const DEFAULT_HISTORY: u32 = 50;
/// The largest whole number on the wire, and so the largest `seq`: 2^53 − 1, the last one that JavaScript's
/// numbers and every JSON library tell from its neighbours (RFC 8259 §6).
pub const MAX_SEQ: u64 = 9_007_199_254_740_991;
/// People in a room up to whom joins and leaves are told one by one (§5).
pub const CROWD: usize = 200;
/// Milliseconds between two `presence_change` frames of one crowded room (§5).
pub const CROWD_INTERVAL_MS: u64 = 500;
/// Milliseconds of silence after which the server sends a ping; two of them close with 4009 (§7).
pub const HEARTBEAT_MS: u64 = 25_000;
/// Milliseconds that a user whose last connection vanished stays present (§7).
pub const GRACE_MS: u64 = 15_000;
/// Milliseconds between two `typing` frames of one user that are passed on (§2).
pub const TYPING_INTERVAL_MS: u64 = 3_000;
/// Milliseconds in which the `auth` frame must come where nothing else carried a token (§1).
pub const AUTH_WITHIN_MS: u64 = 5_000;
/// Bytes of a token (§1).
pub const MAX_TOKEN_BYTES: usize = 4_096;
/// Bytes that the durable lane of one connection holds (§5).
pub const MAX_LANE_BYTES: usize = 1_048_576;
/// Milliseconds in which a socket that takes nothing at all is closed with 4008 (§5).
pub const SLOW_MS: u64 = 30_000;
/// The WebSocket subprotocol, RFC 6455 §1.9.
pub const SUBPROTOCOL: &str = "roomcast.v1";
/// What precedes a token in the list of subprotocols (§1).
pub const BEARER_SUBPROTOCOL_PREFIX: &str = "bearer.";
