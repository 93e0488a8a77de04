import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Position } from '../src/position.mjs';

const joined = (seq, epoch = 'e1') => {
  const position = new Position();
  position.joined({ epoch, head: seq, change: 0, recovered: false });
  return position;
};

test('position: fresh, then resumed where it was, then reset', () => {
  const position = new Position();
  assert.equal(position.joined({ epoch: 'e1', head: 7, change: 2, recovered: false }), 'fresh');
  assert.equal(position.joined({ epoch: 'e1', head: 9, change: 4, recovered: true }), 'resumed');
  assert.deepEqual(position.at, { seq: 7, change: 2, epoch: 'e1' });
  assert.equal(position.joined({ epoch: 'e2', head: 3, change: 1, recovered: false }), 'reset');
  assert.deepEqual(position.at, { seq: 3, change: 1, epoch: 'e2' });
});

test('position: any order of arrival hands on each seq at most once, and names every hole', () => {
  // A small generator, so that a failure can be repeated.
  let seed = 42;
  const random = () => ((seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648);
  for (let round = 0; round < 200; round += 1) {
    const position = joined(0);
    const heard = new Set();
    const holes = new Set();
    for (let i = 0; i < 50; i += 1) {
      const seq = 1 + Math.floor(random() * 40);
      const { fresh, hole } = position.arrived(seq);
      if (fresh) {
        assert.ok(!heard.has(seq));
        heard.add(seq);
      }
      for (let missing = hole?.from ?? 1; missing <= (hole?.to ?? 0); missing += 1) holes.add(missing);
    }
    const top = Math.max(...heard);
    for (let seq = 1; seq <= top; seq += 1) assert.ok(heard.has(seq) !== holes.has(seq), `seq ${seq} is heard or named missing, not both`);
  }
});

test('position: a gap moves it on, a reset to where it is changes nothing', () => {
  const position = joined(4);
  position.skipped(9);
  assert.deepEqual(position.arrived(10), { fresh: true, hole: null });
  assert.equal(position.reset({ epoch: 'e1', head: 10, change: 0 }), false);
  assert.equal(position.reset({ epoch: 'e1', head: 10, change: 1 }), true);
  assert.equal(position.reset({ epoch: 'e1', head: 2, change: 1 }), true);
});

test('position: messages and changes are counted apart', () => {
  const position = joined(4);
  assert.deepEqual(position.arrived(1, 'change'), { fresh: true, hole: null });
  assert.deepEqual(position.arrived(1, 'change'), { fresh: false, hole: null });
  assert.deepEqual(position.arrived(4, 'change'), { fresh: true, hole: { from: 2, to: 3 } });
  assert.deepEqual(position.arrived(5), { fresh: true, hole: null });
  assert.deepEqual(position.at, { seq: 5, change: 4, epoch: 'e1' });
});
