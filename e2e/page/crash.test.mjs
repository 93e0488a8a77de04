// The server dies without a word, and comes back.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { inRoom, join, newRoom, say, sees, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());

const banner = (page) => page.waitForSelector('.banner', { timeout: 10_000 });
const noBanner = (page) => page.waitForFunction(() => !document.querySelector('.banner'), null, { timeout: 40_000 });

test('19, 33, 41: killed while one writes: the draft stays, what was said meanwhile arrives once', { timeout: 120_000 }, async () => {
  const room = newRoom('crash');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  await say(ann, 'before');
  await sees(bob, 'before');
  await ann.locator('#composer').pressSequentially('half a thou');
  await server.kill();
  await ann.locator('#composer').pressSequentially('ght');
  assert.equal(await ann.locator('.banner').count(), 0, 'a blink is not worth a word');
  await banner(ann);
  assert.match(await ann.textContent('.banner'), /Retry now/);

  await ann.fill('#composer', 'said while you were away');
  await ann.press('#composer', 'Enter');
  await ann.waitForSelector('.line.pending:has-text("Waiting for the connection")');
  await ann.waitForSelector('.banner:has-text("1 message waiting")');
  await ann.locator('#composer').pressSequentially('half a thought');

  await server.start();
  await noBanner(ann);
  await sees(ann, 'said while you were away');
  await sees(bob, 'said while you were away');
  assert.equal(await ann.inputValue('#composer'), 'half a thought');
  for (const page of [ann, bob]) assert.deepEqual(await texts(page), ['before', 'said while you were away']);

  await say(bob, 'after');
  await sees(ann, 'after');
  await ann.reload();
  await inRoom(ann, 'ann');
  assert.equal(await ann.inputValue('#composer'), 'half a thought');
  assert.deepEqual(await texts(ann), ['before', 'said while you were away', 'after']);
});

test('17: killed again and again with messages on their way: nothing lost, nothing twice', { timeout: 180_000 }, async () => {
  const room = newRoom('crash');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  const sent = [];
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 3; i += 1) {
      sent.push(`round ${round} message ${i}`);
      await say(ann, sent.at(-1));
    }
    await server.kill();
    await server.start();
    await ann.evaluate(() => document.querySelector('.banner .button')?.click());
  }
  await sees(ann, sent.at(-1));
  await sees(bob, sent.at(-1));
  assert.deepEqual(await texts(bob), sent);
  assert.deepEqual(await texts(ann), sent);
  await ann.reload();
  await inRoom(ann, 'ann');
  assert.deepEqual(await texts(ann), sent);
});

test('41: a network that swallows everything is noticed, and healed', { timeout: 120_000 }, async () => {
  const room = newRoom('crash');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  await ann.context().setOffline(true);
  await say(ann, 'into the void');
  await banner(ann);
  await ann.waitForSelector('.banner:has-text("You are offline")');
  await say(bob, 'are you there?');
  await ann.context().setOffline(false);
  await noBanner(ann);
  await sees(bob, 'into the void');
  await sees(ann, 'are you there?');
  assert.deepEqual((await texts(ann)).sort(), ['are you there?', 'into the void']);
  assert.deepEqual(await texts(ann), await texts(bob));
});
