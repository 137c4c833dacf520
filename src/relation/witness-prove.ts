/** What the lookup argument needs of a program's witness: the columns of all sources, and multiplicities. */
import type { Kernels } from '../kernels/contract.ts';
import type { BalanceWitness } from '../tlookup/leaves-prove.ts';
import { countMultiplicities } from '../tlookup/multiplicities-witness.ts';
import { gatherBlock, putTensor, shiftBlock, type TensorCells } from './cells-prove.ts';
import type { LookupBlock } from './claims.ts';
import type { CompiledProgram } from './compile.ts';
import { isConstant, isIdentity, roomFor, type Evaluator } from './evaluate-prove.ts';
import { formsOf } from './form.ts';
import { blocksOf, type Block } from './pieces.ts';
import type { Relation, Tensor, Term, Index } from './program.ts';

/**
 * Evaluates all lookups and counts their rows; stores the multiplicities in the proof's own columns.
 *
 * @throws RangeError naming the relation and the cell whose tuple is no row of its table
 */
export function lookupWitness(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  evaluate: Evaluator,
  own: Uint32Array,
): BalanceWitness[] {
  const { lookups, program, multiplicities } = compiled;
  if (lookups === undefined) return [];
  const relations = new Map(program.relations.map((relation) => [relation.name, relation]));
  const parts = new Map<readonly Term[], BlockWords[]>();
  const column = (terms: readonly Term[], indices: readonly Index[], block: Block): Uint32Array => {
    const ready = blockOfCells(kernels, compiled, cells, terms, indices, block);
    if (ready !== undefined) return ready;
    let known = parts.get(terms);
    if (known === undefined) parts.set(terms, (known = blocksOfValues(kernels, evaluate, terms, indices)));
    const part = known.find((one) => sameBlock(one.block, block)) as BlockWords;
    return part.words;
  };
  return lookups.blocks.map((blocks, b) => {
    const sources = blocks.map(({ relation: { name }, block }) => {
      const relation = relations.get(name) as Relation;
      return formsOf(relation).map((terms) => column(terms, relation.indices, block));
    });
    const counts = counted(kernels, compiled, b, blocks, sources);
    counts.forEach((words, t) => {
      putTensor(own, compiled.own, (multiplicities[b] as number) + t, [words.length], words);
    });
    return { sources, multiplicities: counts };
  });
}

interface BlockWords {
  readonly block: Block;
  readonly words: Uint32Array;
}

/** The values of an entry by the blocks of its relation; those of the whole relation only in passing. */
function blocksOfValues(
  kernels: Kernels,
  evaluate: Evaluator,
  terms: readonly Term[],
  indices: readonly Index[],
): BlockWords[] {
  const shape = indices.map(({ size }) => size);
  const [only, ...others] = blocksOf(shape);
  if (only === undefined) return [];
  if (others.length === 0) return [{ block: only, words: evaluate(terms, indices) }];
  const count = shape.reduce((product, size) => product * size, 1);
  evaluate.prepare(terms);
  const parts = [only, ...others].map((block) => ({
    block,
    words: roomFor(kernels, 2 ** block.bits, count),
  }));
  kernels.memory.scope(() => {
    const whole = evaluate(terms, indices);
    for (const { block, words } of parts) gatherBlock(words, whole, shape, block);
  });
  return parts;
}

function counted(
  kernels: Kernels,
  { lookups }: CompiledProgram,
  balance: number,
  blocks: readonly LookupBlock[],
  sources: BalanceWitness['sources'],
): Uint32Array[] {
  if (lookups === undefined) return [];
  return countMultiplicities(kernels, lookups.lookups, balance, sources, (source, cell) => {
    const { relation, block } = blocks[source] as LookupBlock;
    return `witness: ${relation.name}[${cellIndex(block, cell).join(', ')}]`;
  });
}

/** The indices of a cell of a block. */
function cellIndex({ pieces }: Block, cell: number): number[] {
  let rest = cell;
  return [...pieces]
    .reverse()
    .map(({ offset, bits }) => {
      const own = offset + (rest % 2 ** bits);
      rest = Math.floor(rest / 2 ** bits);
      return own;
    })
    .reverse();
}

/**
 * A block of an entry that is a tensor's cells plus constants, made without the values of the whole tensor: as it is committed where there
 * are no constants and the tensor has that block, else from the cells, as range checks of signed cells are.
 */
function blockOfCells(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  terms: readonly Term[],
  indices: readonly Index[],
  block: Block,
): Uint32Array | undefined {
  const [term, second] = terms.filter((other) => !isConstant(other));
  if (term === undefined || second !== undefined) return undefined;
  const tensor = tensorAsItIs(compiled, term, indices);
  if (tensor === undefined) return undefined;
  const committed = terms.length === 1 && tensor.kind === 'witness' ? committedAt(tensor, block) : -1;
  if (committed >= 0) return cells.block(tensor.name, committed) as Uint32Array;
  const F = kernels.ext.base;
  const constants = terms.filter(isConstant).map(({ coefficient }) => F.fromInt(coefficient));
  const whole = tensor.shape.reduce((product, size) => product * size, 1);
  const out = roomFor(kernels, 2 ** block.bits, whole);
  shiftBlock(kernels, out, cells.rows(tensor.name), tensor.shape, block, constants.reduce(F.add, F.zero));
  return out;
}

/** Which of the blocks of a tensor one is; -1: none. */
function committedAt({ shape }: Tensor, block: Block): number {
  return blocksOf(shape).findIndex((own) => sameBlock(own, block));
}

function sameBlock({ pieces }: Block, other: Block): boolean {
  return pieces.every((piece, d) => {
    const own = other.pieces[d];
    return own !== undefined && own.offset === piece.offset && own.bits === piece.bits;
  });
}

/** The tensor that a term reads cell by cell in the relation's order, and does nothing to. */
function tensorAsItIs(
  { tensors }: CompiledProgram,
  { views, coefficient, sums, mask }: Term,
  indices: readonly Index[],
): Tensor | undefined {
  const [view, second] = views;
  if (view === undefined || second !== undefined || coefficient !== 1) return undefined;
  if (sums.length > 0 || mask !== undefined) return undefined;
  const tensor = tensors.get(view.tensor);
  return tensor !== undefined && isIdentity(view, tensor.shape, indices) ? tensor : undefined;
}
