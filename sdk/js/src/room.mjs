// One room of a client: joins, resumes where it was, and hands on each message once and in order.

import { amended } from './amend.mjs';
import { ChatError } from './codes.mjs';
import { Emitter } from './emitter.mjs';
import { Position } from './position.mjs';

/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {import('./protocol.d.ts').Joined} Joined */
/** @typedef {import('./frames.mjs').Message} Message */
/** @typedef {import('./frames.mjs').HistoryPage} HistoryPage */
/** @typedef {import('./room-events.mjs').Change} Change */
/** @typedef {import('./room-events.mjs').RoomEvents} RoomEvents */
/** @typedef {import('./room-events.mjs').RoomState} RoomState */
/** @typedef {import('./room-events.mjs').Link} Link */
/** @typedef {import('./shelf.mjs').Entry} Entry */

export const TYPING_MS = 3_000;
const REJOIN_MS = 2_000;

/** @extends {Emitter<RoomEvents>} */
export class Room extends Emitter {
  /** @type {RoomState} */
  state = 'detached';
  #position = new Position();
  #link;
  #wanted = false;
  #connected = false;
  /** The join we wait for; the reply to an older one is not for us. */
  #joinId = '';
  #typedAt = -Infinity;
  /** Changes heard while a page of history was on its way, for each such page. @type {Set<Change[]>} */
  #meanwhile = new Set();
  /** @type {unknown} */
  #rejoin;

  /** @param {string} name @param {Link} link */
  constructor(name, link) {
    super();
    this.name = name;
    this.#link = link;
  }

  /** The newest message and the newest change that were handed on, and the log they count in. */
  get position() {
    return this.#position.at;
  }

