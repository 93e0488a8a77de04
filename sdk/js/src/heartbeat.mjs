// Is the other end alive? After `intervalMs` without a frame ask with a ping; no answer in time means dead.
// Browsers cannot see WebSocket pings, and after sleep a dead socket still says OPEN: only the wall clock tells.

/** @typedef {import('./host.mjs').Clock} Clock */

/** How long an answer to a routine ping may take. */
export const GRACE_MS = 10_000;
/** How long an answer may take when something just woke us: the person is waiting. */
export const PROBE_MS = 3_000;
/** A timer this late was not slow: the whole process was asleep. */
const SUSPENDED_MS = 2_000;

export class Heartbeat {
  #clock;
  #ping;
  #dead;
  #intervalMs = 25_000;
  #heardAt = 0;
  #askedAt = 0;
  /** When the pending ping must have been answered; 0 while none is pending. */
  #deadline = 0;
  #forgiven = false;
  /** @type {unknown} */
  #timer;

  /** @param {{ clock: Clock, ping: () => void, dead: () => void }} parts */
  constructor({ clock, ping, dead }) {
    this.#clock = clock;
    this.#ping = ping;
    this.#dead = dead;
  }

  /** @param {number} intervalMs as the server's hello says */
  start(intervalMs) {
    this.#intervalMs = Math.max(1_000, intervalMs);
    this.heard();
  }

  stop() {
    this.#clock.clearTimeout(this.#timer);
    this.#deadline = 0;
  }

  /** Any frame counts as life. */
  heard() {
    this.#heardAt = this.#clock.now();
    this.#deadline = 0;
    this.#forgiven = false;
    this.#wait(this.#heardAt + this.#intervalMs);
  }

  /** Ask now. @param {number} [limitMs] */
  probe(limitMs = PROBE_MS) {
    const now = this.#clock.now();
    const deadline = now + limitMs;
    if (this.#deadline && this.#deadline <= deadline && now - this.#askedAt < limitMs) return;
    this.#askedAt = now;
    this.#deadline = deadline;
    this.#ping();
    this.#wait(deadline);
  }

  /** @param {number} due */
  #wait(due) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#check(due), Math.max(0, due - this.#clock.now()));
  }

  /** @param {number} due */
  #check(due) {
    const late = this.#clock.now() - due > SUSPENDED_MS;
    if (!this.#deadline) return this.probe(late ? PROBE_MS : GRACE_MS);
    if (late && !this.#forgiven) {
      this.#forgiven = true;
      this.#deadline = 0;
      return this.probe(PROBE_MS);
    }
    this.stop();
    this.#dead();
  }
}
