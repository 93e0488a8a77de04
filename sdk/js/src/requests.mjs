// Frames that have one reply: matched by `id`, given up after a while.

import { ChatError } from './codes.mjs';

/** @typedef {import('./frames.mjs').ClientFrame} ClientFrame */
/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {{ resolve: (frame: ServerFrame) => void, reject: (error: ChatError) => void }} Pending */

export const REPLY_MS = 10_000;

export class Requests {
  #parts;
  #next = 0;
  /** @type {Map<string, Pending>} */
  #pending = new Map();

  /** @param {{ clock: import('./host.mjs').Clock, send: (frame: ClientFrame) => boolean, overdue: () => void }} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  newId() {
    return `q${(this.#next += 1)}`;
  }

  /**
   * @param {ClientFrame} frame
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<ServerFrame>} rejects with a ChatError
   */
  ask(frame, { signal } = {}) {
    const { clock, send, overdue } = this.#parts;
    const id = frame.id === undefined ? this.newId() : String(frame.id);
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        overdue();
        this.#settle(id)?.reject(new ChatError('timeout', 'no answer from the server', { retryable: true }));
      }, REPLY_MS);
      const settle = () => clock.clearTimeout(timer);
      this.#pending.set(id, {
        resolve: (reply) => (settle(), resolve(reply)),
        reject: (error) => (settle(), reject(error)),
      });
      signal?.addEventListener('abort', () => this.#settle(id)?.reject(new ChatError('aborted', 'not wanted any more')), { once: true });
      if (!send({ ...frame, id })) {
        this.#settle(id)?.reject(new ChatError('disconnected', 'not connected', { retryable: true }));
      }
    });
  }

  /** @param {string | number} id @param {ServerFrame} frame @returns {boolean} whether it answered one of ours */
  answer(id, frame) {
    const pending = this.#settle(String(id));
    if (!pending) return false;
    if (frame.type === 'error') pending.reject(ChatError.from(frame));
    else pending.resolve(frame);
    return true;
  }

  /** @param {ChatError} error */
  failAll(error) {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }

  /** @param {string} id */
  #settle(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
