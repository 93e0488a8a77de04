// What goes wrong between client and server, made to go wrong: a proxy in the page's own WebSocket says what we want.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { inRoom, join, newRoom, say, seed, sees, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 90_000 };

/**
 * A page whose socket goes through `up` and `down`: each may answer the frame to be passed on, or null to swallow it.
 * `wire.tell(frame)` speaks in the server's name.
 */
async function proxied({ up = (frame) => frame, down = (frame) => frame }) {
  const page = await browser.page();
  const wire = { up, down, tell: () => {}, close: () => {} };
  await page.routeWebSocket(/\/ws\?/, (client) => {
    const upstream = client.connectToServer();
    wire.tell = (frame) => client.send(JSON.stringify(frame));
    wire.close = (code, reason) => client.close({ code, reason });
    client.onMessage((text) => {
      const frame = wire.up(JSON.parse(text));
      if (frame) upstream.send(JSON.stringify(frame));
    });
    upstream.onMessage((text) => {
      const frame = wire.down(JSON.parse(text));
      if (frame) client.send(JSON.stringify(frame));
    });
  });
  return { page, wire };
}

test('18: a refused message says why, survives a reload, and can be retried or deleted', bounded, async () => {
  const room = newRoom('refused');
  let refusing = true;
  const { page, wire } = await proxied({
    up(frame) {
      if (frame.type !== 'message' || !refusing) return frame;
      wire.tell({ type: 'error', id: frame.id, room, code: 'forbidden', message: 'no', temporary: false });
      return null;
    },
  });
  await join(page, server, 'ann', room);
  await say(page, 'one');
  await say(page, 'two');
  await page.waitForFunction(() => document.querySelectorAll('.line.failed').length === 2);
  assert.match(await page.textContent('.line.failed'), /Not sent\. You may not write in this room\./);
  await page.reload();
  await inRoom(page, 'ann');
  await page.waitForFunction(() => document.querySelectorAll('.line.failed').length === 2);
  refusing = false;
  await page.click('.line.failed:has-text("one") button:has-text("Delete")');
  await page.click('.line.failed:has-text("two") button:has-text("Retry")');
  await sees(page, 'two');
  assert.deepEqual(await texts(page), ['two']);
  assert.equal(await page.locator('.failed').count(), 0);
});

test('17: the same row goes from pending to final; a slow ack is not a second message', bounded, async () => {
  const room = newRoom('slow');
  const held = [];
  let holding = true;
  const { page, wire } = await proxied({
    down(frame) {
      if (!holding || (frame.type !== 'ack' && frame.type !== 'message')) return frame;
      held.push(frame);
      return null;
    },
  });
  await join(page, server, 'ann', room);
  await say(page, 'slowly');
  const row = await page.waitForSelector('.line.pending');
  const key = await row.getAttribute('data-row');
  holding = false;
  for (const frame of held.reverse()) wire.tell(frame);
  await sees(page, 'slowly');
  assert.equal(await row.getAttribute('data-row'), key);
  assert.ok(await row.evaluate((node) => node.isConnected && !node.classList.contains('pending')), 'it is the same element');
  assert.deepEqual(await texts(page), ['slowly']);
});

test('rate limited is said kindly, and sent by itself when the time has come', bounded, async () => {
  const room = newRoom('limited');
  let refusals = 0;
  const { page, wire } = await proxied({
    up(frame) {
      if (frame.type !== 'message' || refusals > 0) return frame;
      refusals += 1;
      wire.tell({ type: 'error', id: frame.id, room, code: 'rate_limited', message: 'Rate limited', temporary: true, retry_after_ms: 2_500 });
      return null;
    },
  });
  await join(page, server, 'ann', room);
  await say(page, 'hasty');
  await page.waitForSelector('.outcome:has-text("A little fast. Goes out in")');
  await sees(page, 'hasty');
});

