/**
 * The steps that both sides of a proof of a program take alike: from challenges to claims, and from claims to what is opened.
 * No message is sent here.
 */
import type { Ext } from '../field/field.ts';
import type { Affine, AffineAlgebra } from '../pads/affine.ts';
import type { Claim } from '../pcs/opening.ts';
import type { Term } from '../pcs/weight.ts';
import type { ColumnPart, LookupClaims } from '../tlookup/leaf-claim.ts';
import type { Challenger } from '../transcript/transcript.ts';
import { lookupClaims, zeroClaims, type FormClaim } from './claims.ts';
import type { CompiledProgram, Home } from './compile.ts';
import { termsOnTensor, publicValues, type PlacedTensor } from './functional.ts';
import { columnsOf, type Layout, type PlacedBlock } from './layout.ts';
import type { Tensor } from './program.ts';
import type { TensorWeight } from './view.ts';

/** Columns of a proof: those of the groups, then its own. */
export interface Columns {
  readonly logData: number;
  /** First column of each group, then of the proof's own. */
  readonly first: readonly number[];
  /** All columns. */
  readonly count: number;
}

export function columnsOfProgram({ groups, own }: CompiledProgram, logData: number): Columns {
  const first: number[] = [];
  let count = 0;
  for (const layout of [...groups, own]) {
    first.push(count);
    count += columnsOf(layout, logData);
  }
  return { logData, first, count };
}

/** Claims on forms that add up to one value. */
export interface JoinedClaims {
  readonly claims: readonly FormClaim[];
  readonly value: Affine;
}

/**
 * Draws the point and the batching challenge of relations that vanish, and adds their claims to those of the lookups: one
 * equation.
 *
 * @param lookup what the lookup argument left, undefined without lookups
 */
export function joinClaims(
  algebra: AffineAlgebra,
  ch: Challenger,
  compiled: CompiledProgram,
  lookup: LookupClaims | undefined,
): JoinedClaims {
  const { field, zeros, zeroBits, lookups } = compiled;
  const claims: FormClaim[] = [];
  if (lookup !== undefined && lookups !== undefined) {
    claims.push(...lookupClaims(field, lookups.blocks, lookup.columns.parts));
  }
  if (zeros.length > 0) {
    const point = ch.challengeExts('zero/point', zeroBits);
    const batch = ch.challengeExt('zero/batch');
    // The lookups' claim has coefficient 1, relations batch, batch^2, ..
    let power = batch;
    const powers = zeros.map(() => {
      const own = power;
      power = field.mul(power, batch);
      return own;
    });
    claims.push(...zeroClaims(field, zeros, point, powers));
  }
  return { claims, value: lookup?.columns.value ?? algebra.zero };
}

/** A sum of functionals on tensors: weights on committed columns, and the value on public tensors. */
export interface Discharged {
  readonly weight: readonly Term[];
  readonly known: Ext;
}

export function discharge(
  compiled: CompiledProgram,
  columns: Columns,
  weights: readonly TensorWeight[],
): Discharged {
  const { field } = compiled;
  const onPublic = publicValues(field);
  let known = field.zero;
  const weight = weights.flatMap((of) => {
    const tensor = compiled.tensors.get(of.tensor) as Tensor;
    if (tensor.kind === 'public') {
      known = field.add(known, onPublic(tensor, of));
      return [];
    }
    return termsOnTensor(field, placeOf(compiled, columns, tensor.name), of, columns.logData);
  });
  return { weight, known };
}

export function placeOf(compiled: CompiledProgram, columns: Columns, name: string): PlacedTensor {
  const { group, index } = compiled.homes.get(name) as Home;
  const slot = group === 'own' ? compiled.groups.length : group;
  const layout = group === 'own' ? compiled.own : (compiled.groups[group] as Layout);
  return {
    blocks: layout.tensors[index] as readonly PlacedBlock[],
    firstColumn: columns.first[slot] as number,
  };
}

/** The claim that functionals add up to a hidden value. */
export function claimOf(
  algebra: AffineAlgebra,
  compiled: CompiledProgram,
  columns: Columns,
  weights: readonly TensorWeight[],
  value: Affine,
): Claim {
  const { weight, known } = discharge(compiled, columns, weights);
  return { weight, value: algebra.sub(value, algebra.constant(known)) };
}

/** The claim of the lookup argument on multiplicities. */
export function multiplicityClaim(
  compiled: CompiledProgram,
  columns: Columns,
  { parts, value }: LookupClaims['multiplicities'],
): Claim {
  const weight = parts.flatMap((part) => multiplicityTerms(compiled, columns, part));
  return { weight, value };
}

function multiplicityTerms(compiled: CompiledProgram, columns: Columns, part: ColumnPart): Term[] {
  const { place, weight } = placeMultiplicity(compiled, columns, part);
  return termsOnTensor(compiled.field, place, weight, columns.logData);
}

/** A block of a table's rows is a block of its multiplicities: both are the binary expansion of the number of rows. */
export function placeMultiplicity(
  compiled: CompiledProgram,
  columns: Columns,
  part: ColumnPart,
): { readonly place: PlacedTensor; readonly weight: TensorWeight } {
  const { field, own, multiplicities } = compiled;
  const index = (multiplicities[part.balance] as number) + part.index;
  const firstColumn = columns.first[compiled.groups.length] as number;
  const pairs = part.point.map((z) => [field.sub(field.one, z), z] as const);
  const weights = [{ kind: 'pairs', offset: part.first, pairs }] as const;
  return {
    place: { blocks: own.tensors[index] as readonly PlacedBlock[], firstColumn },
    weight: { tensor: '', coefficient: part.coefficient, dimensions: [weights] },
  };
}
