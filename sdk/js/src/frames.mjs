// Reading what the server sends. A frame that is not understood is ignored, never an exception (protocol.md, top).

/** @typedef {import('./protocol.d.ts').ServerFrame} ServerFrame */
/** @typedef {import('./protocol.d.ts').Message} Message */
/** @typedef {import('./protocol.d.ts').ErrorFrame} ErrorFrame */
/** @typedef {import('./protocol.d.ts').Hello} Hello */
/** @typedef {import('./protocol.d.ts').HistoryMessage} HistoryMessage */
/** @typedef {{ messages: HistoryMessage[], more: boolean }} HistoryPage */
/**
 * What the client sends; `id` is added where a reply is wanted.
 * @typedef {import('./protocol.d.ts').ClientFrame} ClientFrame
 */

const string = (/** @type {unknown} */ value) => typeof value === 'string';
const number = (/** @type {unknown} */ value) => typeof value === 'number' && Number.isFinite(value);
const boolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
const list = (/** @type {unknown} */ value) => Array.isArray(value);

/** What each type cannot do without. @type {Record<string, Record<string, (value: unknown) => boolean>>} */
const REQUIRED = {
  hello: { user: string, heartbeat_ms: number },
  joined: { room: string, epoch: string, head: number, change: number, recovered: boolean },
  left: { room: string },
  presence: { room: string, users: list },
  join: { room: string, user: string },
  leave: { room: string, user: string },
  presence_change: { room: string },
  typing: { room: string, user: string },
  message: { room: string, seq: number, user: string, content: string, timestamp: number },
  edit: { room: string, seq: number, change: number, user: string, content: string, timestamp: number },
  delete: { room: string, seq: number, change: number, user: string, timestamp: number },
  react: { room: string, seq: number },
  read: { room: string, seq: number },
  history: { room: string, messages: list },
  ack: { room: string, seq: number },
  caught_up: { room: string, seq: number },
  gap: { room: string, from: number, to: number },
  reset: { room: string, epoch: string, head: number, change: number },
  error: { message: string },
  going_away: {},
  pong: {},
  authenticated: {},
};

/** The types this client knows. */
export const KNOWN = Object.freeze(Object.keys(REQUIRED));

/**
 * @param {unknown} data the payload of a WebSocket message
 * @returns {ServerFrame | null} null: not for us
 */
export function decode(data) {
  if (typeof data !== 'string') return null;
  let frame;
  try {
    frame = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string') return null;
  if (!Object.hasOwn(REQUIRED, frame.type)) return null;
  const required = REQUIRED[frame.type] ?? {};
  return Object.entries(required).every(([field, holds]) => holds(frame[field])) ? frame : null;
}
