// The JavaScript client is small, and stays so: bundled, minified and compressed, what an app that uses it pays.

import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const LIMIT_BYTES = 9_000;

const entry = fileURLToPath(new URL('../../sdk/js/src/index.mjs', import.meta.url));
const options = { bundle: true, minify: true, write: false, platform: 'browser', target: 'es2022', format: 'esm' };
const { outputFiles } = await build({ ...options, entryPoints: [entry] });
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
console.log(`the client has ${bytes} bytes compressed, of ${LIMIT_BYTES}`);
process.exitCode = bytes > LIMIT_BYTES ? 1 : 0;
