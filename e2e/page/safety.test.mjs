// Whatever somebody writes stays text; nothing is fetched from elsewhere; the policy is never broken.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { inRoom, join, newRoom, say, sees, seesPeople, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 90_000 };

const EVIL = [
  '<script>window.__hit = 1</script>',
  '<img src=x onerror="window.__hit = 1">',
  '<svg/onload=window.__hit=1>',
  '<iframe srcdoc="<script>parent.__hit=1</script>"></iframe>',
  '"><b onmouseover=window.__hit=1>x</b>',
  'javascript:window.__hit=1',
  '[x](javascript:window.__hit=1)',
  'https://example.org/"onclick="window.__hit=1',
  '${window.__hit = 1} {{constructor.constructor("window.__hit=1")()}}',
  '<!--><style>*{display:none}</style>',
  '&lt;img src=x onerror=alert(1)&gt;',
];

test('54: markup in a message, a name or a room is text', bounded, async () => {
  const room = newRoom('evil');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, '<b>ann</b>', room);
  await join(bob, server, 'bob', room);
  await seesPeople(bob, ['bob', '<b>ann</b>']);
  for (const text of EVIL) await say(ann, text);
  for (const text of EVIL) await sees(bob, text);
  assert.deepEqual(await texts(bob), EVIL);
  const found = await bob.$$eval('.line', (rows) => rows.flatMap((row) => [...row.querySelectorAll('script, img, iframe, b, style, object')].map((node) => node.outerHTML)));
  assert.deepEqual(found, []);
  const links = await bob.$$eval('.text a', (nodes) => nodes.map((node) => [node.protocol, node.rel, node.getAttributeNames().filter((name) => name.startsWith('on')).length]));
  assert.deepEqual(links, [['https:', 'noopener noreferrer nofollow', 0]]);
  for (const page of [ann, bob]) assert.equal(await page.evaluate(() => window.__hit), undefined);
});

test('54: an address with markup or nonsense behind the # does no harm', bounded, async () => {
  const page = await browser.page();
  for (const hash of ['#/<img src=x onerror=window.__hit=1>', '#/%E0%A4%A', '#/../../etc/passwd', '#/', '#javascript:window.__hit=1', '#/%00']) {
    await page.goto(server.url + hash);
    await page.waitForSelector('#name');
    assert.equal(await page.evaluate(() => window.__hit), undefined, hash);
    await page.goto('about:blank');
  }
});

test('54: the policy is sent, and it is the strict one', bounded, async () => {
  const page = await browser.page();
  const response = await page.goto(server.url);
  const policy = response.headers()['content-security-policy'] ?? '';
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
    assert.ok(policy.includes(part), `${part} is not in: ${policy}`);
  }
  assert.equal(response.headers()['x-content-type-options'], 'nosniff');
  const thrown = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<b>x</b>';
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(thrown, 'Trusted Types are enforced');
  await page.waitForTimeout(200);
  browser.faults = browser.faults.filter((fault) => !fault.startsWith('CSP: require-trusted-types-for'));
});

test('the first load is at most 60 kB compressed, or 260 kB as written', bounded, async () => {
  const page = await browser.page();
  let [bytes, requests] = [0, 0];
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  const response = await page.goto(server.url, { waitUntil: 'networkidle' });
  await page.waitForSelector('#name');
  const compressed = (await response.headerValue('content-encoding')) !== null;
  console.log(`# first load: ${bytes} bytes in ${requests} requests, ${compressed ? 'compressed' : 'not compressed'}`);
  assert.ok(bytes <= (compressed ? 60_000 : 260_000), `${bytes} bytes in ${requests} requests`);
});

test('a name the server cannot take is said at the door, by the page or by the server', bounded, async () => {
  const page = await browser.page();
  await page.goto(`${server.url}#/${newRoom('door')}`);
  await page.fill('#name', 'Ann Lee');
  await page.click('button.primary');
  await page.waitForSelector('#name-hint:has-text("How about “Ann-Lee”?")');
  // Only the server knows all of Unicode's exceptions: this is a ligature.
  await page.fill('#name', 'ﬁx');
  await page.click('button.primary');
  await page.waitForSelector('#name-hint:has-text("The server does not take this name")');
  await page.fill('#name', 'ann');
  await page.click('button.primary');
  await inRoom(page, 'ann');
});
