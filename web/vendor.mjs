// Fetches the libraries of the page from npm, exact versions with their hashes, and writes web/vendor/.
//   node web/vendor.mjs          writes
//   node web/vendor.mjs --check  writes elsewhere and compares: CI's proof that nobody edited a vendored file
// Building the server needs none of this.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VENDOR = fileURLToPath(new URL('./vendor/', import.meta.url));

/** Bare specifiers become relative ones; source maps are not shipped. */
const RULES = [
  { from: /(\bfrom\s*|\bimport\s*)"preact\/hooks"/g, to: '$1"./preact-hooks.mjs"', says: '"preact/hooks" -> "./preact-hooks.mjs"' },
  { from: /(\bfrom\s*|\bimport\s*)"preact"/g, to: '$1"./preact.mjs"', says: '"preact" -> "./preact.mjs"' },
  { from: /(\bfrom\s*|\bimport\s*)"@preact\/signals-core"/g, to: '$1"./signals-core.mjs"', says: '"@preact/signals-core" -> "./signals-core.mjs"' },
  { from: /\n?\/\/# sourceMappingURL=\S+\s*$/, to: '\n', says: 'drop the sourceMappingURL comment' },
];

const PACKAGES = [
  {
    name: 'preact',
    version: '11.2.0',
    licence: 'MIT',
    integrity: 'sha512-/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==',
    files: { 'dist/preact.mjs': 'preact.mjs', 'hooks/dist/hooks.mjs': 'preact-hooks.mjs' },
  },
  {
    name: 'htm',
    version: '3.1.1',
    licence: 'Apache-2.0',
    integrity: 'sha512-983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==',
    files: { 'dist/htm.module.js': 'htm.mjs' },
  },
  {
    name: '@preact/signals-core',
    version: '1.14.5',
    licence: 'MIT',
    integrity: 'sha512-vcRv7Ityz5JVmeiVqIluLFzT/PDS/AlhHUpw3/aUWqcVUs6bDGIPXE/6RSC4evBNWYvnniozg5Syfj33al3gkg==',
    files: { 'dist/signals-core.mjs': 'signals-core.mjs' },
  },
  {
    name: '@preact/signals',
    version: '2.11.4',
    licence: 'MIT',
    integrity: 'sha512-Rb+5RPo9gWSaHtzJeauhHxiC8KP/IF2DEPkHPEOGOnuy2wnJzRqyeLRankUCYd6ADqtxS6GnWGv6Ie343d8aYw==',
    files: { 'dist/signals.mjs': 'signals.mjs' },
  },
];

const run = (/** @type {string} */ command, /** @type {string[]} */ args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 120_000 });

const hash = (/** @type {string} */ algorithm, /** @type {string | Buffer} */ bytes, /** @type {'hex' | 'base64'} */ form) =>
  createHash(algorithm).update(bytes).digest(form);

/** @param {typeof PACKAGES[number]} pkg @param {string} scratch @returns {string} the unpacked folder */
function fetchPackage(pkg, scratch) {
  const packed = JSON.parse(run('npm', ['pack', `${pkg.name}@${pkg.version}`, '--json', '--pack-destination', scratch]));
  // npm 11 prints an array, npm 12 an object keyed by package.
  const { filename } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  const tarball = join(scratch, filename.replace('@', '').replace('/', '-'));
  const actual = `sha512-${hash('sha512', readFileSync(tarball), 'base64')}`;
  if (actual !== pkg.integrity) throw new Error(`${pkg.name}@${pkg.version}: expected ${pkg.integrity}, got ${actual}`);
  const folder = mkdtempSync(join(scratch, 'unpacked-'));
  run('tar', ['-xzf', tarball, '-C', folder]);
  return join(folder, 'package');
}

/** @param {string} source @param {string} file */
function rewrite(source, file) {
  const text = RULES.reduce((before, rule) => before.replace(rule.from, rule.to), source);
  for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?["']([^"']+)["']/g)) {
    if (!specifier?.startsWith('./')) throw new Error(`${file}: "${specifier}" is still a bare specifier`);
  }
  if (/\binnerHTML\s*=[^=]|\beval\(|new Function\(/.test(text) && !file.startsWith('preact')) {
    throw new Error(`${file}: writes HTML or evaluates strings, which our content security policy forbids`);
  }
  return text;
}

/** @param {string} target */
function vendor(target) {
  const scratch = mkdtempSync(join(tmpdir(), 'roomcast-vendor-'));
  const toml = ['# Written by `node web/vendor.mjs`. Do not edit.', ''];
  toml.push('rewrites = [', ...RULES.map((rule) => `  '${rule.says}',`), ']', '');
  try {
    for (const pkg of PACKAGES) {
      const folder = fetchPackage(pkg, scratch);
      const licence = `LICENSE-${pkg.name.replace('@', '').replace('/', '-')}`;
      writeFileSync(join(target, licence), readFileSync(join(folder, 'LICENSE')));
      toml.push('[[package]]', `name = "${pkg.name}"`, `version = "${pkg.version}"`, `licence = "${pkg.licence}"`);
      toml.push(`licence_text = "${licence}"`, `integrity = "${pkg.integrity}"`, '');
      for (const [from, to] of Object.entries(pkg.files)) {
        const text = rewrite(readFileSync(join(folder, from), 'utf8'), to);
        writeFileSync(join(target, to), text);
        toml.push('[[package.file]]', `from = "${from}"`, `to = "${to}"`, `sha256 = "${hash('sha256', text, 'hex')}"`, '');
      }
    }
    writeFileSync(join(target, 'VENDOR.toml'), `${toml.join('\n').trimEnd()}\n`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), 'roomcast-vendor-check-'));
  try {
    vendor(fresh);
    const names = new Set([...readdirSync(fresh), ...readdirSync(VENDOR)]);
    const read = (/** @type {string} */ folder, /** @type {string} */ name) => {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch {
        return undefined;
      }
    };
    const wrong = [...names].filter((name) => read(fresh, name) !== read(VENDOR, name));
    if (wrong.length > 0) throw new Error(`web/vendor differs from npm: ${wrong.join(', ')}; run node web/vendor.mjs`);
    console.log(`web/vendor: ${names.size} files as npm has them`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

mkdirSync(VENDOR, { recursive: true });
if (process.argv.includes('--check')) check();
else vendor(VENDOR);
