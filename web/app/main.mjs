// Wiring only.

import { h, render } from './lib/dom.mjs';
import { App } from './ui/App.mjs';

const root = document.getElementById('app');
if (root) render(h(App, {}), root);
