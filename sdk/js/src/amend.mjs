// What a message says after a change to it. Pure.

/** @typedef {import('./frames.mjs').HistoryMessage} HistoryMessage */
/** @typedef {import('./room-events.mjs').Change} Change */

/**
 * A page of history may have been read just before a change that was heard while it was on its way.
 * @param {readonly HistoryMessage[]} messages
 * @param {readonly Change[]} changes in their order
 * @returns {HistoryMessage[]}
 */
export function amended(messages, changes) {
  return messages.map((message) => changes.filter(({ seq }) => seq === message.seq).reduce(amend, message));
}

/** @param {HistoryMessage} message @param {Change} change @returns {HistoryMessage} */
function amend(message, change) {
  if (message.deleted) return message;
  const { edited, ...rest } = message;
  if (change.type === 'delete') return { ...rest, content: '', deleted: true };
  return { ...rest, content: change.content, edited: change.timestamp };
}
