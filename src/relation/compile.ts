/**
 * A program made ready: relations written out, lookups balanced, layouts and sizes computed. Everything here follows from the
 * program; a verifier computes it and reads none of it. spec/program-proofs.md sections 2 and 3.
 */
import type { ExtensionField } from '../field/field.ts';
import type { Balance } from '../tlookup/shape.ts';
import { balanceLookups, type ProgramLookups } from './balances.ts';
import { relationBits } from './claims.ts';
import { keptIndices } from './expand.ts';
import { flatten, type FlatRelation, type Form } from './form.ts';
import { layOut, type Layout } from './layout.ts';
import { bitsOf, blocksOf, type Block, type Piece } from './pieces.ts';
import type { Program, Tensor } from './program.ts';

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
    productVars: productVars(lookups, zeros),
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

/**
 * The product sumcheck's size. A term with two views has segments over the indices that both read, and one that a mask adds: together
 * as many elements as these indices have values in the block, or in all if they are summed over.
 */
function productVars(
  lookups: ProgramLookups | undefined,
  zeros: readonly ZeroRelation[],
): number | undefined {
  let live = 0;
  for (const { relation, block } of (lookups?.blocks ?? []).flat()) {
    for (const form of relation.forms) live += productCells(relation, form, block);
  }
  for (const { relation, blocks } of zeros) {
    for (const block of blocks) live += productCells(relation, relation.forms[0] as Form, block);
  }
  return live === 0 ? undefined : bitsOf(live);
}

/** Elements of all segments of a form on a block. */
function productCells({ indices }: FlatRelation, form: Form, { pieces }: Block): number {
  let cells = 0;
  for (const { views, sums, mask } of form) {
    const [first, second] = views;
    if (first === undefined || second === undefined) continue;
    const sizes = new Map(indices.map(({ name }, i) => [name, 2 ** (pieces[i] as Piece).bits]));
    for (const { name, size } of sums) sizes.set(name, size);
    const kept = keptIndices(first, second, mask);
    cells += kept.reduce((product, name) => product * (sizes.get(name) as number), 1);
  }
  return cells;
}
