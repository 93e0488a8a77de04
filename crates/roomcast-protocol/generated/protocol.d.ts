// The words that a Roomcast server and its clients say to each other. Written from the Rust types of
// `roomcast-protocol` by `ROOMCAST_BLESS=1 cargo test -p roomcast-protocol`: do not edit.

/** It is durable. */
export type Ack = {
  /** The `id` of the frame that this answers. */
  id?: Id,
  /** Where. */
  room: string,
  /** The number of the message that was sent, changed or reacted to. */
  seq: number,
  /** Where a message was changed: the newest change's number with which it is as wanted. Not a position to resume
   * from, since changes before it may still be on their way. */
  change?: number,
  /** The nonce that it was sent with. */
  nonce?: string,
  /** When it was said or changed: seconds since the Unix epoch; the first one's where it is a repetition. */
  timestamp: number,
  /** What the client may send next. */
  budget: Budget,
};

/** A token that was accepted. */
export type Authenticated = {
  /** The `id` of the `auth`. */
  id?: Id,
  /** The name that the client's messages are shown under. */
  user: string,
  /** When the token expires: seconds since the Unix epoch. A new one is to be shown before. */
  expires?: number,
};

/** How much a client may send before it is refused. */
export type Budget = {
  /** Messages that may be sent at once. */
  remaining: number,
  /** Milliseconds until the allowance is whole again. */
  reset_ms: number,
};

/** Everything up to here that a resume owed has been sent. */
export type CaughtUp = {
  /** The room. */
  room: string,
  /** Up to this message, */
  seq: number,
  /** and up to this change. */
  change: number,
};

/** One client frame with the `id` that its reply carries. */
export type ClientFrame = {
  /** Chosen by the client; without it nothing but a failure is answered. */
  id?: Id,
} & ({
  type: "message",
  /** Where. */
  room?: string,
  /** What is said, 1 to 4,000 characters after trimming. */
  content: string,
  /** The client's own name for this message, at most 64 bytes: makes it safe to send it again. */
  nonce?: string,
  /** The message that this one answers. */
  reply_to?: number,
} | {
  type: "typing",
  /** Where. */
  room?: string,
} | {
  type: "history",
  /** Of which room. */
  room?: string,
  /** How many at most, at least 1; more than 200 means 200, leaving it out 50. */
  limit?: number,
  /** The newest messages before this one; not together with `after` or `around`. */
  before?: number,
  /** The oldest messages after this one; not together with `before` or `around`. */
  after?: number,
  /** This message, and as many before it as after it; not together with `before` or `after`. */
  around?: number,
} | {
  type: "join",
  /** Which room. */
  room: string,
  /** What the client has already. */
  resume?: Resume,
} | {
  type: "leave",
  /** Which room. */
  room: string,
} | {
  type: "auth",
  /** A JSON Web Token (RFC 7519). */
  token: string,
} | { type: "ping" } | {
  type: "edit",
  /** Where. */
  room?: string,
  /** Which message. */
  seq: number,
  /** What it says from now on. */
  content: string,
} | {
  type: "delete",
  /** Where. */
  room?: string,
  /** Which message. */
  seq: number,
} | {
  type: "react",
  /** Where. */
  room?: string,
  /** Which message. */
  seq: number,
  /** With what, 1 to 64 bytes. */
  emoji: string,
  /** Set (`true`) or taken back. */
  on: boolean,
} | {
  type: "read",
  /** Where. */
  room?: string,
  /** The last message that was read. */
  seq: number,
});

/** A message that was taken away. */
export type Delete = {
  /** Where. */
  room: string,
  /** Which message. */
  seq: number,
  /** The change's own number in the room. */
  change: number,
  /** Who took it away. */
  user: string,
  /** When: seconds since the Unix epoch. */
  timestamp: number,
};

/** What a message says now. */
export type Edit = {
  /** Where. */
  room: string,
  /** Which message. */
  seq: number,
  /** The change's own number in the room. */
  change: number,
  /** Who changed it. */
  user: string,
  /** What it says now. */
  content: string,
  /** When it was changed: seconds since the Unix epoch. */
  timestamp: number,
};

/** Why something was refused or failed. Codes are stable: programs may match on them. The same ones stand in
 * `error` frames and in the problem documents of the REST side (RFC 9457). */
export type ErrorCode =
  | "bad_frame"
  | "unknown_type"
  | "too_large"
  | "empty"
  | "rate_limited"
  | "not_joined"
  | "no_such_room"
  | "no_such_message"
  | "forbidden"
  | "unauthenticated"
  | "token_expired"
  | "nonce_conflict"
  | "bad_name"
  | "limit"
  | "unavailable"
  | "internal";