test('29: messages the server could not send are fetched; while they cannot be, a marker stands for them', bounded, async () => {
  const room = newRoom('gap');
  let [dropping, refusing] = [false, true];
  const { page, wire } = await proxied({
    down: (frame) => (dropping && frame.type === 'message' ? null : frame),
    up(frame) {
      if (frame.type !== 'history' || frame.after === undefined || !refusing) return frame;
      wire.tell({ type: 'error', id: frame.id, room, code: 'unavailable', message: 'later', temporary: true });
      return null;
    },
  });
  await join(page, server, 'ann', room);
  const bob = await browser.page();
  await join(bob, server, 'bob', room);
  await say(bob, 'm1');
  await sees(page, 'm1');
  dropping = true;
  for (const text of ['m2', 'm3', 'm4']) await say(bob, text);
  await sees(bob, 'm4');
  dropping = false;
  await say(bob, 'm5');
  await sees(page, 'm5');
  await page.waitForSelector('.gap');
  assert.deepEqual(await texts(page), ['m1', 'm5']);
  refusing = false;
  await page.click('.gap button');
  await sees(page, 'm3');
  assert.deepEqual(await texts(page), ['m1', 'm2', 'm3', 'm4', 'm5']);
  assert.equal(await page.locator('.gap').count(), 0);
});

test('a reset loads the room afresh', bounded, async () => {
  const room = newRoom('reset');
  const { page, wire } = await proxied({});
  await page.goto(server.url);
  await seed(page, room, 5);
  await join(page, server, 'ann', room);
  await sees(page, 'm5');
  wire.tell({ type: 'reset', room, epoch: 'another', head: 99, change: 0, reason: 'epoch' });
  await page.waitForFunction(() => !document.body.innerText.includes('Loading messages'));
  await sees(page, 'm5');
  assert.deepEqual(await texts(page), ['m1', 'm2', 'm3', 'm4', 'm5']);
});

test('a final close stops, says why, and lets one try again', bounded, async () => {
  const room = newRoom('final');
  const { page, wire } = await proxied({});
  await join(page, server, 'ann', room);
  wire.close(4504, 'kicked');
  await page.waitForSelector('.banner.final:has-text("You were removed from this chat.")');
  await page.waitForTimeout(1_500);
  await page.waitForSelector('.banner.final');
  await page.click('.banner.final button');
  await page.waitForFunction(() => !document.querySelector('.banner'));
  await say(page, 'back again');
  await sees(page, 'back again');
});

test('53: a thousand messages in one go keep the page quick and its rows bounded', { timeout: 120_000 }, async () => {
  const room = newRoom('flood');
  const { page, wire } = await proxied({});
  await join(page, server, 'ann', room);
  await page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const look = (now) => {
      window.frames_.push(now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const now = Math.floor(Date.now() / 1000);
  const started = Date.now();
  for (let seq = 1; seq <= 1_000; seq += 1) wire.tell({ type: 'message', room, seq, user: `u${seq % 7}`, content: `flood ${seq}`, timestamp: now });
  await sees(page, 'flood 1000');
  const tookMs = Date.now() - started;
  const { rows, nodes, worst } = await page.evaluate(() => ({
    rows: document.querySelectorAll('.line').length,
    nodes: document.querySelectorAll('*').length,
    worst: Math.max(...window.frames_),
  }));
  console.log(`# 1000 messages: ${tookMs} ms, ${rows} rows, ${nodes} nodes, longest frame ${Math.round(worst)} ms`);
  assert.ok(rows <= 320 && nodes <= 2_500, `${rows} rows, ${nodes} nodes`);
  assert.ok(tookMs < 15_000);

  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busyS = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  const before = await busyS();
  for (let seq = 1_001; seq <= 1_060; seq += 1) {
    wire.tell({ type: 'message', room, seq, user: 'bob', content: `single ${seq}`, timestamp: now });
    await page.waitForTimeout(20);
  }
  await sees(page, 'single 1060');
  const appendMs = ((await busyS()) - before) * (1000 / 60);
  console.log(`# one message more: ${appendMs.toFixed(1)} ms of the main thread`);
  // The gate is 16 ms on a machine of one's own. This is what a page would need that lays out all of its rows for each.
  assert.ok(appendMs <= 160, `${appendMs} ms`);
});
