// The only file that names a vendored library.
// `html` is for tags; components are called with `h(Component, props)`, so that their props are type-checked.

import { Component, h, render } from '../../vendor/preact.mjs';
import htm from '../../vendor/htm.mjs';

export { useEffect, useLayoutEffect, useMemo, useRef, useState } from '../../vendor/preact-hooks.mjs';
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from '../../vendor/signals.mjs';
export { h, render };

export const html = htm.bind(h);

/** A component that renders again only when a prop is another one. */
export function memo(view) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => next[name] !== this.props[name]);
    }

    render(props) {
      return h(view, props);
    }
  };
}
