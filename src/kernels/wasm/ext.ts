/** The extension-field kernels in WebAssembly. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkBlocks, checkInteger, checkLength } from '../contract/checks.ts';
import type { ExtKernels } from '../contract/ext.ts';
import { BLOCK, extWord, extWords, readExt } from '../contract/layout.ts';
import { zeroAt } from '../reference/ext.ts';
import type { Engine } from './engine.ts';
import { wasmEqTable } from './eq-table.ts';
import { blockwise, fIn, kIn, kOut, LIMBS, partialSums, stageScalars } from './operands.ts';

export function wasmExt(engine: Engine, K: ExtensionField, radix: Fe): ExtKernels {
  const F = K.base;
  const inverseRadix = F.inverse(radix);
  const sameBlocks = (out: Uint32Array, a: Uint32Array, b: Uint32Array = a): number => {
    const blocks = checkBlocks('a', a, LIMBS);
    checkLength('b', b, a.length);
    checkLength('out', out, a.length);
    return blocks;
  };
  const withScalar = (c: Ext, run: (address: number) => void): void =>
    engine.arena.scope(() => run(stageScalars(engine, K, radix, [K.fromLimbs(c)])));
  return {
    kMul(out, a, b) {
      const blocks = sameBlocks(out, a, b);
      blockwise(engine, blocks, [kOut(out), kIn(a), kIn(b)], (at, n) => ['kMul', ...at, n]);
    },
    kSquare(out, a) {
      const blocks = sameBlocks(out, a);
      blockwise(engine, blocks, [kOut(out), kIn(a)], (at, n) => ['kSquare', ...at, n]);
    },
    kScale(out, a, c) {
      const blocks = sameBlocks(out, a);
      withScalar(c, (scalar) =>
        blockwise(engine, blocks, [kOut(out), kIn(a)], (at, n) => ['kScale', ...at, scalar, 4, n]),
      );
    },
    kAddScaled(out, a, c, b) {
      const blocks = sameBlocks(out, a, b);
      withScalar(c, (scalar) =>
        blockwise(engine, blocks, [kOut(out), kIn(a), kIn(b)], (at, n) => ['kAddScaled', ...at, scalar, n]),
      );
    },
    kMulBase(out, a, b) {
      const blocks = sameBlocks(out, a);
      checkLength('b', b, BLOCK * blocks);
      blockwise(engine, blocks, [kOut(out), kIn(a), fIn(b)], (at, n) => ['kMulBase', ...at, n]);
    },
    kFromBase(out, b, c) {
      const blocks = checkBlocks('out', out, LIMBS);
      checkLength('b', b, BLOCK * blocks);
      withScalar(c, (scalar) =>
        blockwise(engine, blocks, [kOut(out), fIn(b)], (at, n) => ['kFromBase', ...at, scalar, n]),
      );
    },
    kInverse: (out, a, n) => inverse(engine, K, radix, out, a, n),
    kSum(a) {
      const blocks = checkBlocks('a', a, LIMBS);
      const [total] = partialSums(engine, K, blocks, 1, [kIn(a)], (slot, at, n) => ['kSum', slot, ...at, n]);
      return total as Ext;
    },
    kDot(a, b) {
      const blocks = checkBlocks('a', a, LIMBS);
      checkLength('b', b, a.length);
      const operands = [kIn(a), kIn(b)];
      const [total] = partialSums(engine, K, blocks, 1, operands, (slot, at, n) => ['kDot', slot, ...at, n]);
      // The kernel's words are sum a b / R; the plain value is sum a b / R^2.
      return K.mulBase(total as Ext, inverseRadix);
    },
    eqTable: (out, z, scale) => wasmEqTable(engine, K, radix, out, z, scale),
  };
}

/** The matrix of x -> x^(p^k), row by row: column i is (x^i)^(p^k). */
function frobeniusMatrix(K: ExtensionField, k: number): Fe[] {
  const image = K.pow(
    K.fromLimbs(K.zero.map((_, i) => (i === 1 ? 1 : 0))),
    BigInt(K.base.modulus) ** BigInt(k),
  );
  const columns = K.zero.map((_, i) => K.pow(image, i));
  return K.zero.flatMap((_, row) => columns.map((column) => column[row] as Fe));
}

function inverse(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  out: Uint32Array,
  a: Uint32Array,
  n: number,
): void {
  checkInteger('n', n, 0, 2 ** 32);
  checkLength('a', a, extWords(n, LIMBS));
  checkLength('out', out, a.length);
  const { arena } = engine;
  const bulk = Math.floor(n / BLOCK);
  // Elements of a last block that is not full are inverted here: its idle lanes hold zeros.
  const tail = Array.from({ length: n - BLOCK * bulk }, (_, i) => readExt(a, BLOCK * bulk + i, LIMBS));
  const hasZero = arena.scope(() => {
    const maps = arena.u32(2 * LIMBS * LIMBS);
    const matrices = [1, 2].flatMap((k) => frobeniusMatrix(K, k));
    maps.set(matrices.map((word) => K.base.mul(word, radix)));
    const flag = arena.u32(1).fill(0);
    const words = bulk * BLOCK * LIMBS;
    blockwise(engine, bulk, [kOut(out.subarray(0, words)), kIn(a.subarray(0, words))], (at, blocks) => [
      'kInverse',
      flag.byteOffset,
      ...at,
      maps.byteOffset,
      blocks,
    ]);
    return flag[0] === 1;
  });
  if (hasZero || tail.some(K.isZero)) {
    for (let i = 0; ; i++) if (K.isZero(readExt(a, i, LIMBS))) throw zeroAt(i);
  }
  const scale = K.base.mul(radix, radix);
  out.fill(0, bulk * BLOCK * LIMBS);
  tail.forEach((x, i) => {
    K.mulBase(K.inverse(x), scale).forEach((limb, j) => {
      out[extWord(BLOCK * bulk + i, j, LIMBS)] = limb;
    });
  });
}
