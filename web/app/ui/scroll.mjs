// The only code that moves the message list.
// Two states: the reader is at the end and follows, or reads further up and nothing under the eye may move.

/** Within this distance of the end the reader counts as being there. */
const NEAR_PX = 100;
/** Older messages are fetched when less than this many screens remain above. */
const AHEAD_SCREENS = 1.5;

/**
 * @typedef {object} Ends
 * @property {(following: boolean) => void} follows
 * @property {() => void} nearStart
 * @property {() => void} nearEnd
 */

export class ScrollKeeper {
  #list;
  #ends;
  #observer;
  #following = true;
  /** Something is done to a row: it stays where it is, also at the end. */
  #held = false;
  /** Rows on screen and where they were, in the content's own coordinates. @type {{ node: HTMLElement, top: number }[]} */
  #anchors = [];

  /** @param {HTMLElement} list the scrolling element @param {HTMLElement} content what grows in it @param {Ends} ends */
  constructor(list, content, ends) {
    this.#list = list;
    this.#ends = ends;
    this.#observer = new ResizeObserver(() => this.settle());
    this.#observer.observe(list);
    this.#observer.observe(content);
    list.addEventListener('scroll', this.#scrolled, { passive: true });
  }

  dispose() {
    this.#observer.disconnect();
    this.#list.removeEventListener('scroll', this.#scrolled);
  }

  /** Before the rows change: which rows does the reader see? */
  capture() {
    if (this.#following && !this.#held) return;
    const { top, bottom } = this.#list.getBoundingClientRect();
    this.#anchors = [];
    for (const node of this.#list.querySelectorAll('[data-row]')) {
      const box = node.getBoundingClientRect();
      if (box.top > bottom) break;
      if (box.bottom > top) this.#anchors.push({ node: /** @type {HTMLElement} */ (node), top: box.top - top + this.#list.scrollTop });
    }
  }

  /** After the rows changed: put the first of those rows that is still there back under the eye. */
  settle() {
    if (this.#following && !this.#held) {
      this.#list.scrollTop = this.#list.scrollHeight;
    } else {
      const anchor = this.#anchors.find(({ node }) => node.isConnected);
      if (anchor) {
        const now = this.#topOf(anchor.node);
        if (now !== anchor.top) this.#list.scrollTop += now - anchor.top;
      }
      this.capture();
    }
    this.#look();
  }

  /** @param {boolean} held */
  hold(held) {
    this.#held = held;
  }

  toEnd() {
    this.#follow(true);
    this.settle();
  }

  /** @param {HTMLElement} node */
  #topOf(node) {
    return node.getBoundingClientRect().top - this.#list.getBoundingClientRect().top + this.#list.scrollTop;
  }

  #scrolled = () => {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    this.#follow(scrollHeight - scrollTop - clientHeight <= NEAR_PX);
    this.capture();
    this.#look();
  };

  /** @param {boolean} following */
  #follow(following) {
    if (following === this.#following) return;
    this.#following = following;
    this.#ends.follows(following);
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    const ahead = clientHeight * AHEAD_SCREENS;
    if (scrollTop < ahead) this.#ends.nearStart();
    if (scrollHeight - scrollTop - clientHeight < ahead) this.#ends.nearEnd();
  }
}
