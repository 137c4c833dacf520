/**
 * Ranges: what a program says about integers, derived from what its lookups force. A claim that no lookup backs, a sum that could
 * pass (p-1)/2 and a residue that could be cut into digits in two ways are refused: each would let a prover choose.
 * spec/programs.md section 4.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField } from '../field/field.ts';
import { columnFacts } from './columns.ts';
import { flatten } from './form.ts';
import {
  fitsField,
  inferTerms,
  intervalOfPublic,
  type Inferred,
  type Interval,
  type Known,
} from './interval.ts';
import { checkPins, type Residue } from './pins.ts';
import type { Program, Tensor, Virtual } from './program.ts';
import { rowSums, sumBoundOf } from './row-sums.ts';
import { inferWitnesses } from './witness-ranges.ts';

/** What is proven about the integers of a program, and what is not. */
export interface ProgramRanges {
  /** Of witness tensors where anything bounds them, public tensors and proven virtual tensors. */
  readonly intervals: ReadonlyMap<string, Interval>;
  /** Virtual tensors that are residues by definition, and where each is pinned. */
  readonly residues: readonly Residue[];
}

/**
 * Checks every claim about integers.
 *
 * - The `range` of a witness tensor must follow from what lookups and vanishing relations force on every cell of it.
 * - A `proven` virtual tensor reads tensors with intervals, and cannot leave [-(p-1)/2, (p-1)/2].
 * - Every place that reads a `residue` pins what it is cut into: an entry of a lookup with digits that decompose it in one way, or
 *   a vanishing relation that makes a tensor of it.
 * - So does everything that is looked up in the first column of a table, unless it is proven, or a single cell.
 *
 * @param program with the right structure (`checkStructure`)
 * @throws ProofError `PROGRAM_RANGE` naming the tensor, virtual tensor or relation
 */
export function checkRanges(base: BaseField, program: Program): ProgramRanges {
  const flat = flatten(program);
  const columns = columnFacts(base);
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const intervals = new Map<string, Interval>();
  for (const tensor of program.tensors) {
    if (tensor.kind === 'public') intervals.set(tensor.name, intervalOfPublic(base, tensor));
  }
  inferWitnesses(base, columns, program.tables, tensors, flat, intervals);
  program.tensors.forEach((tensor) => checkClaim(intervals, tensor));
  const bounds = rowSums(base, columns, program.tables, tensors, intervals, flat);
  const known: Known = { intervals, sumBound: sumBoundOf(bounds, intervals) };
  for (const virtual of program.virtuals) {
    if (virtual.range === 'residue') continue;
    intervals.set(virtual.name, provenInterval(base, known, virtual));
  }
  return { intervals, residues: checkPins(base, program, flat, columns, known) };
}

/** Names of the virtual tensors whose values are residues by definition, in order: what a reader of a statement should see. */
export function residueTensors({ virtuals }: Program): string[] {
  return virtuals.filter(({ range }) => range === 'residue').map(({ name }) => name);
}

function checkClaim(intervals: ReadonlyMap<string, Interval>, tensor: Tensor): void {
  if (tensor.kind !== 'witness' || tensor.range === undefined) return;
  const { min, max } = tensor.range;
  const interval = intervals.get(tensor.name);
  if (interval !== undefined && interval.min >= BigInt(min) && interval.max <= BigInt(max)) return;
  const got = interval === undefined ? 'none' : `one of ${interval.min} to ${interval.max}`;
  refuse(
    'PROGRAM_RANGE',
    `tensor ${tensor.name}`,
    `expected relations that force every cell into ${min} to ${max}, got ${got}`,
  );
}

function provenInterval(base: BaseField, known: Known, { name, indices, terms }: Virtual): Interval {
  const inferred: Inferred = inferTerms(known, indices, terms);
  if ('unknown' in inferred) {
    return refuse('PROGRAM_RANGE', `virtual ${name}`, `reads ${inferred.unknown}, which has no range`);
  }
  const { interval } = inferred;
  if (!fitsField(base, interval)) {
    refuse(
      'PROGRAM_RANGE',
      `virtual ${name}`,
      `expected values within (p-1)/2, got ${interval.min} to ${interval.max}`,
    );
  }
  return interval;
}
