// What can be done with one of our messages. Not in the tab order: the list is one stop, and Enter on a row leads here.

import { h, html, useRef } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { useFocusBack } from './focus.mjs';
import { Icon } from './Icon.mjs';

/** @param {{ own: import('../own-changes.mjs').OwnChanges, line: import('../state/timeline.mjs').Line }} props */
export function Actions({ own, line }) {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useFocusBack(bar, (row) => row?.focus());

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const buttons = /** @type {HTMLElement[]} */ ([...(bar.current?.querySelectorAll('button') ?? [])]);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    const here = buttons.findIndex((button) => button === document.activeElement);
    if (step !== 0) buttons[(here + step + buttons.length) % buttons.length]?.focus();
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    /** @type {HTMLElement | null | undefined} */ (bar.current?.closest('[data-row]'))?.focus();
  };

  return html`<div class="actions" ref=${bar} role="toolbar" aria-label=${t.actions} onKeyDown=${onKeyDown}>
    <button type="button" class="icon-button" tabindex="-1" aria-label=${t.edit} title=${t.edit} onClick=${() => own.edit(line, 'row')}>
      ${h(Icon, { name: 'edit' })}
    </button>
    <button type="button" class="icon-button" tabindex="-1" aria-label=${t.delete} title=${t.delete} onClick=${() => (own.asking.value = line)}>
      ${h(Icon, { name: 'trash' })}
    </button>
  </div>`;
}
