import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asked, BASE_MS, CAP_HIDDEN_MS, CAP_MS, delay, FLOOR_MS } from '../src/backoff.mjs';
import { closeClass } from '../src/codes.mjs';

test('backoff: full jitter between the floor and min(cap, base·2ⁿ)', () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
    assert.equal(delay(attempt, () => 0), FLOOR_MS);
    assert.ok(delay(attempt, () => 0.999999) <= ceiling);
    assert.ok(delay(attempt, () => 0.999999) >= ceiling * 0.99);
    assert.equal(delay(attempt, () => 0.5), Math.max(FLOOR_MS, Math.round(ceiling / 2)));
  }
});

test('backoff: a hidden page may wait longer, never less than the floor', () => {
  assert.equal(delay(30, () => 1, CAP_HIDDEN_MS), CAP_HIDDEN_MS);
  assert.equal(asked(0, () => 0), FLOOR_MS);
  assert.ok(asked(2000, () => 0.999) <= 2500 && asked(2000, () => 0) === 2000);
});

test('close codes: which are worth another attempt', () => {
  const retry = [1001, 1005, 1006, 1011, 1012, 1013, 4000, 4003, 4008, 4009, 4029, 4499];
  const final = [4500, 4501, 4503, 4504, 4530, 4999];
  const stop = [1000, 1002, 1003, 1007, 1009];
  for (const code of retry) assert.equal(closeClass(code), 'retry', String(code));
  for (const code of final) assert.equal(closeClass(code), 'final', String(code));
  for (const code of stop) assert.equal(closeClass(code), 'stop', String(code));
});
