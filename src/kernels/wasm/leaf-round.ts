/** The first round over leaves that are made as they are read, and the fractions above them, in WebAssembly. */
import type { Ext } from '../../field/field.ts';
import { checkRuns, type LeafColumns } from '../contract/fractions.ts';
import { BLOCK } from '../contract/layout.ts';
import type { LookupTreeKernels } from '../contract/lookup-tree.ts';
import { checkOut } from '../contract/multilinear.ts';
import { addRounds } from '../reference/sumcheck.ts';
import { addressTables, columnOperands, joinedScalars, leafScalars, NODE_WEIGHT } from './leaf-runs.ts';
import { blockwise, type Context, kIn, kOut, LIMBS, partialSums, stageScalars } from './operands.ts';

/** @param reference for the last block where it is not full */
export function wasmLeafRound(
  cx: Context,
  reference: Pick<LookupTreeKernels, 'leafRound'>,
): LookupTreeKernels['leafRound'] {
  const { engine, K, inverseRadix } = cx;
  return (columns, runs, weights) => {
    const { n, runs: own } = checkRuns(columns, runs, K);
    checkOut('weights', weights, n, LIMBS);
    const bulk = n - (n % BLOCK);
    const rest = reference.leafRound(
      columns.map((column) => column.subarray(bulk)),
      runs,
      weights.subarray(LIMBS * bulk),
    );
    if (bulk === 0) return rest;
    return engine.arena.scope(() => {
      const scalars = own.flatMap((run) => leafScalars(cx, run));
      const constants = stageScalars(cx, scalars);
      const operands = columnOperands(own, bulk);
      const wide = own.reduce((bits, { betas }, k) => bits | (betas.length > 2 ? 1 << k : 0), 0);
      const tableOf = addressTables(cx, operands.length, bulk);
      const [at0, atInfinity] = partialSums(
        cx,
        bulk / BLOCK,
        2,
        [...operands, kIn(weights.subarray(0, LIMBS * bulk))],
        (slot, at, blocks) => {
          const table = tableOf(at.slice(0, operands.length));
          return ['kLeafRound', slot, table, constants, wide, at[operands.length] as number, blocks];
        },
        NODE_WEIGHT,
      );
      const plain = (x: Ext | undefined): Ext => K.mulBase(x as Ext, inverseRadix);
      return addRounds(K, rest, { at0: plain(at0), atInfinity: plain(atInfinity) });
    });
  };
}

/** @param reference for the last block where it is not full */
export function wasmLeafNodes(
  cx: Context,
  reference: Pick<LookupTreeKernels, 'leafNodes'>,
): LookupTreeKernels['leafNodes'] {
  const { engine, K } = cx;
  return (outP, outQ, columns, runs) => {
    const { n, runs: own } = checkRuns(columns, runs, K, [2, 4]);
    checkOut('outP', outP, n, LIMBS);
    checkOut('outQ', outQ, n, LIMBS);
    const bulk = n - (n % BLOCK);
    if (bulk < n) {
      const [p, q] = [outP, outQ].map((out) => out.subarray(LIMBS * bulk)) as [Uint32Array, Uint32Array];
      const tails = columns.map((column) => column.subarray(bulk));
      reference.leafNodes(p, q, tails, runs);
    }
    const pairs = Array.from({ length: own.length / 2 }, (_, k) => own.slice(2 * k, 2 * k + 2)) as [
      LeafColumns,
      LeafColumns,
    ][];
    engine.arena.scope(() => {
      const isJoined = pairs.map((pair) => pair.every(({ betas }) => betas.length === 1));
      const scalars = pairs.flatMap((pair, k) =>
        isJoined[k] === true ? joinedScalars(cx, pair) : pair.flatMap((run) => leafScalars(cx, run)),
      );
      const constants = stageScalars(cx, scalars);
      const kinds = pairs.reduce(
        (bits, pair, k) => bits | (kindOf(pair, isJoined[k] === true) << (3 * k)),
        0,
      );
      const operands = columnOperands(own, bulk);
      const outs = [outP, outQ].map((out) => kOut(out.subarray(0, LIMBS * bulk)));
      const tableOf = addressTables(cx, operands.length, bulk);
      blockwise(
        engine,
        bulk / BLOCK,
        [...outs, ...operands],
        ([p, q, ...at], blocks) => [
          'kLeafNodes',
          p as number,
          q as number,
          tableOf(at),
          constants,
          kinds,
          pairs.length,
          blocks,
        ],
        NODE_WEIGHT,
      );
    });
  };
}

/** Bits 0 and 1: a run has more than two columns; bit 2: both runs have one. */
function kindOf(pair: readonly LeafColumns[], isJoined: boolean): number {
  return pair.reduce((bits, { betas }, k) => bits | (betas.length > 2 ? 1 << k : 0), isJoined ? 4 : 0);
}
