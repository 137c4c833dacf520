/**
 * Programs written by people: tensors with handles, indices instead of strings, and the shapes that come up again and again. What it
 * builds is a plain `Program`; whether it makes sense is `checkProgram`'s question. spec/programs.md section 1.
 */
import type { Index, Program, Range, Relation, Table, Tensor, Term, Virtual } from './program.ts';
import { handleOf, slice, term, type Handle } from './handles.ts';
import type { TableColumn } from '../tlookup/shape.ts';

export interface ProgramBuilder {
  /** @throws RangeError unless the size is a positive integer */
  index(name: string, size: number): Index;
  static<const S extends readonly number[]>(name: string, shape: S, group?: number): Handle<S>;
  witness<const S extends readonly number[]>(name: string, shape: S, range?: Range): Handle<S>;
  /** @param source 32 bytes that determine the values, and are digested in their place */
  public<const S extends readonly number[]>(
    name: string,
    shape: S,
    values: ArrayLike<number>,
    source?: Uint8Array,
  ): Handle<S>;
  /** A table by columns; the same name again must be the same table. @returns the name */
  table(name: string, ...columns: readonly TableColumn[]): string;
  /** The table 0 .. rows - 1, declared once. @returns its name, `range-ROWS` */
  rangeTable(rows: number): string;
  virtual(name: string, indices: readonly Index[], terms: readonly Term[], range: Virtual['range']): Handle;
  lookup(
    name: string,
    indices: readonly Index[],
    table: string,
    ...entries: readonly (readonly Term[])[]
  ): void;
  zero(name: string, indices: readonly Index[], terms: readonly Term[]): void;

  /** [t, n] = sum over k of a[t, k] b[n, k] + more, a virtual tensor. */
  matmul(
    name: string,
    a: Handle<readonly [number, number]>,
    b: Handle<readonly [number, number]>,
    range: Virtual['range'],
    more?: (t: Index, n: Index) => readonly Term[],
  ): Handle;
  /** A lookup of every cell that backs `range` of a tensor. @throws RangeError for a tensor without one */
  rangeCheck(tensor: Handle): void;
  /** 0 <= x + 2^(shift-1) - 2^shift y < 2^shift: y is x / 2^shift rounded half up, if y has its own range check. */
  requantise(x: Handle, y: Handle, shift: number): void;
  /** result = parts one behind the other along a dimension. @throws RangeError for shapes that do not fit */
  concat(result: Handle, dimension: number, parts: readonly Handle[]): void;
  build(): Program;
}

/**
 * An empty program.
 *
 * @example
 * const b = programBuilder();
 * const x = b.witness('x', [8, 16], { min: -128, max: 127 });
 * const y = b.witness('y', [8, 4], { min: -128, max: 127 });
 * const acc = b.matmul('acc', x, b.static('W', [4, 16]), 'residue');
 * b.requantise(acc, y, 7);
 * for (const tensor of [x, y]) b.rangeCheck(tensor);
 * const program = b.build();
 */
