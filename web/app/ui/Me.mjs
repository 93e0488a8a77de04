// Who we are, and how the page looks.

import { h, html, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { nextTheme, setTheme, theme } from '../theme.mjs';
import { Avatar } from './Avatar.mjs';
import { Icon } from './Icon.mjs';

const ICONS = /** @type {const} */ ({ system: 'auto', light: 'sun', dark: 'moon' });

export function ThemeButton() {
  const [now, setNow] = useState(theme);
  const turn = () => {
    const next = nextTheme(now);
    setTheme(next);
    setNow(next);
  };
  return html`<button type="button" class="icon-button" aria-label=${t.theme[now]} title=${t.theme[now]} onClick=${turn}>${h(Icon, { name: ICONS[now] })}</button>`;
}

/** @param {{ name: string, changeName: () => void }} props */
export function Me({ name, changeName }) {
  return html`<div class="me">
    ${h(Avatar, { name, small: true })}
    <bdi class="name" title=${t.signedInAs(name)}>${name}</bdi>
    <button type="button" class="icon-button" aria-label=${t.changeName} title=${t.changeName} onClick=${changeName}>${h(Icon, { name: 'edit' })}</button>
    ${h(ThemeButton, {})}
  </div>`;
}
