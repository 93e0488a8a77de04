// One room as the page knows it: signals on one side, the client's room on the other.

import { batch, computed, signal } from './lib/dom.mjs';
import { OwnChanges } from './own-changes.mjs';
import { changed, NOBODY } from './state/people.mjs';
import { rowsOf } from './state/rows.mjs';
import { amended, arrived, EMPTY, filled, loaded, missing } from './state/timeline.mjs';
import { expired, stopped, typed } from './state/typing.mjs';
import { final, updated } from './state/unsent.mjs';

/** @typedef {import('../sdk/room.mjs').Room} ClientRoom */
/** @typedef {import('./state/timeline.mjs').Gap} Gap */
/**
 * Somebody said or changed something, or a change of our own ended.
 * @typedef {{ type: 'said' | 'edit' | 'delete' | 'edited' | 'deleted' | 'refused', user?: string, content?: string, what?: 'edit' | 'delete', code?: string }} News
 */
/** @typedef {'' | 'newest' | 'older' | 'newer'} Loading */

const PAGE = 50;
const PAGE_MAX = 200;

export class RoomView {
  timeline = signal(EMPTY);
  people = signal(NOBODY);
  typing = signal(/** @type {import('./state/typing.mjs').Typing} */ (new Map()));
  unsent = signal(/** @type {readonly import('../sdk/shelf.mjs').Entry[]} */ ([]));
  loading = signal(/** @type {Loading} */ (''));
  /** The first page is here (perhaps empty). */
  ready = signal(false);
  /** Loading failed; the reader may try again. */
  broken = signal(false);
  /** Arrived since the reader last stood at the end. */
  unseen = signal(0);
  /** Arrived while the room was not on screen. */
  unread = signal(0);
  /** Why the room could not be joined. */
  refused = signal(/** @type {string | null} */ (null));
  /** What a screen reader is to be told. */
  news = signal(/** @type {News | null} */ (null));
  /** The reader is at the end of the list; the scroll module says so. */
  following = true;
  /** Answers to an older load are not for us. */
  #turn = 0;
  #onScreen;
  #gone = new AbortController();

  /**
   * @param {ClientRoom} room
   * @param {{ me: () => string, onScreen: (view: RoomView) => boolean }} page
   */
  constructor(room, page) {
    this.room = room;
    this.name = room.name;
    this.#onScreen = page.onScreen;
    this.me = page.me;
    this.own = new OwnChanges(room, {
      lines: () => (this.timeline.value.tail ? this.timeline.value.lines.filter(({ user }) => user === page.me()) : []),
      done: (change) => void (this.timeline.value = amended(this.timeline.value, change)),
      tell: (news) => void (this.news.value = news),
    });
    this.rows = computed(() => rowsOf(this.timeline.value, this.unsent.value, page.me(), this.own.wishes.value));
    this.unsent.value = room.outgoing().map((entry) => ({ ...entry }));
    this.#listen();
  }

  /** We left the room: hear no more of it. */
  dispose() {
    this.#gone.abort();
  }

  /** Forget what is on the page and take the newest from the server. */
  reload() {
    batch(() => {
      this.timeline.value = EMPTY;
      this.unseen.value = 0;
      this.ready.value = false;
    });
    return this.load('newest');
  }

  /** To the end of the log, which may have left the window. */
  async toLatest() {
    this.following = true;
    this.unseen.value = 0;
    if (!this.timeline.value.tail) await this.reload();
  }

