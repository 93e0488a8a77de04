// Without a mouse, without eyes, in either theme, on a small screen.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import test, { after, afterEach } from 'node:test';
import { inRoom, join, newRoom, say, seed, sees, stage } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 120_000 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function audit(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
  assert.deepEqual(told, [], what);
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1100, 360]) {
    test(`46, 47: axe finds nothing, ${colorScheme}, ${width} px`, bounded, async () => {
      const room = newRoom('axe');
      const page = await browser.page({ colorScheme, viewport: { width, height: 740 } });
      await page.goto(server.url);
      await page.waitForSelector('#name');
      await audit(page, 'welcome');
      await page.click('button.primary');
      await audit(page, 'welcome, with an error');
      await join(page, server, 'ann', room);
      await audit(page, 'an empty room');
      const bob = await browser.page();
      await join(bob, server, 'bob', room);
      for (const text of ['hello https://example.org/ there', 'again']) await say(bob, text);
      await sees(page, 'again');
      await say(page, 'hi');
      await sees(page, 'hi');
      await audit(page, 'a conversation');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0, 'the page is not wider than the screen');
      await page.focus('#composer');
      await page.keyboard.press('ArrowUp');
      await page.waitForSelector('.editor textarea:focus');
      await audit(page, 'a message being edited');
      await page.fill('.editor textarea', 'x'.repeat(4_001));
      await audit(page, 'an edit too long');
      await page.fill('.editor textarea', 'hi, edited');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.edit-mark');
      await page.locator('.line', { hasText: 'hi, edited' }).focus();
      await page.keyboard.press('Enter');
      await audit(page, 'an edited message, and what can be done with it');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog[open]');
      await audit(page, 'the question before a deletion');
      await page.click('dialog button.danger');
      await sees(page, 'This message was deleted.');
      await audit(page, 'a deleted message');
      await page.fill('#composer', 'x'.repeat(4_001));
      await audit(page, 'a message too long');
      await page.fill('#composer', '');
      if (width < 760) {
        for (const name of ['Open rooms', 'Show people']) {
          await page.click(`button[aria-label^="${name}"]`);
          await page.waitForTimeout(50);
          await audit(page, name);
          await page.keyboard.press('Escape');
        }
      }
    });
  }
}

const focused = (page) => page.evaluate(() => {
  const { activeElement: node } = document;
  return node.id || node.dataset.row || node.getAttribute('aria-label') || node.textContent.trim() || node.tagName;
});

test('45, 46: everything with the keyboard alone', bounded, async () => {
  const room = newRoom('keys');
  const page = await browser.page();
  await page.goto(server.url);
  await seed(page, room, 12);
  await page.goto('about:blank');
  await page.goto(`${server.url}#/${room}`);
  await page.waitForFunction(() => document.activeElement?.id === 'name');
  await page.keyboard.type('ann');
  await page.keyboard.press('Enter');
  await inRoom(page, 'ann');
  assert.equal(await focused(page), 'composer');
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await sees(page, 'by keyboard');

  await page.keyboard.press('Shift+Tab');
  const last = await page.$eval('.line:last-of-type', (row) => row.dataset.row);
  assert.equal(await focused(page), last, 'the list is one stop, at its last message');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /m11$/);
  await page.keyboard.press('Home');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /m1$/);
  await page.keyboard.press('End');
  assert.equal(await focused(page), last);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'composer');

  await page.keyboard.press('Shift+Tab');
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /m12$/, 'it remembers where one was');
  await page.keyboard.press('Shift+Tab');
  assert.ok(!(await page.evaluate(() => document.activeElement.closest('.scroller'))), 'one more leaves the list');

  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.type('stray');
  assert.equal(await page.inputValue('#composer'), 'stray', 'a letter typed anywhere belongs in the field');
});

test('46: the skip link comes first and leads to the message field', bounded, async () => {
  const room = newRoom('keys');
  const page = await browser.page();
  await join(page, server, 'ann', room);
  const first = await page.evaluate(() => document.querySelector('a[href], button, input, textarea, [tabindex="0"]').className);
  assert.equal(first, 'skip');
  await page.focus('.skip');
  const box = await page.locator('.skip').boundingBox();
  assert.ok(box.width > 100 && box.height >= 24, 'with the focus it is visible');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'composer');
  assert.deepEqual(await page.$$eval('h1', (nodes) => nodes.map((node) => node.textContent)), [`#${room}`]);
});

test('44: the history is not spoken, what is new is, once', bounded, async () => {
  const room = newRoom('speak');
  const bob = await browser.page();
  await join(bob, server, 'bob', room);
  await say(bob, 'old news');
  await sees(bob, 'old news');
  const ann = await browser.page();
  await join(ann, server, 'ann', room);
  await sees(ann, 'old news');
  assert.equal(await ann.getAttribute('.scroller', 'aria-live'), 'off');
  assert.equal(await ann.textContent('#announcer'), '');
  await say(ann, 'my own');
  await say(bob, 'fresh');
  await sees(ann, 'fresh');
  await ann.waitForFunction(() => document.querySelector('#announcer').textContent === 'bob: fresh');
});

test('50: drawers on a phone take the focus and give it back', bounded, async () => {
  const room = newRoom('phone');
  const page = await browser.page({ viewport: { width: 360, height: 740 } });
  await join(page, server, 'ann', room);
  const shows = (id, visibility) =>
    page.waitForFunction(([id, visibility]) => getComputedStyle(document.querySelector(id)).visibility === visibility, [id, visibility]);
  const focuses = (what) => page.waitForFunction((what) => document.activeElement.getAttribute('aria-label') === what, what);
  await shows('#rooms', 'hidden');
  await shows('#people', 'hidden');
  await page.click('button[aria-label="Open rooms"]');
  await shows('#rooms', 'visible');
  await focuses('Close');
  await page.keyboard.press('Escape');
  await shows('#rooms', 'hidden');
  await focuses('Open rooms');
  await page.click('button[aria-label^="Show people"]');
  await page.waitForSelector('#people .people:has-text("ann")');
  await page.mouse.click(20, 400);
  await shows('#people', 'hidden');
});

test('50: the longest names break nothing', bounded, async () => {
  const room = 'm'.repeat(64);
  const page = await browser.page({ viewport: { width: 360, height: 740 } });
  await join(page, server, 'W'.repeat(32), room);
  await say(page, 'Supercalifragilistic'.repeat(20));
  await sees(page, 'Supercalifragilistic'.repeat(20));
  const wide = await page.$$eval('.main, .main *', (nodes) =>
    nodes.filter((node) => !node.closest('.sr-only, bdi') && node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.className),
  );
  assert.deepEqual(wide, []);
});

test('51: the theme follows the system, or the reader, without a flash', bounded, async () => {
  const page = await browser.page({ colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.goto(server.url);
  await page.waitForSelector('#name');
  const dark = await background();
  await page.click('button[aria-label="Theme: as the system"]');
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  await page.waitForSelector('#name');
  assert.equal(await background(), light);
});
