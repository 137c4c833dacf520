/** What work costs: seconds, memory, disk. */
import { weightGroups } from '../graph/static-tensors.ts';
import type { Choice } from '../params/choose.ts';
import { columnCode } from '../params/index.ts';
import type { Parameters } from '../params/parameters.ts';
import { codewordBytes } from '../pcs/codeword-commit.ts';
import type { WeightDeclaration } from '../graph/index.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { WHOLE_BYTES } from '../quantize/node.ts';
import { groupLayout } from '../prover/weight-groups.ts';
import { MOST_KEPT_WORDS } from '../pcs/own-prove.ts';
import { columnsOf } from '../relation/layout.ts';
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

/** Weights, and whether their codeword is kept. */
export interface CommittedSubject {
  readonly model: Pick<QuantizedModel, 'graph'>;
  readonly kept: boolean;
  readonly groupCells: number;
}

/** Seconds and bytes. @param columns of the weights */
export function costsOf(
  work: Work,
  { parameters, instance }: Choice,
  columns: number,
  { model, kept, groupCells }: CommittedSubject,
): Costs {
  const { length } = columnCode(parameters.code);
  const parts = proofSeconds(work, kept);
  const generate = work.multiplications / RATES.generated;
  const prove = Object.values(parts).reduce((a, b) => a + b, 0);
  const cells = CELL * columns * 2 ** parameters.code.logData;
  const groups = instance.groups.filter(({ lifetime }) => lifetime === 'static').length;
  const tree = DIGEST * length * groups; // their lowest layers; the ones above are hashed again
  const own = instance.groups.reduce(
    (sum, { lifetime, columns: of }) => sum + (lifetime === 'proof' ? of : 0),
    parameters.profile.field.degree,
  );
  const file = weightBytes(model);
  const held = heldBytes(model);
  const ownCells = own * 2 ** parameters.code.logData;
  const codeword = own * length <= MOST_KEPT_WORDS ? own * length : 0;
  const hot =
    Math.min(cells, MEMORY.resident) +
    WORD * (ownCells + codeword) +
    MEMORY.leaf * work.leaves +
    MEMORY.product * work.products;
  return {
    seconds: {
      commit: COMMIT_SECONDS + (columns * length) / RATES.committedWords,
      generate,
      prove,
      proveParts: parts,
      verify: VERIFY_SECONDS,
    },
    memoryBytes: {
      commit: commitMemory(model, parameters, groupCells),
      prove: MEMORY.base + held + Math.min(hot, MEMORY.kernels) + MEMORY.cell * ownCells,
    },
    diskBytes: { folder: file + cells + tree, codeword: codewordBytes(parameters.code, columns) },
  };
}

/** Bytes of the weights of a model file: int16 of a matrix, int32 of a vector. */
export function weightBytes({ graph }: Pick<QuantizedModel, 'graph'>): number {
  const bytes = ({ shape }: WeightDeclaration): number =>
    (shape.length === 2 ? 2 : 4) * shape.reduce((product, size) => product * size, 1);
  return graph.weights.reduce((sum, declaration) => sum + bytes(declaration), 0);
}

/** Of them in memory: a large file is read weight by weight. */
function heldBytes(model: Pick<QuantizedModel, 'graph'>): number {
  const bytes = weightBytes(model);
  return bytes <= WHOLE_BYTES ? bytes : MEMORY.window;
}

/** Bytes of a process that commits, one group after the other. */
export function commitMemory(
  model: Pick<QuantizedModel, 'graph'>,
  { code }: Parameters,
  groupCells: number,
): number {
  const { length } = columnCode(code);
  const columns = weightGroups(model.graph, groupCells).map((own) =>
    columnsOf(groupLayout(own), code.logData),
  );
  const cells = CELL * Math.max(...columns) * 2 ** code.logData;
  return MEMORY.base + heldBytes(model) + cells + BATCH * WORD * length + 2 * DIGEST * length;
}
