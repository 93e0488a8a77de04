// From messages to what stands on the page: days, groups, gaps, and our unsent ones at the end. Pure.

/** @typedef {import('./timeline.mjs').Line} Line */
/** @typedef {import('./timeline.mjs').Gap} Gap */
/**
 * What we want one of our messages to become: on its way, or refused and why.
 * @typedef {{ type: 'edit' | 'delete', content: string, status: 'saving' | 'refused', code?: string }} Wish
 */
/** @typedef {{ nonce: string, content: string, createdAt: number, status: string, notBefore: number, error?: { code: string, message: string } }} Unsent */
/**
 * `head` rows show who speaks; the others continue the one above.
 * @typedef {{ type: 'line', key: string, line: Line, head: boolean, unsent?: Unsent, wish?: Wish }} LineRow
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
 * @param {ReadonlyMap<number, Wish>} [wishes] by `seq`
 * @returns {Row[]}
 */
export function rowsOf(timeline, unsent, me, wishes = new Map()) {
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
  /** @param {Line} line @param {{ unsent?: Unsent, wish?: Wish }} [more] */
  const pushLine = (line, more) => {
    const today = dayOf(line.at);
    if (today !== day) {
      rows.push({ type: 'day', key: `day${today}.${line.key}`, at: line.at });
      before = undefined;
    }
    const head = before?.user !== line.user || Math.abs(line.at - before.at) > GROUP_MS;
    rows.push({ type: 'line', key: line.key, line, head, ...more });
    day = today;
    before = line;
  };

  for (const line of timeline.lines) {
    while (gaps[0] && gaps[0].from <= line.seq) pushGap(/** @type {Gap} */ (gaps.shift()));
    const wish = wishes.get(line.seq);
    pushLine(wish ? wished(line, wish) : line, wish ? { wish } : {});
  }
  gaps.forEach(pushGap);
  for (const one of unsent) {
    pushLine({ key: `n${one.nonce}`, seq: Infinity, user: me, content: one.content, at: one.createdAt }, { unsent: one });
  }
  return rows;
}

/** How it will be, while that is on its way. @param {Line} line @param {Wish} wish @returns {Line} */
function wished(line, { type, content, status }) {
  if (status === 'refused') return line;
  return type === 'delete' ? { ...line, content: '', deleted: true } : { ...line, content };
}

/** @param {number} at local days */
function dayOf(at) {
  return new Date(at).toDateString();
}
