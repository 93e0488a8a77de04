// Where the outbox survives a reload: one JSON list per sender, in sessionStorage or whatever is like it.

/** @typedef {{ code: string, message: string }} Refusal */
/**
 * @typedef {object} Entry
 * @property {string} nonce
 * @property {string} room
 * @property {string} content
 * @property {number} createdAt
 * @property {'queued' | 'sending' | 'sent' | 'failed' | 'cancelled'} status
 * @property {number} notBefore do not send before this moment (rate limit)
 * @property {number} sentAt
 * @property {Refusal} [error] why it failed, or why it waits
 * @property {number} [seq] once sent
 * @property {number} [timestamp] once sent, seconds
 */
/** @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Store */

export class Shelf {
  #store;
  #key;

  /** @param {Store | undefined} store @param {string} owner whose messages these are */
  constructor(store, owner) {
    this.#store = store;
    this.#key = `roomcast.outbox.${owner}`;
  }

  /** @param {readonly Entry[]} entries */
  save(entries) {
    try {
      if (entries.length === 0) this.#store?.removeItem(this.#key);
      else this.#store?.setItem(this.#key, JSON.stringify(entries));
    } catch {
      // Full or forbidden: the outbox lives on in memory.
    }
  }

  /** What was on its way when the page went is unknown, hence queued again. @returns {Entry[]} */
  load() {
    try {
      const saved = JSON.parse(this.#store?.getItem(this.#key) ?? '[]');
      return saved.map((/** @type {Entry} */ entry) => ({
        ...entry,
        status: entry.status === 'failed' ? 'failed' : 'queued',
        sentAt: 0,
      }));
    } catch {
      return [];
    }
  }
}
