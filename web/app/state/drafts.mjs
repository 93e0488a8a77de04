// What was written and not sent, per room, for thirty days. Pure but for the store it is given.

const KEEP_MS = 30 * 24 * 3600 * 1000;

/** @typedef {{ recall: (key: string) => string | null, remember: (key: string, value: string | null) => void }} Memory */

/** @param {Memory} memory @param {string} room @param {number} now @returns {string} */
export function draftOf(memory, room, now) {
  try {
    const { text, at } = JSON.parse(memory.recall(`draft.${room}`) ?? '{}');
    return typeof text === 'string' && now - at < KEEP_MS ? text : '';
  } catch {
    return '';
  }
}

/** @param {Memory} memory @param {string} room @param {string} text @param {number} now */
export function keepDraft(memory, room, text, now) {
  memory.remember(`draft.${room}`, text.trim() === '' ? null : JSON.stringify({ text, at: now }));
}
