// The golden frames are the protocol's, not ours: every server frame there must be readable here.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decode, KNOWN } from '../src/frames.mjs';

const FRAMES = fileURLToPath(new URL('../../../crates/roomcast-protocol/tests/frames/', import.meta.url));

test('golden frames: the decoder accepts every frame of the server', () => {
  const files = readdirSync(join(FRAMES, 'server'), { recursive: true }).filter((name) => String(name).endsWith('.json'));
  assert.ok(files.length > 0, 'no golden frames of the server');
  const types = new Set();
  for (const file of files) {
    const golden = JSON.parse(readFileSync(join(FRAMES, 'server', String(file)), 'utf8'));
    const frame = decode(JSON.stringify(golden.frame));
    assert.deepEqual(frame, golden.frame, `${file} is not accepted`);
    types.add(golden.frame.type);
  }
  assert.deepEqual([...types].sort(), [...KNOWN].sort(), 'every type this client knows has a golden frame, and the other way round');
});
