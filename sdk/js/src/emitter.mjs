// Typed events without a DOM: `on` returns its own undo.

/** @template {Record<string, any>} Events */
export class Emitter {
  /** @type {Map<keyof Events, Set<(event: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Events} K
   * @param {K} type
   * @param {(event: Events[K]) => void} listener
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} stops listening
   */
  on(type, listener, options = {}) {
    let set = this.#listeners.get(type);
    if (!set) this.#listeners.set(type, (set = new Set()));
    set.add(listener);
    const off = () => void set.delete(listener);
    options.signal?.addEventListener('abort', off, { once: true });
    return off;
  }

  /**
   * A listener that throws does not keep the others from hearing, nor the client from working.
   * @template {keyof Events} K
   * @param {K} type
   * @param {Events[K]} event
   */
  emit(type, event) {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        console.error(`roomcast: a listener of "${String(type)}" failed`, error);
      }
    }
  }
}
