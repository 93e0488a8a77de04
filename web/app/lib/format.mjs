// Times as the reader's own clock and language have them.

import { locale } from '../i18n/en.mjs';

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const dayYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

/** @param {number} at */
export const clockTime = (at) => time.format(at);
/** Without "AM": the row that began the group has it. @param {number} at */
export const briefTime = (at) =>
  time
    .formatToParts(at)
    .filter(({ type }) => type !== 'dayPeriod')
    .map(({ value }) => value)
    .join('')
    .trim();
/** @param {number} at */
export const fullTime = (at) => full.format(at);
/** @param {number} at for `<time datetime>` */
export const isoTime = (at) => new Date(at).toISOString();

/** @param {number} at @param {number} [now] */
export function dayName(at, now = Date.now()) {
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000);
  if (days === 0 || days === -1) return capital(near.format(days, 'day'));
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? day.format(at) : dayYear.format(at);
}

/** @param {number} at */
function midnight(at) {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
