// The page is whole: every import and every asset it names exists, and nothing comes from elsewhere.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const SDK = fileURLToPath(new URL('../../sdk/js/src/', import.meta.url));

/** What the server sends for a path below `assets/`. */
const served = (path) => (path.startsWith('sdk/') ? join(SDK, path.slice(4)) : join(WEB, path));

const modules = ['app', 'vendor']
  .flatMap((folder) => readdirSync(join(WEB, folder), { recursive: true }).map((name) => join(folder, String(name))))
  .filter((name) => name.endsWith('.mjs'));
const sources = modules.map((name) => [name, readFileSync(join(WEB, name), 'utf8')]);

test('every import resolves to a file that is served', () => {
  const sdk = readdirSync(SDK).filter((name) => name.endsWith('.mjs')).map((name) => [`sdk/${name}`, readFileSync(join(SDK, name), 'utf8')]);
  for (const [name, text] of [...sources, ...sdk]) {
    for (const [, from, bare] of text.matchAll(/\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm)) {
      const specifier = from ?? bare;
      assert.ok(specifier.startsWith('.'), `${name} imports "${specifier}"`);
      const path = join(dirname(name), specifier);
      assert.ok(existsSync(served(path)), `${name} imports ${path}, which is not there`);
    }
  }
});

/** What `main.mjs` and its imports need. */
function graph() {
  const found = new Set(['app/main.mjs']);
  for (const name of found) {
    for (const [, specifier] of readFileSync(served(name), 'utf8').matchAll(/\bfrom\s*['"]([^'"]+)['"]/g)) {
      found.add(join(dirname(name), specifier));
    }
  }
  return found;
}

test('index.html preloads every module, so that the page is there after one round trip and not after seven', () => {
  const page = readFileSync(join(WEB, 'index.html'), 'utf8');
  const preloaded = [...page.matchAll(/rel="modulepreload" href="assets\/([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(preloaded, [...graph()].filter((name) => name !== 'app/main.mjs').sort());
});

test('every file that index.html names is there, and none is elsewhere', () => {
  const page = readFileSync(join(WEB, 'index.html'), 'utf8');
  const urls = [...page.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
  assert.ok(urls.length > 5);
  for (const url of urls) assert.ok(url.startsWith('assets/') && existsSync(served(url.slice(7))), url);
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script>(?!<)/);
});

test('54: our code never writes HTML', () => {
  for (const [name, text] of sources.filter(([name]) => name.startsWith('app'))) {
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function/, name);
  }
});

test('55: no address of another site in code or style', () => {
  const styles = readdirSync(join(WEB, 'css')).map((name) => [name, readFileSync(join(WEB, 'css', name), 'utf8')]);
  for (const [name, text] of [...sources.filter(([name]) => name.startsWith('app')), ...styles]) {
    assert.doesNotMatch(text, /['"(]https?:\/\/(?!\S*\/\))[a-z]/i, name);
  }
});

test('only lib/dom.mjs names a vendored library', () => {
  for (const [name, text] of sources.filter(([name]) => name.startsWith('app'))) {
    if (name !== join('app', 'lib', 'dom.mjs')) assert.doesNotMatch(text, /vendor\//, name);
  }
});

test('files are small', () => {
  for (const [name, text] of sources.filter(([name]) => name.startsWith('app'))) {
    assert.ok(text.split('\n').length <= 220, `${relative(WEB, name)} has ${text.split('\n').length} lines`);
  }
});
