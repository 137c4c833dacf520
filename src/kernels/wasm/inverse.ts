/** Batched inverses in WebAssembly: Montgomery's trick in chunks, norms by two Frobenius maps. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkInteger, checkLength } from '../contract/checks.ts';
import { BLOCK, extWords, readExt, writeExt } from '../contract/layout.ts';
import { zeroAt } from '../reference/ext.ts';
import { blockwise, type Context, kIn, kOut, mostTasks, LIMBS } from './operands.ts';

export function wasmInverse(cx: Context): (out: Uint32Array, a: Uint32Array, n: number) => void {
  const { K, radix } = cx;
  const maps = [1, 2].flatMap((k) => frobeniusMatrix(K, k)).map((word) => K.base.mul(word, radix));
  const scale = K.base.mul(radix, radix);
  return (out, a, n) => {
    checkInteger('n', n, 0, 2 ** 32);
    checkLength('a', a, extWords(n, LIMBS));
    checkLength('out', out, a.length);
    const blocks = Math.floor(n / BLOCK);
    const words = blocks * BLOCK * LIMBS;
    // Elements of a last block that is not full are inverted here: its idle lanes hold zeros.
    const tail = Array.from({ length: n - BLOCK * blocks }, (_, i) => readExt(a, BLOCK * blocks + i, LIMBS));
    const zeroInBlocks = invertBlocks(cx, maps, out.subarray(0, words), a.subarray(0, words), blocks);
    if (zeroInBlocks || tail.some(K.isZero)) {
      // A chunk with a zero was left as it was, also in place.
      for (let i = 0; ; i++) if (K.isZero(readExt(a, i, LIMBS))) throw zeroAt(i);
    }
    out.fill(0, words);
    tail.forEach((x: Ext, i) => writeExt(out, BLOCK * blocks + i, K.mulBase(K.inverse(x), scale)));
  };
}

/** Inverts whole blocks; true when one of them contains a zero. */
function invertBlocks(
  cx: Context,
  maps: readonly number[],
  out: Uint32Array,
  a: Uint32Array,
  blocks: number,
): boolean {
  const { arena } = cx.engine;
  return arena.scope(() => {
    const matrices = arena.u32(maps.length);
    matrices.set(maps);
    const flags = arena.u32(mostTasks(cx.engine, BLOCK * blocks)).fill(0);
    let task = 0;
    // In place, the operands share one window, so that a chunk that is left alone keeps its words.
    const source = out.buffer === a.buffer && out.byteOffset === a.byteOffset ? out : a;
    blockwise(cx.engine, blocks, [kOut(out), kIn(source)], (at, n) => [
      'kInverse',
      flags.byteOffset + 4 * task++,
      ...at,
      matrices.byteOffset,
      n,
    ]);
    return flags.some((flag) => flag !== 0);
  });
}

/** The matrix of x -> x^(p^k), row by row: column i is (x^i)^(p^k). */
function frobeniusMatrix(K: ExtensionField, k: number): Fe[] {
  const x = K.fromLimbs(K.zero.map((_, i) => (i === 1 ? 1 : 0)));
  const image = K.pow(x, BigInt(K.base.modulus) ** BigInt(k));
  const columns = K.zero.map((_, i) => K.pow(image, i));
  return K.zero.flatMap((_, row) => columns.map((column) => column[row] as Fe));
}