  attach() {
    if (this.#wanted) return;
    this.#wanted = true;
    if (this.#connected) this.#join();
    else this.#set('suspended');
  }

  detach() {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#stop('detached');
    this.#link.changes.failAll(new ChatError('not_joined', 'the room was left'), this.name);
    if (this.#connected) this.#link.send({ type: 'leave', room: this.name });
    this.#position = new Position();
  }

  /** Returns at once; follow it by the `outgoing` event. @param {string} content @returns {Entry} */
  send(content) {
    return this.#link.outbox.add(this.name, content);
  }

  /**
   * Changes what one of our own messages says. Waits for the connection like a message, but not over a reload.
   * @param {number} seq @param {string} content
   * @returns {Promise<import('./changes.mjs').Done>} once it is in the log; rejects with a ChatError, `conflict` where the message was
   *   changed elsewhere while it was unknown whether this had been done
   */
  edit(seq, content) {
    return this.#change({ type: 'edit', seq, content });
  }

  /** Takes one of our own messages away, as `edit` changes it. @param {number} seq @returns {Promise<import('./changes.mjs').Done>} */
  delete(seq) {
    return this.#change({ type: 'delete', seq });
  }

  /** Our messages that are not acknowledged, oldest first. */
  outgoing() {
    return this.#link.outbox.of(this.name);
  }

  /** @param {string} nonce */
  retry(nonce) {
    this.#link.outbox.retry(nonce);
  }

  /** @param {string} nonce */
  cancel(nonce) {
    this.#link.outbox.cancel(nonce);
  }

  /**
   * A page of messages, oldest first.
   * @param {{ limit?: number, before?: number, after?: number, around?: number, signal?: AbortSignal }} [query]
   * @returns {Promise<HistoryPage>}
   */
  async history({ signal, ...query } = {}) {
    /** @type {import('./frames.mjs').ClientFrame} */
    const frame = { type: 'history', room: this.name, limit: 50, ...query };
    /** @type {Change[]} */
    const changes = [];
    this.#meanwhile.add(changes);
    try {
      const reply = await this.#link.request(frame, signal ? { signal } : {});
      if (reply.type !== 'history') throw new ChatError('internal', `history was answered with ${reply.type}`);
      return { ...reply, messages: amended(reply.messages, changes) };
    } finally {
      this.#meanwhile.delete(changes);
    }
  }

  /** Says so at most every 3 s. */
  typing() {
    const now = this.#link.clock.now();
    if (this.state !== 'attached' || now - this.#typedAt < TYPING_MS) return;
    if (this.#link.send({ type: 'typing', room: this.name })) this.#typedAt = now;
  }

  /** The client greets a new connection. */
  connected() {
    this.#connected = true;
    if (this.#wanted) this.#join();
  }

  disconnected() {
    this.#connected = false;
    if (this.#wanted) this.#stop('suspended');
  }

  /** A frame of this room. @param {ServerFrame} frame */
  handle(frame) {
    if (!this.#wanted) return;
    switch (frame.type) {
      case 'joined':
        return frame.id === this.#joinId ? this.#joined(frame) : undefined;
      case 'message':
        return this.#message(frame);
      case 'gap':
        return this.#gap(frame);
      case 'left':
        // Not asked for: the token does not let us be here any more. The error before it says so.
        return this.#stop('failed');
      case 'reset':
        return this.#position.reset(frame) ? this.#afresh(frame) : undefined;
      case 'edit':
      case 'delete':
        return this.#changed(frame);
      case 'caught_up':
        this.#link.changes.open(this.name);
        return this.emit('caught_up', frame);
      case 'presence':
      case 'presence_change':
      case 'join':
      case 'leave':
      case 'typing':
      case 'react':
      case 'read':
        return this.emit(frame.type, frame);
      case 'error':
        return this.emit('error', ChatError.from(frame));
      default:
    }
  }

  async #join() {
    this.#link.clock.clearTimeout(this.#rejoin);
    const id = this.#link.newId();
    const resume = this.position;
    this.#joinId = id;
    this.#set('attaching');
    try {
      await this.#link.request({ type: 'join', id, room: this.name, ...(resume ? { resume } : {}) });
    } catch (error) {
      if (id === this.#joinId && this.#connected) this.#refused(/** @type {ChatError} */ (error));
    }
  }

  /** @param {Joined} frame */
  #joined(frame) {
    const { head, reason = 'unknown' } = frame;
    const how = this.#position.joined(frame);
    this.#set('attached');
    if (how === 'reset') this.#afresh({ head, reason });
    else this.emit('joined', { head, fresh: how === 'fresh' });
    this.#link.outbox.open(this.name);
    // After a resume only `caught_up` tells whether a change that waits was made, or overtaken.
    if (how !== 'resumed') this.#link.changes.open(this.name);
  }

  /** @param {ChatError} error */
  #refused(error) {
    this.emit('error', error);
    if (!error.retryable) return this.#stop('failed');
    this.#rejoin = this.#link.clock.setTimeout(() => this.#join(), error.retryAfterMs ?? REJOIN_MS);
  }

  /** @param {Message} message */
  #message(message) {
    const { fresh, hole } = this.#position.arrived(message.seq);
    if (message.nonce) this.#link.outbox.acked(message.nonce, message);
    if (hole) this.emit('gap', { ...hole, reason: 'hole' });
    if (fresh) this.emit('message', message);
  }

  /** @param {Change} change */
  #changed(change) {
    const { fresh, hole } = this.#position.arrived(change.change, 'change');
    if (!fresh) return;
    this.#link.changes.heard(this.name, change);
    for (const changes of this.#meanwhile) changes.push(change);
    // Nobody can be asked for changes by their number: what they made of the messages can be loaded.
    if (hole) this.emit('reset', { head: this.#position.at?.seq ?? 0, reason: 'hole' });
    if (change.type === 'edit') this.emit('edit', change);
    else this.emit('delete', change);
  }

  /** @param {import('./changes.mjs').Wanted} wanted */
  #change(wanted) {
    if (this.position) return this.#link.changes.add(this.name, wanted);
    return Promise.reject(new ChatError('not_joined', 'join the room first: a message is known by its number there'));
  }

  /** The numbers may mean other messages now, so what waits to change one must not. @param {{ head: number, reason: string }} reset */
  #afresh({ head, reason }) {
    this.#link.changes.failAll(new ChatError('reset', 'the room was reset: the number may mean another message'), this.name);
    this.emit('reset', { head, reason });
  }

  /** @param {import('./protocol.d.ts').Gap} gap */
  #gap({ from, to, reason }) {
    this.#position.skipped(to);
    this.emit('gap', { from, to, reason });
  }

  /** @param {RoomState} state */
  #stop(state) {
    this.#joinId = '';
    this.#link.clock.clearTimeout(this.#rejoin);
    this.#link.outbox.shut(this.name);
    this.#link.changes.shut(this.name);
    this.#set(state);
  }

  /** @param {RoomState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state);
  }
}
