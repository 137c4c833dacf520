/** The chain against its definition by the general hasher: every entry length around block and chunk borders. */
import { expect, test } from 'vitest';
import { blake3 } from '../../src/hash/blake3.ts';
import { createChain, TAG } from '../../src/transcript/chain.ts';
import { hex } from '../support/transcript.ts';
import { generator } from '../support/words.ts';

const CONTEXT = 'a chain of tests';

function entry(
  tag: number,
  label: string,
  itemBytes: number,
  count: number,
  payload: Uint8Array,
): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt8(tag, 0);
  head.writeUInt8(label.length, 1);
  head.writeUInt16LE(itemBytes, 2);
  head.writeUInt32LE(count, 4);
  return Uint8Array.from([...head, ...Buffer.from(label), ...payload]);
}

test('absorbs of every length up to 1,200 bytes, long and short in turn', () => {
  const chain = createChain(CONTEXT);
  let state: Uint8Array = blake3(Uint8Array.from(Buffer.from(CONTEXT)));
  const next = generator(5);
  for (let n = 0; n <= 1_200; n++) {
    const count = n % 2 ? n : 1_200 - n; // so that a short entry follows a long one in the same buffer
    const payload = Uint8Array.from({ length: count }, () => next() & 255);
    chain.absorb({ tag: TAG.bytes, label: 'm', itemBytes: 1, count }, payload);
    state = blake3(entry(TAG.bytes, 'm', 1, count, payload), { key: state });
    if (hex(chain.state()) !== hex(state)) throw new Error(`payload of ${count} bytes`);
  }
});

test('squeezes of every label length; words far into the output', () => {
  const chain = createChain(CONTEXT);
  let state: Uint8Array = blake3(Uint8Array.from(Buffer.from(CONTEXT)));
  for (let n = 1; n <= 255; n++) {
    const label = 'x'.repeat(n);
    const words = chain.squeeze({ tag: TAG.challengeFes, label, itemBytes: 4, count: n });
    const message = entry(TAG.challengeFes, label, 4, n, new Uint8Array(0));
    const output = Buffer.from(blake3(message, { key: state, outBytes: 32 + 4 * n }));
    const drawn = Array.from({ length: n }, words);
    expect(drawn).toEqual(drawn.map((_, i) => output.readUInt32LE(32 + 4 * i)));
    state = output.subarray(0, 32);
    expect(hex(chain.state())).toBe(hex(state));
  }
});

test('every byte of the header', () => {
  const header = { tag: TAG.challengePositions, label: 'c', itemBytes: 0x0506, count: 0x01020304 };
  const chain = createChain(CONTEXT);
  const message = entry(header.tag, 'c', header.itemBytes, header.count, new Uint8Array(0));
  const state = blake3(message, { key: chain.state() });
  chain.squeeze(header);
  expect(hex(chain.state())).toBe(hex(state));
});

test('a past challenge gives no words of a later one', () => {
  const chain = createChain(CONTEXT);
  const words = chain.squeeze({ tag: TAG.challengeFes, label: 'c', itemBytes: 4, count: 1 });
  chain.absorb({ tag: TAG.bytes, label: 'm', itemBytes: 1, count: 0 }, new Uint8Array(0));
  expect(() => Array.from({ length: 9 }, words)).toThrow(/expected no draw from a past challenge/);
});
