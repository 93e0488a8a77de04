// How far a room has been heard: the newest `seq`, and the log it counts in. Decides what is new, what is missing, and
// whether a position still means anything (protocol.md §4). Pure.

/** @typedef {{ seq: number, epoch: string }} At */

export class Position {
  /** null: never joined. @type {At | null} */
  at = null;

  /**
   * @param {{ epoch: string, head: number, recovered: boolean }} joined
   * @returns {'fresh' | 'resumed' | 'reset'} fresh: load the history; resumed: what is missing follows
   */
  joined({ epoch, head, recovered }) {
    const before = this.at;
    this.at = { seq: before && recovered ? before.seq : head, epoch };
    if (!before) return 'fresh';
    return recovered ? 'resumed' : 'reset';
  }

  /**
   * @param {number} seq of a message
   * @returns {{ fresh: boolean, hole: { from: number, to: number } | null }} not fresh: it was here before
   */
  arrived(seq) {
    const last = this.at?.seq ?? seq - 1;
    if (seq <= last) return { fresh: false, hole: null };
    this.skipped(seq);
    return { fresh: true, hole: seq > last + 1 ? { from: last + 1, to: seq - 1 } : null };
  }

  /** Nothing up to here will come any more. @param {number} seq */
  skipped(seq) {
    if (this.at && seq > this.at.seq) this.at = { ...this.at, seq };
  }

  /** @param {{ epoch: string, head: number }} to @returns {boolean} false: it is known already */
  reset({ epoch, head }) {
    const known = this.at?.epoch === epoch && this.at.seq === head;
    this.at = { seq: head, epoch };
    return !known;
  }
}
