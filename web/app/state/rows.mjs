// From messages to what stands on the page: days, groups, gaps, and our unsent ones at the end. Pure.

/** @typedef {import('./timeline.mjs').Line} Line */
/** @typedef {import('./timeline.mjs').Gap} Gap */
/** @typedef {{ nonce: string, content: string, createdAt: number, status: string, notBefore: number, error?: { code: string, message: string } }} Unsent */
/**
 * `head` rows show who speaks; the others continue the one above.
 * @typedef {{ type: 'line', key: string, line: Line, head: boolean, unsent?: Unsent }} LineRow
 * @typedef {{ type: 'day', key: string, at: number }} DayRow
 * @typedef {{ type: 'gap', key: string, gap: Gap }} GapRow
 * @typedef {LineRow | DayRow | GapRow} Row
 */

/** Messages of one sender this close together are one group. */
export const GROUP_MS = 5 * 60_000;

/**
 * @param {{ lines: readonly Line[], gaps: readonly Gap[] }} timeline
 * @param {readonly Unsent[]} unsent
 * @param {string} me
 * @returns {Row[]}
 */
export function rowsOf(timeline, unsent, me) {
  /** @type {Row[]} */
  const rows = [];
  const gaps = [...timeline.gaps].sort((a, b) => a.from - b.from);
  let day = '';
  /** @type {Line | undefined} */
  let before;

  /** @param {Gap} gap */
  const pushGap = (gap) => {
    rows.push({ type: 'gap', key: `gap${gap.from}`, gap });
    before = undefined;
  };
  /** @param {Line} line @param {Unsent} [unsent] */
  const pushLine = (line, unsent) => {
    const today = dayOf(line.at);
    if (today !== day) {
      rows.push({ type: 'day', key: `day${today}.${line.key}`, at: line.at });
      before = undefined;
    }
    const head = before?.user !== line.user || Math.abs(line.at - before.at) > GROUP_MS;
    rows.push({ type: 'line', key: line.key, line, head, ...(unsent ? { unsent } : {}) });
    day = today;
    before = line;
  };

  for (const line of timeline.lines) {
    while (gaps[0] && gaps[0].from <= line.seq) pushGap(/** @type {Gap} */ (gaps.shift()));
    pushLine(line);
  }
  gaps.forEach(pushGap);
  for (const one of unsent) {
    pushLine({ key: `n${one.nonce}`, seq: Infinity, user: me, content: one.content, at: one.createdAt }, one);
  }
  return rows;
}

/** @param {number} at local days */
function dayOf(at) {
  return new Date(at).toDateString();
}
