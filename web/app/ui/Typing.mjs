// Who is writing. Not announced: a screen reader would speak of nothing else.

import { html, useEffect } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';

/** @param {{ view: import('../room-view.mjs').RoomView }} props */
export function Typing({ view }) {
  const typing = view.typing.value;
  const names = [...typing.keys()].filter((user) => user !== view.me());
  useEffect(() => {
    if (typing.size === 0) return undefined;
    const timer = setTimeout(() => view.expireTyping(), Math.max(50, Math.min(...typing.values()) - Date.now() + 20));
    return () => clearTimeout(timer);
  }, [typing]);
  return html`<p class="typing">
    ${names.length > 0 && html`<span class="dots" aria-hidden="true"><i /><i /><i /></span><span>${t.typing(names)}</span>`}
  </p>`;
}
