// One socket, from opening to its end. Reports its hello, its frames and, exactly once, its close.

import { LOCAL } from './codes.mjs';
import { decode } from './frames.mjs';
import { Heartbeat } from './heartbeat.mjs';

/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {{ code: number, reason: string, retryAfterMs?: number, reconnect?: boolean }} Closed */

/** Where a browser, which sets no headers, shows a token: docs/protocol.md §1. @param {string} token */
const protocols = (token) => ['roomcast.v1', `bearer.${token}`];

/** From the start of the TCP connection to the server's hello. */
export const HANDSHAKE_MS = 10_000;

export class Connection {
  #socket;
  #clock;
  #events;
  #heartbeat;
  /** @type {unknown} */
  #handshake;
  /** @type {import('./protocol.d.ts').GoingAway | null} */
  #goingAway = null;
  #open = true;

  /**
   * @param {string} url
   * @param {string | undefined} token
   * @param {{ WebSocket: new (url: string, protocols?: string[]) => WebSocket, clock: import('./host.mjs').Clock }} parts
   * @param {{ hello: (hello: import('./frames.mjs').Hello) => void, frame: (frame: ServerFrame) => void, closed: (closed: Closed) => void }} events
   */
  constructor(url, token, { WebSocket, clock }, events) {
    this.#clock = clock;
    this.#events = events;
    this.#heartbeat = new Heartbeat({
      clock,
      ping: () => this.send({ type: 'ping' }),
      dead: () => this.drop(LOCAL.HEARTBEAT_LOST, 'no answer from the server'),
    });
    this.#handshake = clock.setTimeout(
      () => this.drop(LOCAL.HANDSHAKE_TIMEOUT, 'the server did not greet in time'),
      HANDSHAKE_MS,
    );
    const socket = token === undefined ? new WebSocket(url) : new WebSocket(url, protocols(token));
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
  }

  /** @param {import('./frames.mjs').ClientFrame} frame @returns {boolean} false: not connected */
  send(frame) {
    if (!this.#open || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ask whether the other end is alive, and give up soon if it does not say so. */
  probe() {
    if (this.#open && this.#socket.readyState === 1) this.#heartbeat.probe();
  }

  /**
   * Ends it now. The close event of a dead network can take minutes; nobody waits for it.
   * @param {number} code @param {string} reason
   */
  drop(code, reason) {
    const socket = this.#socket;
    this.#end(code, reason);
    socket.onmessage = null;
    socket.onclose = null;
    try {
      socket.close(1000);
    } catch {
      // Already closing.
    }
  }

  /** @param {unknown} data */
  #receive(data) {
    if (!this.#open) return;
    const frame = decode(data);
    this.#heartbeat.heard();
    if (!frame || frame.type === 'pong') return;
    if (frame.type === 'hello') {
      this.#clock.clearTimeout(this.#handshake);
      this.#heartbeat.start(frame.heartbeat_ms);
      this.#events.hello(frame);
    } else if (frame.type === 'going_away') {
      this.#goingAway = frame;
    } else {
      this.#events.frame(frame);
    }
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    if (!this.#open) return;
    this.#open = false;
    this.#clock.clearTimeout(this.#handshake);
    this.#heartbeat.stop();
    const away = this.#goingAway;
    this.#events.closed({
      code,
      reason: reason || away?.reason || '',
      ...(away ? { retryAfterMs: away.retry_after_ms, reconnect: away.reconnect } : {}),
    });
  }
}
