// One name talking to one server: the client, the rooms it is in, and what the page shows of the connection.

import { ChatClient } from '../sdk/index.mjs';
import { batch, computed, signal } from './lib/dom.mjs';
import { recall, remember, tabStorage } from './lib/storage.mjs';
import { RoomView } from './room-view.mjs';
import { roomFault } from './state/names.mjs';

/** @typedef {{ state: import('../sdk/client-events.mjs').ClientState, retryAt?: number | undefined, code?: number | undefined, error?: import('../sdk/index.mjs').ChatError | undefined, since: number }} Link */

const MAX_ROOMS = 20;

/** @param {string} path relative to the page */
const urlOf = (path) => new URL(path, document.baseURI);

function socketUrl() {
  const url = urlOf('ws');
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

export class Session {
  link = signal(/** @type {Link} */ ({ state: 'idle', since: Date.now() }));
  me;
  /** The rooms we are in, in the order of the list. @type {import('./lib/dom.mjs').Signal<readonly RoomView[]>} */
  views = signal(/** @type {readonly RoomView[]} */ ([]));
  /** The room on screen. @type {import('./lib/dom.mjs').Signal<RoomView | null>} */
  current = signal(/** @type {RoomView | null} */ (null));
  /** Rooms that exist, from the server. */
  known = signal(/** @type {readonly string[]} */ ([]));
  others = computed(() => this.known.value.filter((name) => !this.views.value.some((view) => view.name === name)));
  waiting = computed(() => this.views.value.reduce((sum, { unsent }) => sum + unsent.value.filter(({ status }) => status !== 'failed').length, 0));

  /** @param {string} name */
  constructor(name) {
    this.me = signal(name);
    const storage = tabStorage();
    this.client = new ChatClient({ url: socketUrl(), user: name, ...(storage ? { storage } : {}) });
    this.client.on('hello', ({ user }) => (this.me.value = user));
    this.client.on('state', (change) => this.#changed(change));
    for (const room of new Set([...savedRooms(), ...this.client.outbox.rooms()])) this.enter(room);
    document.addEventListener('visibilitychange', this.#seen);
  }

  start() {
    this.client.connect();
    void this.refreshRooms();
  }

  stop() {
    document.removeEventListener('visibilitychange', this.#seen);
    this.client.close();
  }

  /** @param {string} name @returns {RoomView} */
  enter(name) {
    const known = this.views.value.find((view) => view.name === name);
    if (known) return known;
    const view = new RoomView(this.client.room(name), {
      me: () => this.me.value,
      onScreen: (one) => this.current.peek() === one && document.visibilityState === 'visible',
    });
    view.room.attach();
    this.#setViews([...this.views.value, view].sort((a, b) => a.name.localeCompare(b.name)));
    return view;
  }

  /** @param {string | null} name */
  show(name) {
    batch(() => {
      const view = name === null ? null : this.enter(name);
      if (view) view.unread.value = 0;
      this.current.value = view;
    });
  }

  /** @param {string} name */
  leave(name) {
    const view = this.views.value.find((one) => one.name === name);
    view?.room.detach();
    view?.dispose();
    batch(() => {
      this.#setViews(this.views.value.filter((one) => one !== view));
      if (this.current.value === view) this.current.value = this.views.value[0] ?? null;
    });
    void this.refreshRooms();
  }

  async refreshRooms() {
    const rooms = await fetchRooms();
    if (rooms) this.known.value = rooms;
  }

  #seen = () => {
    const view = this.current.value;
    if (view && document.visibilityState === 'visible') view.unread.value = 0;
  };

  /** @param {import('../sdk/client-events.mjs').StateChange} change */
  #changed({ to, code, retryAt, error }) {
    const connected = to === 'connected' || to === 'closed' || to === 'idle';
    const since = connected || this.link.value.state === 'connected' ? Date.now() : this.link.value.since;
    this.link.value = { state: to, since, code: code ?? this.link.value.code, retryAt, error };
    if (to === 'connected') void this.refreshRooms();
  }

  /** @param {readonly RoomView[]} views */
  #setViews(views) {
    this.views.value = views;
    remember('rooms', JSON.stringify(views.map(({ name }) => name)));
  }
}

/** @returns {Promise<string[] | null>} null when the server does not answer */
export async function fetchRooms() {
  try {
    const response = await fetch(urlOf('rooms'), { signal: AbortSignal.timeout(8_000) });
    const { rooms } = await response.json();
    return Array.isArray(rooms) ? rooms.filter((room) => typeof room === 'string') : null;
  } catch {
    return null;
  }
}

/** @returns {string[]} */
function savedRooms() {
  try {
    const rooms = JSON.parse(recall('rooms') ?? '[]');
    return rooms.filter((/** @type {unknown} */ room) => typeof room === 'string' && !roomFault(room)).slice(0, MAX_ROOMS);
  } catch {
    return [];
  }
}
