// Pictures for people to look at: e2e/artifacts/*.png.

import { mkdirSync } from 'node:fs';
import test, { after, afterEach } from 'node:test';
import { ARTIFACTS, inRoom, join, say, sees, seesPeople, stage } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
mkdirSync(ARTIFACTS, { recursive: true });

const shoot = (page, name) => page.screenshot({ path: `${ARTIFACTS}/${name}.png` });

test('screenshots in light and dark, wide and on a phone', { timeout: 180_000 }, async () => {
  const room = 'general';
  const ann = await browser.page();
  await ann.goto(server.url);
  await ann.waitForSelector('#name');
  await shoot(ann, 'welcome-light');
  await join(ann, server, 'Ann.Lee', room);
  await shoot(ann, 'empty-light');
  const bob = await browser.page({ colorScheme: 'dark', viewport: { width: 1440, height: 900 } });
  await join(bob, server, 'bob', room);
  const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  const cem = await browser.page(phone);
  await join(cem, server, 'Cem', room);
  const dora = await browser.page({ ...phone, colorScheme: 'dark' });
  await join(dora, server, 'dora', room);
  await seesPeople(ann, ['Ann.Lee', 'bob', 'Cem', 'dora']);

  await say(ann, 'Morning! The new build is up at https://example.org/builds/118 if somebody wants to try the reconnect path.');
  await say(ann, 'I killed the server twice while typing and kept my draft.');
  await sees(bob, 'I killed the server twice while typing and kept my draft.');
  await say(bob, 'On it.');
  await say(bob, 'Works here, and <img src=x onerror=alert(1)> stays text, as it should.');
  await sees(cem, 'Works here, and <img src=x onerror=alert(1)> stays text, as it should.');
  await cem.fill('#composer', 'Fine on the phone as well.\n\nTwo paragraphs, kept as written.');
  await cem.click('.send');
  await sees(dora, 'Fine on the phone as well.\n\nTwo paragraphs, kept as written.');
  await dora.fill('#composer', 'Çok güzel 👍 Ship it!');
  await dora.click('.send');
  await sees(ann, 'Çok güzel 👍 Ship it!');
  await say(ann, 'Then let us ship it. Notes:\n  1. resume by seq and epoch\n  2. the outbox keeps order\n  3. nothing twice');
  await sees(bob, 'Then let us ship it. Notes:\n  1. resume by seq and epoch\n  2. the outbox keeps order\n  3. nothing twice');

  await ann.fill('#new-room', 'release-notes');
  await ann.press('#new-room', 'Enter');
  await inRoom(ann, 'Ann.Lee');
  await ann.click('.room:has-text("general")');
  await bob.waitForTimeout(3_100);
  await bob.locator('#composer').pressSequentially('One more thing');
  await ann.waitForSelector('.typing:has-text("bob is typing…")');
  await ann.mouse.move(560, 500);
  await shoot(ann, 'chat-light-1100');
  await shoot(bob, 'chat-dark-1440');
  await shoot(cem, 'chat-light-360');
  await shoot(dora, 'chat-dark-360');
  await cem.click('button[aria-label="Open rooms"]');
  await cem.waitForTimeout(100);
  await shoot(cem, 'rooms-light-360');
  await dora.click('button[aria-label^="Show people"]');
  await dora.waitForTimeout(100);
  await shoot(dora, 'people-dark-360');

  await dora.keyboard.press('Escape');
  const late = await browser.page({ colorScheme: 'dark', viewport: { width: 1100, height: 760 } });
  await late.goto(server.url);
  await late.waitForSelector('.chip');
  await late.fill('#name', 'Ann Lee');
  await late.click('button.primary');
  await late.waitForSelector('.hint.fault');
  await shoot(late, 'welcome-dark');
  await server.kill();
  await say(ann, 'Written while the server was away');
  await ann.waitForSelector('.banner');
  await shoot(ann, 'reconnecting-light-1100');
  await dora.waitForSelector('.banner');
  await shoot(dora, 'reconnecting-dark-360');
});

test('screenshots of edits and deletions', { timeout: 180_000 }, async () => {
  await server.kill();
  await server.start();
  const room = 'changes';
  const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  const ann = await browser.page();
  const dark = await browser.page({ colorScheme: 'dark', viewport: { width: 1440, height: 900 } });
  const small = await browser.page({ ...phone, colorScheme: 'dark' });
  await join(ann, server, 'Ann.Lee', room);
  await join(dark, server, 'bob', room);
  await join(small, server, 'Cem', room);
  for (const text of ['Lunch at one?', 'At the new place, https://example.org/menu', 'I wrote nonsense here']) await say(ann, text);
  for (const text of ['Fine by me.', 'Who else comes?']) await say(dark, text);
  for (const text of ['Me, but ten minutes later, there is a meeting before that I cannot leave.', 'Sorry!']) {
    await small.fill('#composer', text);
    await small.tap('.send');
  }
  await sees(ann, 'Sorry!');
  const change = async (page, text, to) => {
    await page.locator(`.line:has-text("${text}")`).hover();
    await page.locator(`.line:has-text("${text}") .actions button`).first().click();
    await page.waitForSelector('.editor textarea:focus');
    await page.fill('.editor textarea', to);
  };
  await change(ann, 'Lunch at one?', 'Lunch at half past one?');
  await ann.keyboard.press('Enter');
  await sees(dark, 'Lunch at half past one?');
  await ann.hover('.line:has-text("I wrote nonsense here")');
  await shoot(ann, 'actions-light-1100');
  await ann.click('.line:has-text("I wrote nonsense here") .actions button >> nth=1');
  await shoot(ann, 'delete-light-1100');
  await ann.click('dialog button.danger');
  await sees(dark, 'This message was deleted.');
  await change(ann, 'At the new place', 'At the new place, https://example.org/menu, as always');
  await shoot(ann, 'editor-light-1100');
  await change(dark, 'Who else comes?', 'Who else comes? I count four so far.');
  await shoot(dark, 'editor-dark-1440');
  await dark.keyboard.press('Enter');
  await small.tap('.line:has-text("ten minutes later")');
  await shoot(small, 'actions-dark-360');
  await small.tap('.line:has-text("ten minutes later") .actions button >> nth=0');
  await small.waitForSelector('.editor textarea:focus');
  await shoot(small, 'editor-dark-360');
  await small.tap('.editor .button:has-text("Cancel")');
  await small.tap('.line:has-text("ten minutes later") .actions button >> nth=1');
  await shoot(small, 'delete-dark-360');
  await small.keyboard.press('Escape');
  await server.kill();
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('.banner');
  await shoot(ann, 'edit-waiting-light-1100');
});
