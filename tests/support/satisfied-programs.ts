/** Programs made to hold: every form gets a witness tensor of its own for what is missing to a row of the table, or to zero. */
import type { BaseField, Fe } from '../../src/field/field.ts';
import { evaluateForm, valuesOf, type Cells } from '../../src/relation/check-witness.ts';
import type {
  Coordinate,
  Index,
  Program,
  Relation,
  Table,
  Tensor,
  Term,
} from '../../src/relation/program.ts';
import { at, fixed, term, type ProgramCase } from './programs.ts';
import { generator } from './words.ts';

/** @param program whose relations may say anything that is well formed */
export function satisfiedProgram(base: BaseField, program: Program, seed: number): ProgramCase {
  const next = generator(seed);
  const statics = new Map<string, Int16Array>();
  const tensors = new Map<string, Int32Array | Uint32Array>();
  for (const { kind, name, shape } of program.tensors) {
    const cells = shape.reduce((product, size) => product * size, 1);
    const values = Int16Array.from({ length: cells }, () => (next() % 401) - 200);
    if (kind === 'static') statics.set(name, values);
    if (kind === 'witness') tensors.set(name, Int32Array.from(values));
  }
  const values = valuesOf(base, program, new Map<string, ArrayLike<number>>([...statics, ...tensors]));
  const slacks: Tensor[] = [];
  /** A form and a tensor that makes it what is wanted. */
  const complete = (
    name: string,
    indices: readonly Index[],
    terms: readonly Term[],
    wanted: (cell: number) => number,
  ) => {
    const missing = missingOf(base, values, indices, terms, wanted);
    tensors.set(name, missing);
    slacks.push({
      kind: 'witness',
      name,
      shape: indices.length === 0 ? [1] : indices.map(({ size }) => size),
    });
    const coordinates: Coordinate[] =
      indices.length === 0 ? [fixed(0)] : indices.map((index) => at(index.name));
    return [...terms, term(1, [{ tensor: name, coordinates }])];
  };
  const relations = program.relations.map((relation): Relation => {
    const { name, indices } = relation;
    if (relation.kind === 'zero') {
      return { ...relation, terms: complete(`${name}/slack`, indices, relation.terms, () => 0) };
    }
    const table = program.tables.find((one) => one.name === relation.table)!;
    const offset = next();
    const rowOf = (cell: number): number => (cell * 7 + offset) % table.rows;
    const entries = relation.entries.map((terms, c) =>
      complete(`${name}/slack${c}`, indices, terms, (cell) => wordOf(table, c, rowOf(cell))),
    );
    return { ...relation, entries };
  });
  return {
    program: { ...program, relations, tensors: [...program.tensors, ...slacks] },
    statics,
    witness: { tensors },
  };
}

function wordOf({ columns }: Table, c: number, row: number): number {
  const column = columns[c]!;
  return column.kind === 'range' ? column.first + row : column.values[row]!;
}

function missingOf(
  base: BaseField,
  values: ReadonlyMap<string, Cells>,
  indices: readonly Index[],
  terms: readonly Term[],
  wanted: (cell: number) => number,
): Uint32Array {
  const given = evaluateForm(base, values, indices, terms);
  return Uint32Array.from(given, (value: Fe, cell) => base.sub(base.fromInt(wanted(cell)), value));
}
