// Edits and deletions of our own messages that are not acknowledged yet: bounded, in memory, in order per room, one of a
// room on its way at a time. No ack means *unknown*: it is repeated, which changes nothing if it was done already.

import { ChatError } from './codes.mjs';
import { isExpired, isOverdue, nextLook } from './due.mjs';

/** How many may wait, over all rooms. */
export const CHANGES_LIMIT = 50;

/** @typedef {{ type: 'edit', seq: number, content: string } | { type: 'delete', seq: number }} Wanted */
/**
 * How it is now in the log.
 * @typedef {object} Done
 * @property {number} seq of the message
 * @property {number} [change] the number of the newest change with which the message is as wanted
 * @property {number} [timestamp] when, seconds
 */
/**
 * @typedef {object} Waiting
 * @property {string} id of its frame
 * @property {string} room
 * @property {Wanted} wanted
 * @property {'queued' | 'sending'} status
 * @property {number} createdAt
 * @property {number} notBefore
 * @property {number} sentAt 0: the server has not had it, or has refused it
 * @property {boolean} overtaken whether it was done is unknown, and the message was changed otherwise since
 * @property {(done: Done) => void} resolve
 * @property {(error: ChatError) => void} reject
 */

export class Changes {
  /** @type {Waiting[]} in the order of sending */
  #waiting = [];
  /** @type {Set<string>} rooms that may send now */
  #open = new Set();
  #parts;
  /** @type {unknown} */
  #timer;

  /**
   * @param {object} parts
   * @param {import('./host.mjs').Clock} parts.clock
   * @param {() => string} parts.newId
   * @param {(waiting: Waiting) => boolean} parts.transmit false: not connected
   * @param {() => void} parts.stalled an ack is overdue: is the connection alive?
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {string} room @param {Wanted} wanted @returns {Promise<Done>} rejects with a ChatError */
  add(room, wanted) {
    if (this.#waiting.length >= CHANGES_LIMIT) {
      return Promise.reject(new ChatError('outbox_full', `${CHANGES_LIMIT} changes are waiting already`, { retryable: true }));
    }
    const { clock, newId } = this.#parts;
    return new Promise((resolve, reject) => {
      const at = { status: /** @type {const} */ ('queued'), createdAt: clock.now(), notBefore: 0, sentAt: 0 };
      this.#waiting.push({ id: newId(), room, wanted, ...at, overtaken: false, resolve, reject });
      this.#flush(room);
    });
  }

  /** The room stands where its log does: send what waits, but for what would undo a later change. @param {string} room */
  open(room) {
    this.#open.add(room);
    const conflict = new ChatError('conflict', 'the message was changed elsewhere meanwhile');
    for (const one of this.#of(room)) if (one.overtaken) this.#take(one)?.reject(conflict);
    this.#flush(room);
  }

  /** The connection to the room is gone; what was on its way is unknown. @param {string} room */
  shut(room) {
    this.#open.delete(room);
    for (const one of this.#of(room)) one.status = 'queued';
    this.#schedule();
  }

  /** A change in the room: ours, or one after which ours must not be repeated. @param {string} room @param {import('./room-events.mjs').Change} change */
  heard(room, change) {
    const one = this.#of(room).find(({ wanted, sentAt }) => sentAt > 0 && wanted.seq === change.seq);
    if (!one || one.wanted.type !== change.type) return;
    if (change.type === 'delete' || (one.wanted.type === 'edit' && one.wanted.content === change.content)) {
      this.#take(one)?.resolve(change);
      this.#flush(room);
    } else if (one.status === 'queued') one.overtaken = true;
  }

  /** @param {string} id @param {Done} done @returns {boolean} whether it was one of ours */
  acked(id, done) {
    const one = this.#take(this.#waiting.find((other) => other.id === id));
    if (!one) return false;
    one.resolve(done);
    this.#flush(one.room);
    return true;
  }

  /** The server said no. @param {string} id @param {ChatError} error @returns {boolean} whether it was one of ours */
  refused(id, error) {
    const one = this.#waiting.find((other) => other.id === id);
    if (!one) return false;
    if (error.retryable) {
      Object.assign(one, { status: 'queued', sentAt: 0, notBefore: this.#parts.clock.now() + (error.retryAfterMs ?? 1_000) });
    } else this.#take(one)?.reject(error);
    this.#flush(one.room);
    return true;
  }

  /** They will not be sent any more. @param {ChatError} error @param {string} [room] all rooms without it */
  failAll(error, room) {
    for (const one of [...this.#waiting]) if (room === undefined || one.room === room) this.#take(one)?.reject(error);
    this.#schedule();
  }

  /** @param {string} room */
  #flush(room) {
    const [first] = this.#of(room);
    const now = this.#parts.clock.now();
    if (first?.status === 'queued' && first.notBefore <= now && this.#open.has(room) && this.#parts.transmit(first)) {
      first.status = 'sending';
      first.sentAt = now;
    }
    this.#schedule();
  }

  /** Acks overdue, waits over, lives ended. */
  #tick() {
    const now = this.#parts.clock.now();
    for (const one of [...this.#waiting]) {
      if (isOverdue(one, now)) {
        one.status = 'queued';
        this.#parts.stalled();
      }
      if (isExpired(one, now)) this.#take(one)?.reject(new ChatError('timeout', 'no answer from the server', { retryable: true }));
    }
    for (const room of new Set(this.#waiting.map((one) => one.room))) this.#flush(room);
    this.#schedule();
  }

  #schedule() {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#timer);
    const waitMs = nextLook(this.#waiting, clock.now());
    if (waitMs !== null) this.#timer = clock.setTimeout(() => this.#tick(), waitMs);
  }

  /** @param {string} room */
  #of(room) {
    return this.#waiting.filter((one) => one.room === room);
  }

  /** It waits no longer. @param {Waiting | undefined} one */
  #take(one) {
    this.#waiting = this.#waiting.filter((other) => other !== one);
    return one;
  }
}