  /** @param {'newest' | 'older' | 'newer'} where */
  async load(where) {
    if (where !== 'newest' && (this.loading.value || !this.#wants(where))) return;
    const turn = ++this.#turn;
    const { lines } = this.timeline.value;
    const query = where === 'older' ? { before: lines[0]?.seq ?? 0 } : where === 'newer' ? { after: lines.at(-1)?.seq ?? 0 } : {};
    batch(() => {
      this.loading.value = where;
      this.broken.value = false;
    });
    try {
      const page = await this.room.history({ limit: PAGE, ...query });
      if (turn !== this.#turn) return;
      batch(() => {
        this.timeline.value = loaded(this.timeline.value, page, where);
        this.loading.value = '';
        this.ready.value = true;
      });
    } catch {
      if (turn !== this.#turn) return;
      batch(() => {
        this.loading.value = '';
        this.broken.value = this.room.state === 'attached';
      });
    }
  }

  /** The reader asks once more for what could not be loaded. Nothing else does: a server in trouble is not hammered. */
  again() {
    this.broken.value = false;
    return this.load(this.ready.value ? 'older' : 'newest');
  }

  /** @param {Gap} gap */
  async fill(gap) {
    try {
      const page = await this.room.history({ after: gap.from - 1, limit: PAGE_MAX });
      this.timeline.value = filled(this.timeline.value, gap, page);
    } catch {
      // The marker stays, with its button.
    }
  }

  /** @param {string} content */
  send(content) {
    void this.toLatest();
    this.room.send(content);
  }

  /** Nobody says that they stopped writing. */
  expireTyping() {
    this.typing.value = expired(this.typing.value, Date.now());
  }

  #listen() {
    const { room, people, typing } = this;
    const heard = { signal: this.#gone.signal };
    room.on('joined', ({ fresh }) => void ((fresh || !this.ready.value) && this.load('newest')), heard);
    room.on('reset', () => (this.own.forget(), void this.reload()), heard);
    room.on('message', (message) => this.#arrived(message), heard);
    room.on('outgoing', (entry) => this.#outgoing(entry), heard);
    room.on('gap', (gap) => this.#missing(gap), heard);
    room.on('edit', (change) => this.#changed(change), heard);
    room.on('delete', (change) => this.#changed(change), heard);
    room.on('presence', ({ users, count }) => void (people.value = { users, count }), heard);
    room.on('join', ({ user }) => void (people.value = changed(people.value, [user], [])), heard);
    room.on('leave', ({ user }) => this.#left(user), heard);
    room.on('presence_change', ({ joined, left, count }) => void (people.value = changed(people.value, joined, left, count)), heard);
    room.on('typing', ({ user }) => void (typing.value = typed(typing.value, user, Date.now())), heard);
    room.on('state', (state) => this.#stateIs(state), heard);
    room.on('error', (error) => void (room.state !== 'attached' && !error.retryable && (this.refused.value = error.code)), heard);
  }

  /** @param {'older' | 'newer'} where */
  #wants(where) {
    const { lines, start, tail } = this.timeline.value;
    return this.room.state === 'attached' && !this.broken.value && lines.length > 0 && !(where === 'older' ? start : tail);
  }

  /** @param {import('../sdk/frames.mjs').Message} message */
  #arrived(message) {
    const mine = message.user === this.me();
    batch(() => {
      this.timeline.value = arrived(this.timeline.value, message, this.following);
      this.typing.value = stopped(this.typing.value, message.user);
      if (mine) return;
      const seen = this.#onScreen(this);
      if (!seen) this.unread.value += 1;
      if (!this.following) this.unseen.value += 1;
      this.news.value = { type: 'said', user: message.user, content: message.content };
    });
  }

  /** @param {import('../sdk/shelf.mjs').Entry} entry */
  #outgoing(entry) {
    const { seq } = entry;
    batch(() => {
      this.unsent.value = updated(this.unsent.value, entry);
      if (entry.status !== 'sent' || seq === undefined || !this.ready.value) return;
      this.timeline.value = arrived(this.timeline.value, final(entry, seq, this.me()), this.following);
    });
  }

  /** Told only where the message is on the page: of another one nobody would know which. @param {import('../sdk/room-events.mjs').Change} change */
  #changed(change) {
    const after = amended(this.timeline.value, change);
    if (after === this.timeline.value) return;
    batch(() => {
      this.timeline.value = after;
      if (change.type === 'delete') this.own.gone(change.seq);
      if (change.user !== this.me()) this.news.value = change;
    });
  }

  /** @param {Gap} gap */
  #missing({ from, to }) {
    this.timeline.value = missing(this.timeline.value, { from, to });
    void this.fill({ from, to });
  }

  /** @param {ClientRoom['state']} state */
  #stateIs(state) {
    if (state === 'attached') this.refused.value = null;
    else this.typing.value = new Map();
  }

  /** @param {string} user */
  #left(user) {
    this.people.value = changed(this.people.value, [], [user]);
    this.typing.value = stopped(this.typing.value, user);
  }
}
