// How long a message may be (protocol.md §9). Counted as the server counts: characters after trimming, then bytes. Pure.

export const MAX_CHARS = 4_000;
export const MAX_BYTES = 16 * 1024;
/** From here on the counter shows. */
const WARN_CHARS = 400;

/** @typedef {{ state: 'empty' | 'fine' | 'near' | 'over', left: number }} Length */

/** @param {string} content @returns {Length} */
export function lengthOf(content) {
  const text = content.trim();
  if (text === '') return { state: 'empty', left: MAX_CHARS };
  const left = MAX_CHARS - [...text].length;
  if (left < 0 || new TextEncoder().encode(text).length > MAX_BYTES) return { state: 'over', left };
  return { state: left <= WARN_CHARS ? 'near' : 'fine', left };
}
