// "Do you mean it?" The browser's own dialog: it keeps the focus inside and closes with Escape.

import { html, useLayoutEffect, useRef } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';

/** @param {{ own: import('../own-changes.mjs').OwnChanges, line: import('../state/timeline.mjs').Line }} props */
export function DeleteDialog({ own, line }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    const row = /** @type {HTMLElement | null | undefined} */ (opener?.closest('[data-row]'));
    dialog.current?.showModal();
    return () => {
      // The button shows only while its row has the focus, and is gone if the message is: the row first.
      row?.focus();
      opener?.focus();
    };
  }, []);
  const close = () => dialog.current?.close();
  const confirm = () => {
    close();
    own.delete(line);
  };
  return html`<dialog
    class="dialog"
    ref=${dialog}
    role="alertdialog"
    aria-labelledby="delete-title"
    aria-describedby="delete-text"
    onClose=${() => (own.asking.value = null)}
    onClick=${(/** @type {Event} */ event) => event.target === dialog.current && close()}
  >
    <div class="dialog-body">
      <h2 id="delete-title">${t.deleteTitle}</h2>
      <div id="delete-text">
        <blockquote dir="auto">${line.content}</blockquote>
        <p>${t.deleteText}</p>
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick=${close}>${t.keep}</button>
        <button type="button" class="button danger" onClick=${confirm}>${t.delete}</button>
      </div>
    </div>
  </dialog>`;
}
