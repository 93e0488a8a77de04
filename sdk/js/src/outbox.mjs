// What is to be sent and is not yet known to have arrived. Bounded, kept over a reload, in order per room.
// One message per room is on its way at a time: the next waits for its ack, so a refusal cannot reorder them.
// No ack means *unknown*: the message is repeated with the same nonce, and the server knows it again.

import { ChatError } from './codes.mjs';
import { isExpired, isOverdue, nextLook } from './due.mjs';
import { newNonce } from './host.mjs';
import { Shelf } from './shelf.mjs';

/** @typedef {import('./shelf.mjs').Entry} Entry */

export const LIMIT = 200;

export class Outbox {
  /** @type {Entry[]} in the order of sending */
  #entries = [];
  /** @type {Set<string>} rooms that may send now */
  #open = new Set();
  #parts;
  #shelf;
  /** @type {unknown} */
  #timer;

  /**
   * @param {object} parts
   * @param {string} parts.owner whose messages these are
   * @param {import('./shelf.mjs').Store | undefined} parts.storage
   * @param {import('./host.mjs').Clock} parts.clock
   * @param {(entry: Entry) => boolean} parts.transmit false: not connected
   * @param {(entry: Entry) => void} parts.changed
   * @param {() => void} parts.stalled an ack is overdue: is the connection alive?
   */
  constructor(parts) {
    this.#parts = parts;
    this.#shelf = new Shelf(parts.storage, parts.owner);
    this.#entries = this.#shelf.load();
    this.#schedule();
  }

  get size() {
    return this.#entries.length;
  }

  /** Messages waiting for a connection or an ack. */
  get waiting() {
    return this.#entries.filter((entry) => entry.status !== 'failed').length;
  }

  /** @returns {string[]} rooms with something in them */
  rooms() {
    return [...new Set(this.#entries.map((entry) => entry.room))];
  }

  /** @param {string} room @returns {readonly Entry[]} */
  of(room) {
    return this.#entries.filter((entry) => entry.room === room);
  }

  /** @param {string} room @param {string} content @returns {Entry} */
  add(room, content) {
    if (this.#entries.length >= LIMIT) {
      throw new ChatError('outbox_full', `${LIMIT} messages are waiting already`, { retryable: true });
    }
    const createdAt = this.#parts.clock.now();
    /** @type {Entry} */
    const entry = { nonce: newNonce(), room, content, createdAt, status: 'queued', notBefore: 0, sentAt: 0 };
    this.#entries.push(entry);
    this.#changed(entry);
    this.#flush(room);
    return entry;
  }

  /** The room is joined: send what waits. @param {string} room */
  open(room) {
    this.#open.add(room);
    this.#flush(room);
  }

  /** The connection (or one room of it) is gone; what was on its way is unknown. @param {string} [room] */
  shut(room) {
    if (room === undefined) this.#open.clear();
    else this.#open.delete(room);
    for (const entry of this.#entries) {
      if (entry.status === 'sending' && !this.#open.has(entry.room)) this.#set(entry, 'queued');
    }
    this.#schedule();
  }

  /** It is in the log. @param {string} nonce @param {{ seq: number, timestamp?: number }} at */
  acked(nonce, at) {
    const entry = this.#find(nonce);
    if (!entry) return;
    entry.seq = at.seq;
    if (at.timestamp !== undefined) entry.timestamp = at.timestamp;
    delete entry.error;
    this.#remove(entry, 'sent');
    this.#flush(entry.room);
  }

  /** The server said no. @param {string} nonce @param {ChatError} error @returns {boolean} whether it was ours */
  refused(nonce, error) {
    const entry = this.#find(nonce);
    if (!entry) return false;
    entry.error = { code: error.code, message: error.message };
    if (error.retryable) {
      entry.notBefore = this.#parts.clock.now() + (error.retryAfterMs ?? 1_000);
      this.#set(entry, 'queued');
      this.#schedule();
    } else {
      this.#set(entry, 'failed');
      this.#flush(entry.room);
    }
    return true;
  }

  /** Nothing will be sent on this client any more. @param {ChatError} error */
  failAll(error) {
    for (const entry of this.#entries) {
      if (entry.status === 'failed') continue;
      entry.error = { code: error.code, message: error.message };
      this.#set(entry, 'failed');
    }
    this.#schedule();
  }

  /** Send a failed one again, behind what waits. The nonce stays: it may have arrived after all. @param {string} nonce */
  retry(nonce) {
    const entry = this.#find(nonce);
    if (entry?.status !== 'failed') return;
    this.#entries = [...this.#entries.filter((other) => other !== entry), entry];
    entry.createdAt = this.#parts.clock.now();
    entry.notBefore = 0;
    delete entry.error;
    this.#set(entry, 'queued');
    this.#flush(entry.room);
  }

  /** Forget one that is not on its way. @param {string} nonce */
  cancel(nonce) {
    const entry = this.#find(nonce);
    if (entry && entry.status !== 'sending') this.#remove(entry, 'cancelled');
  }

  close() {
    this.#parts.clock.clearTimeout(this.#timer);
  }

  /** @param {string} room */
  #flush(room) {
    const now = this.#parts.clock.now();
    const queue = this.of(room).filter((entry) => entry.status !== 'failed');
    const [first] = queue;
    if (first?.status === 'queued' && first.notBefore <= now && this.#open.has(room) && this.#parts.transmit(first)) {
      first.sentAt = now;
      delete first.error;
      this.#set(first, 'sending');
    }
    this.#schedule();
  }

  /** Acks overdue, waits over, lives ended. */
  #tick() {
    const now = this.#parts.clock.now();
    for (const entry of [...this.#entries]) {
      if (isOverdue(entry, now)) {
        this.#set(entry, 'queued');
        this.#parts.stalled();
      }
      if (isExpired(entry, now)) {
        entry.error ??= { code: 'timeout', message: 'no answer from the server' };
        this.#set(entry, 'failed');
      }
    }
    for (const room of this.rooms()) this.#flush(room);
    this.#schedule();
  }

  #schedule() {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#timer);
    const waitMs = nextLook(this.#entries, clock.now());
    if (waitMs !== null) this.#timer = clock.setTimeout(() => this.#tick(), waitMs);
  }

  /** @param {string} nonce */
  #find(nonce) {
    return this.#entries.find((entry) => entry.nonce === nonce);
  }

  /** @param {Entry} entry @param {Entry['status']} status */
  #set(entry, status) {
    entry.status = status;
    this.#changed(entry);
  }

  /** @param {Entry} entry @param {'sent' | 'cancelled'} status */
  #remove(entry, status) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#set(entry, status);
  }

  /** @param {Entry} entry */
  #changed(entry) {
    this.#shelf.save(this.#entries);
    this.#parts.changed(entry);
  }
}