/** Something was refused or failed. */
export type ErrorFrame = {
  /** The `id` of the frame that failed. */
  id?: Id,
  /** The room that it concerned. */
  room?: string,
  /** For programs; stable. */
  code: ErrorCode,
  /** For people. */
  message: string,
  /** The same frame may succeed later. */
  temporary: boolean,
  /** Milliseconds to wait before it is tried again. */
  retry_after_ms?: number,
};

/** Messages that are not sent on this connection: ask `history` for them. */
export type Gap = {
  /** The room. */
  room: string,
  /** The first of them. */
  from: number,
  /** The last of them. */
  to: number,
  /** Why. */
  reason: Reason,
};

/** The close frame follows. */
export type GoingAway = {
  /** The close code. */
  code: number,
  /** Why, for people. */
  reason: string,
  /** Reconnecting is worth it. */
  reconnect: boolean,
  /** Milliseconds to wait before. */
  retry_after_ms: number,
};

/** Who the client is here, and how this server is set up. */
export type Hello = {
  /** Names this connection in the operator's logs. */
  connection: string,
  /** The name that the client's messages are shown under. */
  user: string,
  /** Which server this is. */
  server: Server,
  /** Milliseconds of silence after which the server sends a ping. */
  heartbeat_ms: number,
  /** What the client may send. */
  limits: Limits,
  /** What an `ack` means: `full`, `relaxed` or `memory`. */
  durability: "full" | "relaxed" | "memory",
};

/** A page of what was said. */
export type History = {
  /** The `id` of the `history`. */
  id?: Id,
  /** The room. */
  room: string,
  /** Oldest first, at most 200. */
  messages: Array<HistoryMessage>,
  /** There are more in the direction that was asked for (with `around`: in either). */
  more: boolean,
};

/** What was said before: `Message` without the room, which `History` names. */
export type HistoryMessage = {
  /** Its number in the room. */
  seq: number,
  /** Who said it. */
  user: string,
  /** What was said; empty where it was deleted. */
  content: string,
  /** When: seconds since the Unix epoch. */
  timestamp: number,
  /** The sender's own name for it; on the sender's own connections only. */
  nonce?: string,
  /** The message that it answers. */
  reply_to?: number,
  /** When it was last edited: seconds since the Unix epoch; not there where it was deleted. */
  edited?: number,
  /** It was taken away; only its place is left. */
  deleted?: boolean,
};

/** Chosen by the client, sent back as it came: a string of at most `MAX_ID_BYTES` or an integer that JavaScript
 * can hold (±`MAX_SEQ`). */
export type Id = number | string;

/** Where a room stands as the client comes in. */
export type Joined = {
  /** The `id` of the `join`. */
  id?: Id,
  /** The room, by its canonical name. */
  room: string,
  /** The log that the room's numbers belong to. */
  epoch: string,
  /** The newest message's number, 0 where there is none. */
  head: number,
  /** The newest change's number, 0 where there is none. */
  change: number,
  /** The client's position was good: what it lacks follows, then `caught_up`. Where it named none, there was
   * nothing to recover: `false`, without a reason. */
  recovered: boolean,
  /** Why the client's position was not good; `reset` follows. */
  reason?: Reason,
  /** How many users are here, the newcomer included; `presence` has their names. */
  users: number,
};

/** A room that the client is out of. */
export type Left = {
  /** The `id` of the `leave`. */
  id?: Id,
  /** The room. */
  room: string,
};

/** What a client may send. */
export type Limits = {
  /** Bytes of one message. */
  content_bytes: number,
  /** Messages per `per_ms`. */
  messages: number,
  /** Milliseconds in which so many messages may be sent. */
  per_ms: number,
};

/** A user in a room. */
export type Member = {
  /** The room. */
  room: string,
  /** The user. */
  user: string,
};

/** What was said. */
export type Message = {
  /** Where. */
  room: string,
  /** Its number in the room. */
  seq: number,
  /** Who said it. */
  user: string,
  /** What was said; empty where it was deleted. */
  content: string,
  /** When: seconds since the Unix epoch. */
  timestamp: number,
  /** The sender's own name for it; on the sender's own connections only. */
  nonce?: string,
  /** The message that it answers. */
  reply_to?: number,
  /** When it was last edited: seconds since the Unix epoch; not there where it was deleted. */
  edited?: number,
  /** It was taken away; only its place is left. */
  deleted?: boolean,
};

/** A sign of life. */
export type Pong = {
  /** The `id` of the `ping`. */
  id?: Id,
};

/** Who is in a room. */
export type Presence = {
  /** The room. */
  room: string,
  /** Their names, sorted; the first 200 of them. */
  users: Array<string>,
  /** How many there are in all. */
  count: number,
};

