// How far a room has been heard: the newest `seq`, the newest `change`, and the log they count in. Decides what is new,
// what is missing, and whether a position still means anything (protocol.md §4). Pure.

/** @typedef {{ seq: number, change: number, epoch: string }} At */
/** @typedef {'seq' | 'change'} Count messages and changes to them are counted apart */

export class Position {
  /** null: never joined. @type {At | null} */
  at = null;

  /**
   * @param {{ epoch: string, head: number, change: number, recovered: boolean }} joined
   * @returns {'fresh' | 'resumed' | 'reset'} fresh: load the history; resumed: what is missing follows
   */
  joined({ epoch, head, change, recovered }) {
    const before = this.at;
    this.at = before && recovered ? { ...before, epoch } : { seq: head, change, epoch };
    if (!before) return 'fresh';
    return recovered ? 'resumed' : 'reset';
  }

  /**
   * @param {number} number of a message or a change
   * @param {Count} [count]
   * @returns {{ fresh: boolean, hole: { from: number, to: number } | null }} not fresh: it was here before
   */
  arrived(number, count = 'seq') {
    const last = this.at?.[count] ?? number - 1;
    if (number <= last) return { fresh: false, hole: null };
    this.skipped(number, count);
    return { fresh: true, hole: number > last + 1 ? { from: last + 1, to: number - 1 } : null };
  }

  /** Nothing up to here will come any more. @param {number} number @param {Count} [count] */
  skipped(number, count = 'seq') {
    if (this.at && number > this.at[count]) this.at = { ...this.at, [count]: number };
  }

  /** @param {{ epoch: string, head: number, change: number }} to @returns {boolean} false: it is known already */
  reset({ epoch, head, change }) {
    const known = this.at?.epoch === epoch && this.at.seq === head && this.at.change === change;
    this.at = { seq: head, change, epoch };
    return !known;
  }
}
