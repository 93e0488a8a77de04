// Our messages that are not in the log yet. Pure.

/** @typedef {import('../../sdk/shelf.mjs').Entry} Entry */

/** One of them has another status: it stays in its place, comes to the end, or goes. @param {readonly Entry[]} unsent @param {Entry} entry */
export function updated(unsent, entry) {
  const gone = entry.status === 'cancelled' || entry.status === 'sent';
  if (gone) return unsent.filter(({ nonce }) => nonce !== entry.nonce);
  if (!unsent.some(({ nonce }) => nonce === entry.nonce)) return [...unsent, entry];
  return unsent.map((one) => (one.nonce === entry.nonce ? entry : one));
}

/** As the log has it. @param {Entry} entry @param {number} seq @param {string} user */
export function final({ nonce, content, timestamp, createdAt }, seq, user) {
  return { nonce, seq, user, content, timestamp: timestamp ?? Math.floor(createdAt / 1000) };
}
