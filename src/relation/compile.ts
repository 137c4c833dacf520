/**
 * A program made ready: relations written out, lookups balanced, layouts and sizes computed. Everything here follows from the
 * program; a verifier computes it and reads none of it. spec/program-proofs.md sections 2 and 3.
 */
import type { ExtensionField } from '../field/field.ts';
import type { Balance } from '../tlookup/shape.ts';
import { balanceLookups, type ProgramLookups } from './balances.ts';
import { relationBits, type FormClaim } from './claims.ts';
import { expandClaims } from './expand.ts';
import { flatten, type FlatRelation, type Form } from './form.ts';
import { layOut, type Layout } from './layout.ts';
import { blocksOf, type Block } from './pieces.ts';
import { placeSegments } from './product.ts';
import type { Program, Tensor } from './program.ts';
import { type Pair, type Weight } from './weights.ts';

/** A relation that vanishes, with the blocks of its indices. */
export interface ZeroRelation {
  readonly relation: FlatRelation;
  readonly blocks: readonly Block[];
}

/** Where a committed tensor is: its group (static), or the proof's own columns, and its place in that layout. */
export interface Home {
  readonly group: number | 'own';
  readonly index: number;
}

export interface CompiledProgram {
  readonly program: Program;
  readonly field: ExtensionField;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly relations: readonly FlatRelation[];
  readonly zeros: readonly ZeroRelation[];
  /** Coordinates of the point at which relations vanish. */
  readonly zeroBits: number;
  readonly lookups: ProgramLookups | undefined;
  /** Layouts of the committed groups, in order. */
  readonly groups: readonly Layout[];
  /** Witness tensors, then the multiplicities of every balance, table by table. */
  readonly own: Layout;
  readonly homes: ReadonlyMap<string, Home>;
  /** Index in `own` of the first multiplicity of each balance. */
  readonly multiplicities: readonly number[];
  /** Variables of the product sumcheck; undefined for a program without products. */
  readonly productVars: number | undefined;
}

/** @param program checked (`checkProgram`) */
export function compileProgram(field: ExtensionField, program: Program): CompiledProgram {
  const relations = flatten(program);
  const zeros = relations
    .filter(({ table }) => table === undefined)
    .map((relation) => ({ relation, blocks: blocksOf(relation.indices.map(({ size }) => size)) }));
  const lookups = balanceLookups(field.base, program.tables, relations);
  const places = placeTensors(program, lookups);
  return {
    program,
    field,
    tensors: new Map(program.tensors.map((tensor) => [tensor.name, tensor])),
    relations,
    zeros,
    zeroBits: Math.max(0, ...zeros.map(({ relation }) => relationBits(relation.indices))),
    lookups,
    ...places,
    productVars: productVars(field, lookups, zeros),
  };
}

function placeTensors(
  program: Program,
  lookups: ProgramLookups | undefined,
): Pick<CompiledProgram, 'groups' | 'own' | 'homes' | 'multiplicities'> {
  const homes = new Map<string, Home>();
  const groupShapes: (readonly number[])[][] = [];
  const ownShapes: (readonly number[])[] = [];
  for (const tensor of program.tensors) {
    if (tensor.kind === 'public') continue;
    const group = tensor.kind === 'static' ? (tensor.group ?? 0) : 'own';
    const shapes = group === 'own' ? ownShapes : (groupShapes[group] ??= []);
    homes.set(tensor.name, { group, index: shapes.length });
    shapes.push(tensor.shape);
  }
  const multiplicities: number[] = [];
  for (const { tables } of (lookups?.lookups.program.balances ?? []) as readonly Balance[]) {
    multiplicities.push(ownShapes.length);
    for (const t of tables) ownShapes.push([(program.tables[t] as { rows: number }).rows]);
  }
  return {
    groups: groupShapes.map(layOut),
    own: layOut(ownShapes),
    homes,
    multiplicities,
  };
}

/** The product sumcheck's size: the boxes of all segments, which do not depend on challenges. */
function productVars(
  field: ExtensionField,
  lookups: ProgramLookups | undefined,
  zeros: readonly ZeroRelation[],
): number | undefined {
  const claims = [
    ...(lookups?.blocks ?? [])
      .flat()
      .flatMap(({ relation, block }) =>
        relation.forms.map((form) => shapeClaim(field, relation, form, block)),
      ),
    ...zeros.flatMap(({ relation, blocks }) =>
      blocks.map((block) => shapeClaim(field, relation, relation.forms[0] as Form, block)),
    ),
  ];
  const { segments } = expandClaims(field, claims);
  return segments.length === 0 ? undefined : placeSegments(segments).numVars;
}

/** A claim with the right shape and any weights. */
function shapeClaim(field: ExtensionField, relation: FlatRelation, form: Form, block: Block): FormClaim {
  const one: Pair = [field.one, field.one];
  const weights = block.pieces.map(({ offset, bits }): Weight => ({
    kind: 'pairs',
    offset,
    pairs: Array.from({ length: bits }, () => one),
  }));
  return { relation, form, coefficient: field.one, weights };
}
