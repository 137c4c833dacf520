/** The extension-field kernels in WebAssembly. */
import type { Ext } from '../../field/field.ts';
import { checkBlocks, checkLength } from '../contract/checks.ts';
import type { ExtKernels } from '../contract/ext.ts';
import { BLOCK } from '../contract/layout.ts';
import { wasmEqTable } from './eq-table.ts';
import { wasmInverse } from './inverse.ts';
import { type Context, blockwise, fIn, kIn, kOut, LIMBS, partialSums, stageScalars } from './operands.ts';

/** Bytes between blocks of a K array. */
const STEP = 4 * BLOCK * LIMBS;

export function wasmExt(cx: Context): ExtKernels {
  const { engine, K, inverseRadix } = cx;
  const sameBlocks = (out: Uint32Array, a: Uint32Array, b: Uint32Array = a): number => {
    const blocks = checkBlocks('a', a, LIMBS);
    checkLength('b', b, a.length);
    checkLength('out', out, a.length);
    return blocks;
  };
  const withScalar = (c: Ext, run: (address: number) => void): void =>
    engine.arena.scope(() => run(stageScalars(cx, [K.fromLimbs(c)])));
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
        blockwise(engine, blocks, [kOut(out), kIn(a), kIn(b)], (at, n) => [
          'kAddScaled',
          ...at,
          scalar,
          STEP,
          n,
        ]),
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
    kInverse: wasmInverse(cx),
    kSum(a) {
      const blocks = checkBlocks('a', a, LIMBS);
      const [total] = partialSums(cx, blocks, 1, [kIn(a)], (slot, at, n) => ['kSum', slot, ...at, n]);
      return total as Ext;
    },
    kDot(a, b) {
      const blocks = checkBlocks('a', a, LIMBS);
      checkLength('b', b, a.length);
      const operands = [kIn(a), kIn(b)];
      const [total] = partialSums(cx, blocks, 1, operands, (slot, at, n) => ['kDot', slot, ...at, n]);
      // The kernel's words are sum a b / R; the plain value is sum a b / R^2.
      return K.mulBase(total as Ext, inverseRadix);
    },
    eqTable: (out, z, scale) => wasmEqTable(cx, out, z, scale),
  };
}