export function programBuilder(): ProgramBuilder {
  const tensors: Tensor[] = [];
  const tables: Table[] = [];
  const virtuals: Virtual[] = [];
  const relations: Relation[] = [];

  const index = (name: string, size: number): Index => {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`index ${name}: expected a positive integer, got ${size}`);
    }
    return { name, size };
  };
  /** Indices d0, d1, .. over all cells of a tensor. */
  const allOf = ({ shape }: Handle): Index[] => shape.map((size, d) => ({ name: `d${d}`, size }));
  const add = <S extends readonly number[]>(tensor: Tensor, shape: S): Handle<S> => {
    tensors.push(tensor);
    return handleOf(tensor.name, shape);
  };
  const builder: ProgramBuilder = {
    index,
    static: (name, shape, group) =>
      add(
        group === undefined ? { kind: 'static', name, shape } : { kind: 'static', name, shape, group },
        shape,
      ),
    witness: (name, shape, range) =>
      add(
        range === undefined ? { kind: 'witness', name, shape } : { kind: 'witness', name, shape, range },
        shape,
      ),
    public: (name, shape, values, source) =>
      add({ kind: 'public', name, shape, values, ...(source !== undefined && { source }) }, shape),
    table(name, ...columns) {
      const rows = rowsOf(name, columns);
      const known = tables.find((table) => table.name === name);
      if (known === undefined) tables.push({ name, rows, columns });
      else if (!sameColumns(known.columns, columns)) {
        throw new RangeError(`table ${name}: expected the table of this name, got another`);
      }
      return name;
    },
    rangeTable(rows) {
      const name = `range-${rows}`;
      if (!tables.some((table) => table.name === name)) {
        tables.push({ name, rows, columns: [{ kind: 'range', first: 0 }] });
      }
      return name;
    },
    virtual(name, own, terms, range) {
      virtuals.push({ name, indices: own, terms, range });
      return handleOf(
        name,
        own.map(({ size }) => size),
      );
    },
    lookup(name, own, table, ...entries) {
      relations.push({ kind: 'lookup', name, indices: own, table, entries });
    },
    zero(name, own, terms) {
      relations.push({ kind: 'zero', name, indices: own, terms });
    },
    matmul(name, a, b, range, more) {
      if (a.shape[1] !== b.shape[1]) {
        throw new RangeError(
          `${name}: expected ${a.name} and ${b.name} of one width, got ${a.shape[1]} and ${b.shape[1]}`,
        );
      }
      const [t, n, k] = [
        ['t', a.shape[0]],
        ['n', b.shape[0]],
        ['k', a.shape[1]],
      ].map(([of, size]): Index => ({ name: of as string, size: size as number })) as [Index, Index, Index];
      const product = term(1, a.at(t, k), b.at(n, k), { sum: k });
      return builder.virtual(name, [t, n], [product, ...(more?.(t, n) ?? [])], range);
    },
    rangeCheck(tensor) {
      const own = tensors.find(({ name }) => name === tensor.name);
      const range = own?.kind === 'witness' ? own.range : undefined;
      if (range === undefined) throw new RangeError(`${tensor.name}: expected a witness tensor with a range`);
      const all = allOf(tensor);
      const table = builder.rangeTable(range.max - range.min + 1);
      builder.lookup(`${tensor.name}/range`, all, table, [term(1, tensor.at(...all)), term(-range.min)]);
    },
    requantise(x, y, shift) {
      expectShape(y, x.shape);
      const all = allOf(x);
      builder.lookup(`${y.name}/remainder`, all, builder.rangeTable(2 ** shift), [
        term(1, x.at(...all)),
        term(2 ** (shift - 1)),
        term(-(2 ** shift), y.at(...all)),
      ]);
    },
    concat(result, dimension, parts) {
      let offset = 0;
      parts.forEach((part, i) => {
        const all = allOf(part);
        const at = all.map((own, d) => (d === dimension ? slice(own, offset) : own));
        builder.zero(`${result.name}/part-${i}`, all, [term(1, result.at(...at)), term(-1, part.at(...all))]);
        offset += part.shape[dimension] ?? 0;
      });
      expectShape(
        result,
        (parts[0]?.shape ?? []).map((size, d) => (d === dimension ? offset : size)),
      );
    },
    build: () => ({
      tensors: [...tensors],
      tables: [...tables],
      virtuals: [...virtuals],
      relations: [...relations],
    }),
  };
  return builder;
}

function rowsOf(name: string, columns: readonly TableColumn[]): number {
  const dense = columns.find((column) => column.kind === 'dense');
  if (dense === undefined) {
    throw new RangeError(`table ${name}: expected a dense column; for 0, 1, .. alone there is rangeTable`);
  }
  return dense.values.length;
}

function expectShape({ name, shape }: Handle, expected: readonly number[]): void {
  if (shape.length === expected.length && shape.every((size, d) => size === expected[d])) return;
  throw new RangeError(`${name}: expected the shape [${expected.join(', ')}], got [${shape.join(', ')}]`);
}

function sameColumns(a: readonly TableColumn[], b: readonly TableColumn[]): boolean {
  return (
    a.length === b.length &&
    a.every((own, c) => {
      const other = b[c] as TableColumn;
      if (own.kind === 'range' || other.kind === 'range') {
        return own.kind === 'range' && other.kind === 'range' && own.first === other.first;
      }
      return own.values.length === other.values.length && own.values.every((x, i) => x === other.values[i]);
    })
  );
}
