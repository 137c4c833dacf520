/**
 * The eq table in WebAssembly, as an outer product: eq(z, (low, high)) = eq(z_low, low) * eq(z_high, high). The low
 * factor is one small table that stays in the cache; every chunk of the result is that table times one scalar. So
 * the work is one multiplication by a fixed scalar for each element, in one pass, for any length of `out`.
 */
import type { Ext } from '../../field/field.ts';
import { BLOCK, extWords, packExt } from '../contract/layout.ts';
import { checkEqTable } from '../reference/ext.ts';
import { type Engine, WINDOW_ITEMS } from './engine.ts';
import { type Context, LIMBS, stageScalars } from './operands.ts';
import type { Task } from '../pool/pool.ts';

/** Variables of the low factor: 2^12 elements are 80 KiB. */
const LOW_VARS = 12;
/** Variables of the block that plain arithmetic fills before kernels double it. */
const START_VARS = 2;

export function wasmEqTable(cx: Context, out: Uint32Array, z: readonly Ext[], scale: Ext): void {
  const { engine, K, radix } = cx;
  checkEqTable(out, z, LIMBS);
  const start = K.mulBase(K.fromLimbs(scale), radix);
  z.forEach((zj) => K.fromLimbs(zj));
  if (out.length === 0) return;
  engine.arena.scope(() => {
    if (z.length <= LOW_VARS) {
      out.set(lowTable(cx, z, start).subarray(0, out.length));
      return;
    }
    const low = lowTable(cx, z.slice(0, LOW_VARS), K.fromBase(radix));
    const chunk = 2 ** LOW_VARS;
    const chunks = Math.ceil(out.length / LIMBS / chunk);
    const high = engine.arena.u32(extWords(chunks, LIMBS));
    wasmEqTable(cx, high, z.slice(LOW_VARS), scale);
    multiplyOut(engine, out, low, high);
  });
}

/** The table of at most LOW_VARS variables, in kernel memory: one block, then doublings. */
function lowTable(cx: Context, z: readonly Ext[], start: Ext): Uint32Array {
  const { engine, K } = cx;
  const first = Math.min(START_VARS, z.length);
  const block = Array.from({ length: 2 ** first }, (_, x) =>
    z.slice(0, first).reduce((e: Ext, zj, j) => K.mul(e, (x >> j) & 1 ? zj : K.sub(K.one, zj)), start),
  );
  const table = engine.arena.u32(extWords(2 ** z.length, LIMBS));
  table.set(packExt(block, K));
  const scalars = stageScalars(cx, z);
  for (let j = first; j < z.length; j++) {
    const blocks = 2 ** j / BLOCK;
    const half = table.byteOffset + blocks * BLOCK * LIMBS * 4;
    engine.pool.run([['kEqDouble', table.byteOffset, half, scalars + 4 * LIMBS * j, blocks]]);
  }
  return table;
}

/** out[high][low] = low table times element `high`, chunk by chunk. */
function multiplyOut(engine: Engine, out: Uint32Array, low: Uint32Array, high: Uint32Array): void {
  const { arena, pool } = engine;
  const chunkWords = low.length;
  const task = (target: number, index: number, words: number): Task => [
    'kScale',
    target,
    low.byteOffset,
    // Element `index` of a blocked array: its limbs are 16 bytes apart.
    high.byteOffset + 4 * ((index >> 2) * BLOCK * LIMBS + (index & 3)),
    16,
    words / (BLOCK * LIMBS),
  ];
  const tasksFor = (address: number, from: number, words: number): Task[] =>
    Array.from({ length: Math.ceil(words / chunkWords) }, (_, k) =>
      task(address + 4 * k * chunkWords, from / chunkWords + k, Math.min(chunkWords, words - k * chunkWords)),
    );
  if (arena.holds(out)) return pool.run(tasksFor(out.byteOffset, 0, out.length));
  const windowWords = WINDOW_ITEMS * LIMBS;
  const window = arena.u32(Math.min(windowWords, out.length));
  for (let from = 0; from < out.length; from += windowWords) {
    const words = Math.min(windowWords, out.length - from);
    pool.run(tasksFor(window.byteOffset, from, words));
    out.set(window.subarray(0, words), from);
  }
}
