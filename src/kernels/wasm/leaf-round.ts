/** The first round over leaves that are made as they are read, in WebAssembly. */
import type { Ext } from '../../field/field.ts';
import { checkRuns } from '../contract/fractions.ts';
import { BLOCK } from '../contract/layout.ts';
import { MAX_COLUMNS, type LeafRun, type LookupTreeKernels } from '../contract/lookup-tree.ts';
import { addRounds } from '../reference/sumcheck.ts';
import { type Context, fIn, kIn, kTaskItems, LIMBS, partialSums, stageScalars } from './operands.ts';

/** @param reference for the last block where it is not full */
export function wasmLeafRound(
  cx: Context,
  reference: Pick<LookupTreeKernels, 'leafRound'>,
): LookupTreeKernels['leafRound'] {
  const { engine, K, radix, inverseRadix } = cx;
  return (columns, runs, weights) => {
    const { n, runs: own } = checkRuns(columns, runs, weights, K);
    const bulk = n - (n % BLOCK);
    const rest = reference.leafRound(
      columns.map((column) => column.subarray(bulk)),
      runs,
      weights.subarray(LIMBS * bulk),
    );
    if (bulk === 0) return rest;
    return engine.arena.scope(() => {
      // Words of -beta R^2, as for `lookupLeaves`; missing columns are the first one with weight zero.
      const constants = stageScalars(
        cx,
        own.flatMap((run) => padded(run)),
      );
      const four = own.flatMap((run) =>
        Array.from({ length: MAX_COLUMNS }, (_, k) => run.columns[k] ?? (run.columns[0] as Uint32Array)),
      );
      const short = new Map(columns.map((column) => [column, column.subarray(0, bulk)]));
      const operands = four.map((column) => fIn(short.get(column) as Uint32Array));
      const wide = own.reduce((bits, { betas }, k) => bits | (betas.length > 2 ? 1 << k : 0), 0);
      const tables = engine.arena.u32(four.length * Math.ceil(bulk / kTaskItems(engine, bulk)));
      let used = 0;
      const [at0, atInfinity] = partialSums(
        cx,
        bulk / BLOCK,
        2,
        [...operands, kIn(weights.subarray(0, LIMBS * bulk))],
        (slot, at, blocks) => {
          const table = tables.subarray(four.length * used++, four.length * used);
          table.set(at.slice(0, four.length));
          const w = at[four.length] as number;
          return ['kLeafRound', slot, table.byteOffset, constants, wide, w, blocks];
        },
      );
      const plain = (x: Ext | undefined): Ext => K.mulBase(x as Ext, inverseRadix);
      return addRounds(K, rest, { at0: plain(at0), atInfinity: plain(atInfinity) });
    });
  };
  /** The constant and four weights. */
  function padded({ constant, betas }: LeafRun): Ext[] {
    const scaled = betas.map((beta) => K.mulBase(K.neg(beta), radix));
    return [constant, ...Array.from({ length: MAX_COLUMNS }, (_, k) => scaled[k] ?? K.zero)];
  }
}
