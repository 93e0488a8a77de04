// Editing and deleting what we wrote in one room: what is being edited, what is on its way, what was refused.

import { batch, signal } from './lib/dom.mjs';

/** @typedef {import('./state/timeline.mjs').Line} Line */
/** @typedef {import('./state/rows.mjs').Wish} Wish */
/** @typedef {'composer' | 'row'} Place where editing began, and the focus goes back to */
/** @typedef {{ seq: number, from: Place }} Editing */

export class OwnChanges {
  /** By `seq`. @type {import('./lib/dom.mjs').Signal<ReadonlyMap<number, Wish>>} */
  wishes = signal(new Map());
  editing = signal(/** @type {Editing | null} */ (null));
  /** What the editor says; it survives that its row is not on the page for a while. */
  draft = signal('');
  /** The message that is to be deleted, if the reader means it. */
  asking = signal(/** @type {Line | null} */ (null));
  #room;
  #page;

  /**
   * @param {import('../sdk/room.mjs').Room} room
   * @param {object} page
   * @param {() => readonly Line[]} page.lines our own, the newest of all included
   * @param {(change: import('./state/timeline.mjs').Change) => void} page.done
   * @param {(news: import('./room-view.mjs').News) => void} page.tell
   */
  constructor(room, page) {
    this.#room = room;
    this.#page = page;
  }

  /** @param {Line} line @param {Place} from @param {string} [text] */
  edit(line, from, text = line.content) {
    batch(() => {
      this.dismiss(line.seq);
      this.editing.value = { seq: line.seq, from };
      this.draft.value = text;
    });
  }

  /** @returns {boolean} false: there is none */
  editLast() {
    const line = this.#page.lines().findLast(({ seq, deleted }) => !deleted && this.wishes.value.get(seq)?.status !== 'saving');
    if (line) this.edit(line, 'composer');
    return line !== undefined;
  }

  cancel() {
    this.editing.value = null;
  }

  /** What the editor says becomes the message. @param {Line} line */
  save(line) {
    const content = this.draft.value.trim();
    this.cancel();
    if (content !== line.content) void this.#wish(line, { type: 'edit', content, status: 'saving' });
  }

  /** @param {Line} line */
  delete(line) {
    void this.#wish(line, { type: 'delete', content: '', status: 'saving' });
  }

  /** The reader has seen why it was refused. @param {number} seq */
  dismiss(seq) {
    if (this.wishes.value.get(seq)?.status === 'refused') this.#forget(seq);
  }

  /** The message was deleted: what was wanted of it is void. @param {number} seq */
  gone(seq) {
    this.dismiss(seq);
    if (this.editing.value?.seq === seq) this.cancel();
  }

  /** The numbers mean other messages now. */
  forget() {
    batch(() => {
      this.wishes.value = new Map();
      this.editing.value = null;
      this.asking.value = null;
    });
  }

  /** On the page at once; back to what it was, with the reason, where the server says no. @param {Line} line @param {Wish} wish */
  async #wish({ seq }, wish) {
    this.wishes.value = new Map([...this.wishes.value, [seq, wish]]);
    const { type, content } = wish;
    try {
      const { change = 0, timestamp = Date.now() / 1000 } = await (type === 'edit' ? this.#room.edit(seq, content) : this.#room.delete(seq));
      batch(() => {
        this.#page.done({ type, seq, change, timestamp, content });
        if (this.wishes.value.get(seq) === wish) this.#forget(seq);
        this.#page.tell({ type: type === 'edit' ? 'edited' : 'deleted' });
      });
    } catch (error) {
      const { code } = /** @type {import('../sdk/codes.mjs').ChatError} */ (error);
      batch(() => {
        if (this.wishes.value.get(seq) === wish) this.wishes.value = new Map([...this.wishes.value, [seq, { ...wish, status: 'refused', code }]]);
        this.#page.tell({ type: 'refused', what: type, code });
      });
    }
  }

  /** @param {number} seq */
  #forget(seq) {
    this.wishes.value = new Map([...this.wishes.value].filter(([other]) => other !== seq));
  }
}
