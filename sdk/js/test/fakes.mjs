// A clock that moves when told, a socket that plays the server, a host that can sleep.

export class FakeClock {
  time = 1_000_000;
  #next = 1;
  #timers = new Map();

  now = () => this.time;
  setTimeout = (fn, ms) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.time + ms, fn });
    return id;
  };
  clearTimeout = (id) => void this.#timers.delete(id);

  /** Time passes; what is due runs, in order, each at its moment. */
  async advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].fn();
      await settle();
    }
    this.time = end;
    await settle();
  }

  /** The machine slept: the time is another, and no timer ran. */
  async sleep(ms) {
    this.time += ms;
    await this.advance(0);
  }

  get pending() {
    return this.#timers.size;
  }
}

/** Lets promises run. */
export async function settle() {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

/** Sockets in the order in which the client opened them. */
export function fakeNetwork() {
  const sockets = [];
  class FakeSocket {
    readyState = 0;
    sent = [];
    onmessage = null;
    onclose = null;

    constructor(url, protocols) {
      this.url = url;
      this.protocols = protocols;
      sockets.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close(code) {
      this.readyState = 3;
      this.closedByClient = code;
    }

    /** The server greets. */
    hello(more = {}) {
      this.readyState = 1;
      this.tell({ type: 'hello', connection: `c${sockets.length}`, user: 'ann', heartbeat_ms: 25_000, ...more });
    }

    /** The server says something. */
    tell(frame) {
      this.onmessage?.({ data: JSON.stringify(frame) });
    }

    /** The server closes, or the network breaks. */
    end(code = 1006, reason = '') {
      this.readyState = 3;
      this.onclose?.({ code, reason });
    }

    /** What the client sent of one type. */
    of(type) {
      return this.sent.filter((frame) => frame.type === type);
    }

    /** Answers the last join. */
    joined(room, more = {}) {
      const { id } = this.of('join').filter((frame) => frame.room === room).at(-1);
      this.tell({ type: 'joined', id, room, epoch: 'e1', head: 0, change: 0, recovered: false, users: 1, ...more });
    }

    ack(message, seq) {
      const { id, room, nonce } = message;
      this.tell({ type: 'ack', id, room, nonce, seq, timestamp: 1_750_000_000 });
    }
  }
  return { sockets, FakeSocket, last: () => sockets.at(-1) };
}

export function fakeHost() {
  const host = {
    isOnline: true,
    isHidden: false,
    heard: null,
    online: () => host.isOnline,
    hidden: () => host.isHidden,
    listen(heard) {
      host.heard = heard;
      return () => (host.heard = null);
    },
    wake: (what) => host.heard?.(what),
  };
  return host;
}

export function fakeStorage() {
  const items = new Map();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}
