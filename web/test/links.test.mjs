import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokens } from '../app/state/links.mjs';

const links = (text) => tokens(text).filter(({ type }) => type === 'link').map(({ text: shown }) => shown);

test('23: http, https and mailto become links; the sentence keeps its punctuation', () => {
  assert.deepEqual(links('see https://example.org/a?b=c#d, or http://x.test.'), ['https://example.org/a?b=c#d', 'http://x.test']);
  assert.deepEqual(links('(https://en.wikipedia.org/wiki/Rust_(disambiguation))'), ['https://en.wikipedia.org/wiki/Rust_(disambiguation)']);
  assert.deepEqual(links('mail mailto:ann@example.org!'), ['mailto:ann@example.org']);
  assert.deepEqual(links('HTTPS://EXAMPLE.ORG'), ['HTTPS://EXAMPLE.ORG']);
});

test('54: nothing else does', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'xhttps:/example.org',
    'https://',
    'mailto:nobody',
    'example.org',
    '<a href="x">',
    'blob:https',
  ]) {
    assert.deepEqual(links(text), [], text);
  }
});

test('54: a link cannot hide a quote, a tag or a direction mark', () => {
  assert.deepEqual(links('https://a.test/"onmouseover="x'), ['https://a.test/']);
  assert.deepEqual(links('https://a.test/<b>'), ['https://a.test/']);
  assert.deepEqual(links('https://a.test/\u202egpj.exe'), ['https://a.test/']);
});

test('the tokens are the text, byte for byte', () => {
  for (const text of ['', 'a', 'https://a.test https://b.test', ' \n\t<b>&amp;</b> https://x.test/%00?a=<', 'http://http://http://', '😀https://a.test😀']) {
    assert.equal(tokens(text).map(({ text: part }) => part).join(''), text);
  }
});

test('a long message without links, or full of them, is quick', () => {
  for (const text of ['a'.repeat(16_000), 'https://a.b/'.repeat(1_300), '('.repeat(16_000), `https://a.test/${')'.repeat(4_000)}`]) {
    const start = performance.now();
    tokens(text);
    assert.ok(performance.now() - start < 200, text.slice(0, 20));
  }
});
