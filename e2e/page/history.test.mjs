// The message list: what is older, what stays put, what is let go.

import assert from 'node:assert/strict';
import test, { after, afterEach, before } from 'node:test';
import { join, newRoom, say, seed, sees, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 120_000 };
const long = newRoom('long');
const TOTAL = 460;

before(async () => {
  const page = await browser.page();
  await page.goto(server.url);
  await seed(page, long, TOTAL);
  await page.close();
});

const scroller = (page, act, arg) => page.$eval('.scroller', act, arg);
const atEnd = (page) => scroller(page, (list) => list.scrollHeight - list.scrollTop - list.clientHeight <= 1);
const firstRow = (page) => page.$eval('.line', (row) => row.dataset.row);

/** Scrolls to `top`, takes a row on screen, waits until older ones are there: how far did it move? */
const drift = (page, top) =>
  scroller(
    page,
    async (list, top) => {
      const first = list.querySelector('.line').dataset.row;
      list.scrollTop = top;
      const frame = list.getBoundingClientRect().top;
      const row = [...list.querySelectorAll('.line')].find((one) => one.getBoundingClientRect().top > frame + 40);
      const was = row.getBoundingClientRect().top;
      const end = Date.now() + 15_000;
      let worst = 0;
      while (Date.now() < end) {
        await new Promise(requestAnimationFrame);
        worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - was));
        if (list.querySelector('.line').dataset.row !== first) break;
      }
      await new Promise((done) => setTimeout(done, 300));
      worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - was));
      return { worst, loaded: list.querySelector('.line').dataset.row !== first };
    },
    top,
  );

test('16: older messages are loaded above, and the row under the eye does not move', bounded, async () => {
  const page = await browser.page();
  await join(page, server, 'reader', long);
  await sees(page, `m${TOTAL}`);
  assert.ok(await atEnd(page));
  for (const top of [300, 450, 200]) {
    const { worst, loaded } = await drift(page, top);
    assert.ok(loaded, 'nothing older came');
    assert.ok(worst <= 1, `the row moved by ${worst} px`);
  }
});

test('53, 14: all the way up and back: a bounded window, the beginning, and the latest again', bounded, async () => {
  const page = await browser.page();
  await join(page, server, 'reader', long);
  await sees(page, `m${TOTAL}`);
  const end = Date.now() + 60_000;
  while (Date.now() < end && !(await page.$('.beginning'))) {
    await scroller(page, (list) => (list.scrollTop = 0));
    await page.waitForTimeout(60);
  }
  await page.waitForSelector('.beginning');
  const shown = await texts(page);
  assert.equal(shown[0], 'm1');
  assert.ok(shown.length <= 320, `${shown.length} rows`);
  assert.deepEqual(shown, shown.map((_, i) => `m${i + 1}`), 'no hole, nothing twice');
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok(nodes <= 2_500, `${nodes} nodes`);

  while (Date.now() < end && !(await texts(page)).includes(`m${TOTAL}`)) {
    await scroller(page, (list) => (list.scrollTop = list.scrollHeight));
    await page.waitForTimeout(60);
  }
  const back = (await texts(page)).map((text) => Number(text.slice(1)));
  assert.equal(back.at(-1), TOTAL);
  assert.ok(back.every((n, i) => i === 0 || n === back[i - 1] + 1), 'no hole on the way back');

  await scroller(page, (list) => (list.scrollTop = 0));
  await page.click('.latest');
  await sees(page, `m${TOTAL}`);
  await page.waitForFunction(() => !document.querySelector('.latest'));
  assert.ok(await atEnd(page));
});

test('15: whoever reads above is left alone and told how many came; whoever is at the end follows', bounded, async () => {
  const room = newRoom('stick');
  const ann = await browser.page();
  await ann.goto(server.url);
  await seed(ann, room, 60);
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  await sees(ann, 'm60');
  await say(bob, 'seen at once');
  await sees(ann, 'seen at once');
  assert.ok(await atEnd(ann));

  await scroller(ann, (list) => (list.scrollTop -= 400));
  await ann.waitForSelector('.latest');
  const top = await scroller(ann, (list) => list.scrollTop);
  await say(bob, 'not yet seen');
  await say(bob, 'nor this');
  await ann.waitForSelector('.latest:has-text("2 new messages")');
  assert.equal(await scroller(ann, (list) => list.scrollTop), top);
  await ann.click('.latest');
  await ann.waitForFunction(() => !document.querySelector('.latest'));
  assert.ok(await atEnd(ann));

  await ann.fill('#composer', 'line\n'.repeat(6));
  await ann.waitForTimeout(100);
  assert.ok(await atEnd(ann), 'the growing field keeps the end in sight');
  await scroller(ann, (list) => (list.scrollTop -= 300));
  await ann.waitForSelector('.latest');
  await say(ann, 'my own word');
  await sees(ann, 'my own word');
  assert.ok(await atEnd(ann), 'what one says oneself one sees');
});

test('15: one who stands less than 100 px from the end still follows', bounded, async () => {
  const page = await browser.page();
  const bob = await browser.page();
  await join(page, server, 'near', long);
  await join(bob, server, 'bob', long);
  await scroller(page, (list) => (list.scrollTop -= 80));
  await page.waitForTimeout(100);
  await say(bob, 'follow me');
  await sees(page, 'follow me');
  await page.waitForTimeout(100);
  assert.ok(await atEnd(page));
  assert.ok(await firstRow(page));
});
