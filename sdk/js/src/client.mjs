// The client: keeps one connection alive, knows its rooms, and forgets nothing that was sent.

import { asked, CAP_HIDDEN_MS, CAP_MS, delay, GOOD_UPTIME_MS } from './backoff.mjs';
import { Changes } from './changes.mjs';
import { ChatError, closeClass, LOCAL, TOKEN_EXPIRED } from './codes.mjs';
import { Connection } from './connection.mjs';
import { Emitter } from './emitter.mjs';
import { defaultHost, systemClock } from './host.mjs';
import { Outbox } from './outbox.mjs';
import { refusalOf } from './refusal.mjs';
import { Requests } from './requests.mjs';
import { Room } from './room.mjs';

/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {import('./frames.mjs').Hello} Hello */
/** @typedef {import('./client-events.mjs').ClientEvents} ClientEvents */
/** @typedef {import('./client-events.mjs').ClientOptions} ClientOptions */
/** @typedef {import('./client-events.mjs').ClientState} ClientState */

/** @extends {Emitter<ClientEvents>} */
export class ChatClient extends Emitter {
  /** @type {ClientState} */
  state = 'idle';
  /** When the next attempt is due, while waiting. @type {number | undefined} */
  retryAt;
  /** The server's greeting, once there was one. @type {Hello | undefined} */
  hello;
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** @type {Connection | null} */
  #connection = null;
  #attempt = 0;
  #connectedAt = 0;
  #dialled = 0;
  /** The token of the newest attempt. @type {string | undefined} */
  #shown;
  /** @type {unknown} */
  #timer;
  #unlisten = () => {};

  /** @param {ClientOptions} options */
  constructor(options) {
    super();
    this.user = options.user;
    this.token = options.token;
    this.url = this.token === undefined ? `${options.url}?user=${encodeURIComponent(options.user)}` : options.url;
    this.clock = options.clock ?? systemClock;
    this.host = options.host ?? defaultHost();
    this.random = options.random ?? Math.random;
    this.refusal = options.refusal ?? refusalOf;
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.outbox = new Outbox({
      owner: options.user,
      storage: options.storage,
      clock: this.clock,
      transmit: ({ room, content, nonce }) => this.send({ type: 'message', id: nonce, room, content, nonce }),
      changed: (entry) => this.room(entry.room).emit('outgoing', { ...entry }),
      stalled: () => this.#connection?.probe(),
    });
    this.changes = new Changes({
      clock: this.clock,
      newId: () => this.requests.newId(),
      transmit: ({ id, room, wanted }) => this.send({ ...wanted, id, room }),
      stalled: () => this.#connection?.probe(),
    });
    this.requests = new Requests({
      clock: this.clock,
      send: (frame) => this.send(frame),
      overdue: () => this.#connection?.probe(),
    });
  }

  /** Idempotent. A closed client may connect again. */
  connect() {
    if (this.state !== 'idle' && this.state !== 'closed') return;
    this.#attempt = 0;
    this.#unlisten();
    this.#unlisten = this.host.listen((wake) => this.#woken(wake));
    this.#dial();
  }

  /** For good: nothing reconnects after this. */
  close() {
    this.#unlisten();
    this.#unlisten = () => {};
    this.clock.clearTimeout(this.#timer);
    this.#set('closed', {});
    this.#connection?.drop(1000, 'closed by us');
    this.outbox.close();
    this.changes.failAll(new ChatError('closed', 'the client was closed'));
  }

  /** Do not wait for the next attempt. */
  retryNow() {
    if (this.state === 'waiting' || this.state === 'offline') this.#dial();
  }

  /** The same object every time. @param {string} name */
  room(name) {
    let room = this.#rooms.get(name);
    if (!room) {
      const { outbox, changes, clock } = this;
      room = new Room(name, {
        outbox,
        changes,
        clock,
        send: (frame) => this.send(frame),
        newId: () => this.requests.newId(),
        request: (frame, options) => this.requests.ask(frame, options),
      });
      this.#rooms.set(name, room);
      if (this.state === 'connected') room.connected();
    }
    return room;
  }

  /** @param {import('./frames.mjs').ClientFrame} frame @returns {boolean} false: not connected */
  send(frame) {
    return this.#connection?.send(frame) ?? false;
  }

  #dial() {
    this.clock.clearTimeout(this.#timer);
    this.#set('connecting', {});
    this.#dialled += 1;
    if (typeof this.token === 'function') void this.#fetchToken(this.token, this.#dialled);
    else this.#open(this.token);
  }

  /** A new one for each attempt. @param {() => string | Promise<string>} token @param {number} dialled */
  async #fetchToken(token, dialled) {
    const stale = () => this.state !== 'connecting' || this.#dialled !== dialled;
    try {
      const fresh = await token();
      if (!stale()) this.#open(fresh);
    } catch (error) {
      if (!stale()) this.#closed({ code: LOCAL.NO_TOKEN, reason: `no token could be fetched: ${error}` });
    }
  }

