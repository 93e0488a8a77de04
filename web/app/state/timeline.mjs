// The messages of one room that the page holds: a window on the log, in order of `seq`, each once. Pure.

/**
 * @typedef {object} Line
 * @property {string} key of its row; the nonce for our own, so that a sent message keeps its row
 * @property {number} seq
 * @property {string} user
 * @property {string} content
 * @property {number} at milliseconds
 * @property {number} [edited] when it was made to say something else than at first, milliseconds
 * @property {boolean} [deleted] only its place is left
 * @property {number} [change] the newest change to it that was heard here
 */
/** @typedef {{ from: number, to: number }} Gap */
/**
 * @typedef {object} Timeline
 * @property {readonly Line[]} lines
 * @property {readonly Gap[]} gaps stretches the server could not send
 * @property {boolean} start nothing is older than the first line
 * @property {boolean} tail nothing is newer than the last line
 */
/** @typedef {{ seq: number, user: string, content: string, timestamp: number, nonce?: string, edited?: number, deleted?: boolean }} Wire */

/** @typedef {{ type: 'edit' | 'delete', seq: number, change: number, content?: string, timestamp: number }} Change */

/** How many rows the page holds. */
export const WINDOW = 300;
/** Trimming waits until there are this many more, so that it is rare. */
export const LEEWAY = 20;

/** @type {Timeline} */
export const EMPTY = { lines: [], gaps: [], start: false, tail: true };

/** @param {Wire} message @returns {Line} */
export function lineOf({ seq, user, content, timestamp, nonce, edited, deleted }) {
  const key = nonce ? `n${nonce}` : `s${seq}`;
  return { key, seq, user, content, at: timestamp * 1000, ...(edited ? { edited: edited * 1000 } : {}), ...(deleted ? { deleted: true } : {}) };
}

/**
 * A message was edited or deleted. Its row stays. What is older than what was heard of it changes nothing.
 * @param {Timeline} timeline @param {Change} change
 * @returns {Timeline} the same one when it does not concern the window
 */
export function amended(timeline, change) {
  const place = timeline.lines.findIndex(({ seq }) => seq === change.seq);
  const line = timeline.lines[place];
  if (!line || line.deleted || change.change <= (line.change ?? 0)) return timeline;
  return { ...timeline, lines: timeline.lines.with(place, amend(line, change)) };
}

/** @param {Line} line @param {Change} change @returns {Line} */
function amend({ edited, ...line }, { type, content = '', timestamp, change }) {
  return { ...line, content, change, ...(type === 'delete' ? { deleted: true } : { edited: timestamp * 1000 }) };
}

/**
 * A live message. Appends while the end is in the window; a reader far up keeps what is on screen.
 * @param {Timeline} timeline @param {Wire} message @param {boolean} following the reader is at the end
 * @returns {Timeline}
 */
export function arrived(timeline, message, following) {
  if (!timeline.tail) return timeline;
  const next = { ...timeline, lines: merge(timeline.lines, [message]) };
  if (next.lines.length <= WINDOW + LEEWAY) return next;
  return following ? cutStart(next) : { ...timeline, tail: false };
}

/**
 * A page of history.
 * @param {Timeline} timeline
 * @param {{ messages: readonly Wire[], more: boolean }} page
 * @param {'newest' | 'older' | 'newer'} where
 * @returns {Timeline}
 */
export function loaded(timeline, page, where) {
  const next = { ...timeline, lines: merge(timeline.lines, page.messages) };
  if (where === 'older') return cutEnd({ ...next, start: !page.more });
  if (where === 'newer') return cutStart({ ...next, tail: !page.more });
  return { ...next, start: !page.more, tail: true };
}

/** @param {Timeline} timeline @param {Gap} gap @returns {Timeline} */
export function missing(timeline, gap) {
  if (!timeline.tail || gap.to < gap.from) return timeline;
  return { ...timeline, gaps: [...timeline.gaps.filter(({ from }) => from !== gap.from), gap] };
}

/**
 * What the history had for a gap.
 * @param {Timeline} timeline @param {Gap} gap @param {{ messages: readonly Wire[], more: boolean }} page
 * @returns {Timeline}
 */
export function filled(timeline, gap, page) {
  const last = page.messages.at(-1)?.seq ?? gap.to;
  const gaps = timeline.gaps.filter(({ from }) => from !== gap.from);
  if (page.more && last < gap.to) gaps.push({ from: last + 1, to: gap.to });
  const inside = page.messages.filter(({ seq }) => seq <= gap.to);
  return { ...timeline, gaps, lines: merge(timeline.lines, inside) };
}

/**
 * Sorted by seq, each once. A line that is there keeps its row; what is common, appending, costs one copy.
 * @param {readonly Line[]} lines @param {readonly Wire[]} messages
 * @returns {readonly Line[]}
 */
function merge(lines, messages) {
  const known = new Set(lines.map((line) => line.seq));
  const fresh = messages.filter((message) => !known.has(message.seq)).map(lineOf);
  if (fresh.length === 0) return lines;
  const joined = [...lines, ...fresh];
  return isSorted(joined) ? joined : joined.sort((a, b) => a.seq - b.seq);
}

/** @param {readonly Line[]} lines */
function isSorted(lines) {
  return lines.every((line, i) => i === 0 || /** @type {Line} */ (lines[i - 1]).seq < line.seq);
}

/** @param {Timeline} timeline @returns {Timeline} */
function cutStart(timeline) {
  if (timeline.lines.length <= WINDOW + LEEWAY) return timeline;
  return { ...timeline, lines: timeline.lines.slice(-WINDOW), start: false };
}

/** @param {Timeline} timeline @returns {Timeline} */
function cutEnd(timeline) {
  if (timeline.lines.length <= WINDOW + LEEWAY) return timeline;
  return { ...timeline, lines: timeline.lines.slice(0, WINDOW), tail: false };
}
