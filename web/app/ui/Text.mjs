// What somebody wrote: text nodes and links, nothing else, whatever it looks like.

import { html, memo } from '../lib/dom.mjs';
import { tokens } from '../state/links.mjs';

export const Text = memo(
  /** @param {{ content: string, reachable: boolean }} props reachable: links take part in the tab order */
  ({ content, reachable }) =>
    tokens(content).map((token) =>
      token.type === 'text'
        ? token.text
        : html`<a href=${token.href} target="_blank" rel="noopener noreferrer nofollow" tabindex=${reachable ? 0 : -1}>${token.text}</a>`,
    ),
);
