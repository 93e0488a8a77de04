// Focus that is not lost when what has it goes away.

import { useLayoutEffect } from '../lib/dom.mjs';

/** @param {{ current: HTMLElement | null }} part @param {(row: HTMLElement | null) => void} back gets the row that `part` stands in */
export function useFocusBack(part, back) {
  useLayoutEffect(() => {
    const node = part.current;
    const row = /** @type {HTMLElement | null} */ (node?.closest('[data-row]') ?? null);
    return () => {
      if (node?.contains(document.activeElement)) back(row);
    };
  }, []);
}
