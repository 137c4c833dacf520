/** What work costs: seconds, memory, disk. */
import { staticTensors } from '../graph/static-tensors.ts';
import type { Choice } from '../params/choose.ts';
import { columnCode } from '../params/index.ts';
import type { Parameters } from '../params/parameters.ts';
import { codewordBytes } from '../pcs/codeword-commit.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { columnsOf, layOut } from '../relation/layout.ts';
import {
  COMMIT_SECONDS,
  MEMORY,
  proofSeconds,
  RATES,
  VERIFY_SECONDS,
  type Work,
  type WorkSeconds,
} from './work.ts';

export interface Costs {
  readonly seconds: {
    readonly commit: number;
    readonly generate: number;
    readonly prove: number;
    readonly proveParts: WorkSeconds;
    /** In a fresh process. */
    readonly verify: number;
  };
  readonly memoryBytes: { readonly commit: number; readonly prove: number };
  /** Of the directory: model, cells, tree, and the codeword if it is kept. */
  readonly diskBytes: { readonly folder: number; readonly codeword: number };
}

/** Bytes of a word of F, of a cell, of a digest. */
const [WORD, CELL, DIGEST] = [4, 2, 32];
/** Columns that a commitment encodes at once. */
const BATCH = 16;

/** Seconds and bytes. @param columns of the weights, @param kept whether their codeword is */
export function costsOf(
  work: Work,
  { parameters, instance }: Choice,
  columns: number,
  model: QuantizedModel,
  kept: boolean,
): Costs {
  const { length } = columnCode(parameters.code);
  const parts = proofSeconds(work, kept);
  const generate = parts.multiplications / 2;
  const prove = Object.values(parts).reduce((a, b) => a + b, 0) - generate;
  const cells = CELL * columns * 2 ** parameters.code.logData;
  const tree = DIGEST * length; // its lowest layer; the ones above are hashed again
  const own = instance.groups.reduce(
    (sum, { lifetime, columns: of }) => sum + (lifetime === 'proof' ? of : 0),
    parameters.profile.field.degree,
  );
  const file = fileBytes(model);
  const trees = MEMORY.leaf * work.leaves + MEMORY.product * work.products;
  return {
    seconds: {
      commit: COMMIT_SECONDS + (columns * length) / RATES.committedWords,
      generate,
      prove,
      proveParts: parts,
      verify: VERIFY_SECONDS,
    },
    memoryBytes: {
      commit: commitMemory(model, parameters),
      prove: MEMORY.base + file + cells + WORD * own * length + trees + 2 * tree,
    },
    diskBytes: { folder: file + cells + tree, codeword: codewordBytes(parameters.code, columns) },
  };
}

function fileBytes({ weights }: QuantizedModel): number {
  return [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Bytes of a process that commits. */
export function commitMemory(model: QuantizedModel, { code }: Parameters): number {
  const { length } = columnCode(code);
  const columns = columnsOf(layOut(staticTensors(model.graph).map(({ shape }) => shape)), code.logData);
  const cells = CELL * columns * 2 ** code.logData;
  return MEMORY.base + fileBytes(model) + cells + BATCH * WORD * length + 2 * DIGEST * length;
}
