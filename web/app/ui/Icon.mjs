// Line icons, drawn for a 20 px square. Decoration: whoever uses one gives the button its words.

import { html } from '../lib/dom.mjs';

const PATHS = {
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  people: 'M7.5 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5 6.5c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4.3a3 3 0 0 1 0 5.4m1.5 2.6c1.8.6 3 2 3 4.2',
  send: 'M10 16V4.5M5 9l5-5 5 5',
  close: 'm5 5 10 10M15 5 5 15',
  plus: 'M10 4v12M4 10h12',
  down: 'M10 4v11.5M5 11l5 5 5-5',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-.9.9m1.2 3.1a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l.9-.9',
  sun: 'M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M4.3 15.7l1.3-1.3M14.4 5.6l1.3-1.3',
  moon: 'M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z',
  auto: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-14v14m2.5-12.2v10.4m2.4-8.6v6.8',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-10.5V10l2.3 1.6',
  alert: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-10.3v4m0 2.4v.2',
  trash: 'M4.2 6h11.6M8 6V4.2h4V6m-6.3 0 .7 10h7.2l.7-10M8.6 9v4.2m2.8-4.2v4.2',
  edit: 'm4 16 .8-3.4L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2l-8.2 8.2L4 16Z',
};

/** @param {{ name: keyof typeof PATHS }} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}