  /** @param {string | undefined} token */
  #open(token) {
    this.#shown = token;
    this.#connection = new Connection(this.url, token, this, {
      hello: (hello) => this.#greeted(hello),
      frame: (frame) => this.#received(frame),
      closed: (closed) => this.#closed(closed),
    });
  }

  /** @param {Hello} hello */
  #greeted(hello) {
    this.hello = hello;
    this.#connectedAt = this.clock.now();
    this.emit('hello', hello);
    this.#set('connected', {});
    for (const room of this.#rooms.values()) room.connected();
  }

  /** @param {ServerFrame} frame */
  #received(frame) {
    if (frame.type === 'ack') return this.#acked(frame);
    if ('id' in frame && frame.id !== undefined) {
      // A room hears of its join at once, not a microtask later: the messages may be right behind.
      if (this.requests.answer(frame.id, frame) && frame.type !== 'joined') return;
      if (frame.type === 'error' && this.#refused(String(frame.id), ChatError.from(frame))) return;
    }
    const room = 'room' in frame && frame.room !== undefined ? this.#rooms.get(frame.room) : undefined;
    if (room) room.handle(frame);
    else if (frame.type === 'error') this.emit('error', ChatError.from(frame));
  }

  /** @param {import('./protocol.d.ts').Ack} ack */
  #acked(ack) {
    const id = String(ack.id);
    if (!this.changes.acked(id, ack)) this.outbox.acked(ack.nonce ?? id, ack);
  }

  /** @param {string} id @param {ChatError} error */
  #refused(id, error) {
    return this.outbox.refused(id, error) || this.changes.refused(id, error);
  }

  /** @param {import('./connection.mjs').Closed} closed */
  #closed({ code, reason, retryAfterMs, reconnect }) {
    this.#connection = null;
    this.requests.failAll(new ChatError('disconnected', 'the connection was lost', { retryable: true }));
    for (const room of this.#rooms.values()) room.disconnected();
    this.outbox.shut();
    if (this.state === 'closed') return;
    if (closeClass(code) !== 'retry' || reconnect === false) return this.#ended(new ChatError('closed', reason || `closed with ${code}`), code);
    if (code === TOKEN_EXPIRED && typeof this.token !== 'function') return this.#ended(new ChatError('token_expired', 'the token has expired'), code);
    if (!this.#connectedAt && code !== LOCAL.NO_TOKEN) void this.#askWhy();
    if (this.#connectedAt && this.clock.now() - this.#connectedAt >= GOOD_UPTIME_MS) this.#attempt = 0;
    this.#connectedAt = 0;
    const capMs = this.host.hidden() ? CAP_HIDDEN_MS : CAP_MS;
    const again = retryAfterMs === undefined || code === TOKEN_EXPIRED ? delay(this.#attempt, this.random, capMs) : asked(retryAfterMs, this.random);
    // Only the token was too old: whoever has a new one need not wait.
    const waitMs = code === TOKEN_EXPIRED && this.#attempt === 0 ? 0 : again;
    this.#attempt += 1;
    this.retryAt = this.clock.now() + waitMs;
    this.#timer = this.clock.setTimeout(() => this.#dial(), waitMs);
    this.#set(this.host.online() ? 'waiting' : 'offline', { code, reason });
  }

  /** Never greeted: was it the network, or were we refused? */
  async #askWhy() {
    const dialled = this.#dialled;
    const error = await this.refusal(this.url, this.#shown);
    if (error?.code === 'token_expired' && typeof this.token === 'function') return;
    if (!error || this.#dialled > dialled + 1 || this.state === 'connected' || this.state === 'closed') return;
    this.clock.clearTimeout(this.#timer);
    this.#ended(error);
    this.#connection?.drop(1000, 'refused');
  }

  /** @param {ChatError} error @param {number} [code] */
  #ended(error, code) {
    this.#unlisten();
    this.#set('closed', { error, reason: error.message, ...(code === undefined ? {} : { code }) });
    this.outbox.failAll(error);
    this.changes.failAll(error);
  }

  /** @param {import('./host.mjs').Wake} wake */
  #woken(wake) {
    if (wake === 'offline') {
      if (this.state === 'waiting') this.#set('offline', {});
      return this.#connection?.probe();
    }
    this.retryNow();
    this.#connection?.probe();
  }

  /** @param {ClientState} to @param {{ code?: number, reason?: string, error?: ChatError }} why */
  #set(to, why) {
    const from = this.state;
    if (from === to) return;
    this.state = to;
    if (to !== 'waiting' && to !== 'offline') this.retryAt = undefined;
    const retry = this.retryAt === undefined ? {} : { retryAt: this.retryAt };
    this.emit('state', { from, to, attempt: this.#attempt, ...why, ...retry });
  }
}
