// Close codes and error codes, as docs/protocol.md §6 lists them.

/** Closed by this client, never by the server. */
export const LOCAL = Object.freeze({ HEARTBEAT_LOST: 4009, HANDSHAKE_TIMEOUT: 4008, NO_TOKEN: 4499 });

/** The one code that a new token helps against. */
export const TOKEN_EXPIRED = 4003;

/** Codes after which a new connection cannot help: a bug, a frame too large, or the server is done with us. */
const STOP = new Set([1000, 1002, 1003, 1007, 1009, 1010]);

/**
 * What to do after a close: `retry` (back off and resume), `stop` (done, or a bug), `final` (the server refuses us).
 * Codes that nobody defined (1005, 1006, 3xxx) are a lost connection.
 * @param {number} code
 * @returns {'retry' | 'stop' | 'final'}
 */
export function closeClass(code) {
  if (STOP.has(code)) return 'stop';
  return code >= 4500 && code <= 4999 ? 'final' : 'retry';
}

/** What a request or a message fails with. */
export class ChatError extends Error {
  /**
   * @param {string} code stable, for programs
   * @param {string} message for people
   * @param {{ retryable?: boolean, retryAfterMs?: number }} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = 'ChatError';
    this.code = code;
    this.retryable = more.retryable ?? false;
    this.retryAfterMs = more.retryAfterMs;
  }

  /** @param {import('./frames.mjs').ErrorFrame} frame */
  static from(frame) {
    return new ChatError(frame.code, frame.message, {
      retryable: frame.temporary,
      ...(frame.retry_after_ms === undefined ? {} : { retryAfterMs: frame.retry_after_ms }),
    });
  }
}