/** Who came and went in a crowded room since the last such frame. */
export type PresenceChange = {
  /** The room. */
  room: string,
  /** Who came, sorted. */
  joined: Array<string>,
  /** Who went, sorted. */
  left: Array<string>,
  /** How many there are now. */
  count: number,
};

/** A reaction. */
export type React = {
  /** Where. */
  room: string,
  /** Which message. */
  seq: number,
  /** Whose reaction. */
  user: string,
  /** With what. */
  emoji: string,
  /** Set (`true`) or taken back. */
  on: boolean,
};

/** How far a user has read. */
export type Read = {
  /** Where. */
  room: string,
  /** The last message that was read. */
  seq: number,
  /** Who has read. */
  user: string,
};

/** Why a position cannot be resumed from, or messages cannot be sent any more. */
export type Reason = "epoch" | "retention" | "ahead";

/** The client's position means nothing here: load the room afresh. */
export type Reset = {
  /** The room. */
  room: string,
  /** The log that the room's numbers belong to now. */
  epoch: string,
  /** The newest message's number. */
  head: number,
  /** The newest change's number. */
  change: number,
  /** Why. */
  reason: Reason,
};

/** How far a client has a room's log, and which log that is. */
export type Resume = {
  /** The last message's number; 0 for none. */
  seq: number,
  /** The log's name, as `joined` said it. */
  epoch: string,
  /** The last change's number; 0 for none. Without it every change behind the message `seq` is sent, also those that
   * the client has. */
  change?: number,
};

/** Which server this is. */
export type Server = {
  /** The server's version. */
  version: string,
  /** The contract that it speaks, `SCHEMA_HASH`. */
  schema: string,
};

/** What the server says to a client. */
export type ServerFrame =
  | { type: "hello" } & Hello
  | { type: "joined" } & Joined
  | { type: "left" } & Left
  | { type: "authenticated" } & Authenticated
  | { type: "pong" } & Pong
  | { type: "presence" } & Presence
  | { type: "join" } & Member
  | { type: "leave" } & Member
  | { type: "presence_change" } & PresenceChange
  | { type: "typing" } & Member
  | { type: "message" } & Message
  | { type: "edit" } & Edit
  | { type: "delete" } & Delete
  | { type: "react" } & React
  | { type: "read" } & Read
  | { type: "history" } & History
  | { type: "ack" } & Ack
  | { type: "caught_up" } & CaughtUp
  | { type: "gap" } & Gap
  | { type: "reset" } & Reset
  | { type: "error" } & ErrorFrame
  | { type: "going_away" } & GoingAway;

/** A client frame of one `type`. */
export type ClientFrameOf<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>;

/** A server frame of one `type`. */
export type ServerFrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

/** Why the server closed a connection, and what a client does then. */
export interface CloseCodes {
  /** Done. */
  1000: { name: "done"; reconnect: "no" };
  /** The server stops. */
  1001: { name: "going_away"; reconnect: "after_backoff" };
  /** A violation of the WebSocket protocol. */
  1002: { name: "protocol_error"; reconnect: "no" };
  /** A binary message where text is due. */
  1003: { name: "unsupported"; reconnect: "no" };
  /** A text message that is not UTF-8. */
  1007: { name: "bad_utf8"; reconnect: "no" };
  /** A message larger than is allowed. */
  1009: { name: "too_large"; reconnect: "no" };
  /** An internal error in this connection. */
  1011: { name: "internal"; reconnect: "now" };
  /** The server restarts. */
  1012: { name: "restart"; reconnect: "after_backoff" };
  /** The server is overloaded. */
  1013: { name: "overloaded"; reconnect: "after_backoff" };
  /** The token expired. */
  4003: { name: "token_expired"; reconnect: "with_new_token" };
  /** The connection took nothing for too long. */
  4008: { name: "too_slow"; reconnect: "after_backoff" };
  /** Nothing was heard from the client for too long. */
  4009: { name: "heartbeat_lost"; reconnect: "after_backoff" };
  /** The client sent too much in too short a time. */
  4029: { name: "flooding"; reconnect: "after_backoff" };
  /** The token is not valid. */
  4501: { name: "bad_token"; reconnect: "no" };
  /** Not allowed here. */
  4503: { name: "forbidden"; reconnect: "no" };
  /** Kicked or banned. */
  4504: { name: "removed"; reconnect: "no" };
  /** Too many connections. */
  4530: { name: "too_many_connections"; reconnect: "no" };
}

export type CloseCode = keyof CloseCodes;
export type Reconnect = CloseCodes[CloseCode]["reconnect"];
