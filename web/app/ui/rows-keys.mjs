// Arrow keys inside the message list: which row is next?

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement | null} list
 * @returns {HTMLElement | undefined} undefined: the key is not ours
 */
export function moveOf(event, list) {
  if (!list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
  if (/** @type {HTMLElement} */ (event.target).closest('button, input, textarea')) return undefined;
  const rows = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[data-row]')]);
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  switch (event.key) {
    case 'ArrowUp':
      return rows[Math.max(0, here - 1)];
    case 'ArrowDown':
      return rows[Math.min(rows.length - 1, here + 1)];
    case 'Home':
      return rows[0];
    case 'End':
      return rows.at(-1);
    default:
      return undefined;
  }
}
