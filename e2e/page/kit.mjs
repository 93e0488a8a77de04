// The real server and a real Chromium, started and ended by the test that wants them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const ARTIFACTS = path(ROOT, 'e2e/artifacts');
const BINARY = process.env['ROOMCAST_BIN'] ?? path(ROOT, 'target/debug/roomcast');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** The server takes every ROOMCAST_ variable for configuration, and refuses the ones that are ours. */
const SERVER_ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROOMCAST_')));
const READY_MS = 15_000;
/** How long a thing that should happen may take on a busy machine. */
export const SOON_MS = 15_000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

/** One server on one port and one data directory, which survive its death. */
export class Server {
  #child = null;
  #dir = mkdtempSync(path(tmpdir(), 'roomcast-e2e-'));

  static async start() {
    const server = new Server();
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}/`;
    await server.start();
    return server;
  }

  async start() {
    const log = openSync(path(this.#dir, 'server.log'), 'a');
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--admin-listen', '127.0.0.1:0', '--data-dir', path(this.#dir, 'data')];
    const child = spawn(BINARY, args, { stdio: ['ignore', log, log], env: SERVER_ENV });
    this.#child = child;
    const died = once(child, 'exit').then(() => 'exit', (error) => String(error));
    const end = Date.now() + READY_MS;
    while (Date.now() < end) {
      const pause = new Promise((done) => setTimeout(done, 50));
      if ((await Promise.race([this.#answers(), died])) === true) return;
      const dead = await Promise.race([died, pause]);
      if (dead) throw new Error(`the server ended at once (${dead}):\n${this.log()}`);
    }
    throw new Error(`the server was not ready in ${READY_MS} ms:\n${this.log()}`);
  }

  /** No warning, no farewell. */
  async kill() {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async end() {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  log() {
    return readFileSync(path(this.#dir, 'server.log'), 'utf8').slice(-4000);
  }

  async #answers() {
    try {
      return (await fetch(`${this.url}rooms`, { signal: AbortSignal.timeout(2_000) })).status === 200;
    } catch {
      return false;
    }
  }
}

/** A browser whose every page is watched: what it asks of other sites, what the policy forbids, what throws. */
export class Browser {
  /** @type {string[]} */
  faults = [];
  #chromium;
  #origin;

  static async launch(origin) {
    const browser = new Browser();
    browser.#origin = origin;
    browser.#chromium = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    return browser;
  }

  /** A person: their own storage, their own window. */
  async person(options = {}) {
    const context = await this.#chromium.newContext({ viewport: { width: 1100, height: 760 }, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(SOON_MS);
    await context.exposeBinding('roomcastFault', (_, text) => void this.faults.push(text));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        window.roomcastFault(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      const ours = url.host === new URL(this.#origin).host || url.protocol === 'data:' || url.protocol === 'blob:';
      if (!ours) this.faults.push(`foreign request: ${request.url()}`);
    });
    context.on('weberror', (error) => this.faults.push(`exception: ${error.error().stack}`));
    return context;
  }

  /** @param {any} [options] */
  async page(options) {
    return (await this.person(options)).newPage();
  }

  assertNoFaults() {
    assert.deepEqual(this.faults, []);
  }

  close() {
    return this.#chromium.close();
  }
}

/** Both, for one test file. */
export async function stage(hooks) {
  const server = await Server.start();
  const browser = await Browser.launch(server.url);
  hooks.after(async () => {
    await browser.close();
    await server.end();
  });
  return { server, browser };
}

let rooms = 0;
/** A room that no other test uses. */
export const newRoom = (name = 'room') => `${name}-${(rooms += 1)}`;

export async function join(page, server, name, room) {
  await page.goto(`${server.url}#/${encodeURIComponent(room)}`);
  await page.fill('#name', name);
  await page.click('button.primary');
  await inRoom(page, name);
}

/** Joined: we see ourselves in the list of people. */
export async function inRoom(page, name) {
  await page.waitForSelector('#composer');
  await page.waitForFunction((me) => [...document.querySelectorAll('#people .people .name')].some((node) => node.textContent === me), name);
  await page.waitForFunction(() => !document.body.innerText.includes('Loading messages'));
}

export async function say(page, text) {
  await page.fill('#composer', text);
  await page.press('#composer', 'Enter');
}

/** Every message on the page, in order. */
export const texts = (page) => page.$$eval('.line .text', (nodes) => nodes.map((node) => node.textContent));

/** Waits until a message is there, and final. */
export async function sees(page, text) {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll('.line:not(.pending):not(.failed) .text')].some((node) => node.textContent === wanted),
    text,
  );
}

export const people = (page) => page.$$eval('#people .people .name', (nodes) => nodes.map((node) => node.textContent));

/** Waits for the list of people to be exactly this. */
export async function seesPeople(page, names) {
  await page.waitForFunction(
    (wanted) => JSON.stringify([...document.querySelectorAll('#people .people .name')].map((node) => node.textContent)) === wanted,
    JSON.stringify(names),
  );
}

/**
 * Writes `count` messages `m1`, `m2`, … by several people, each below any rate limit, one after the other.
 * @param {import('playwright-core').Page} page any page of the server
 */
export async function seed(page, room, count, from = 1) {
  await page.evaluate(
    async ([room, count, from]) => {
      const url = new URL('ws', document.baseURI);
      url.protocol = 'ws:';
      const writer = (name) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${url}?user=${name}`);
          const waiting = new Map();
          const ask = (frame) =>
            new Promise((done, fail) => {
              const id = `s${waiting.size}-${Math.random()}`;
              waiting.set(id, [done, fail]);
              socket.send(JSON.stringify({ ...frame, room, id }));
            });
          socket.onmessage = ({ data }) => {
            const frame = JSON.parse(data);
            if (frame.type === 'hello') ask({ type: 'join' }).then(() => resolve({ ask, socket }), reject);
            const [done, fail] = waiting.get(frame.id) ?? [];
            if (frame.type === 'error') (fail ?? reject)(new Error(data));
            else done?.(frame);
          };
          socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
        });
      for (let sent = 0; sent < count; ) {
        const { ask, socket } = await writer(`writer${Math.floor(sent / 8)}`);
        for (let i = 0; i < 8 && sent < count; i += 1, sent += 1) {
          await ask({ type: 'message', content: `m${from + sent}`, nonce: `seed-${room}-${from + sent}` });
        }
        socket.close();
      }
    },
    [room, count, from],
  );
}
