/** Programs, spec/programs.md sections 1 and 5: what is proven, as records, and their digest. */
import { deriveKey } from './blake3.ts';
import { ascii, join, littleEndian, u32, u32s } from './bytes.ts';
import type { TableColumn } from './lookup-program.ts';
import { digestOfLeaves } from './statement.ts';

export interface Index {
  readonly name: string;
  readonly size: number;
}

interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export type Tensor =
  | (TensorShape & { readonly kind: 'static'; readonly group?: number })
  | (TensorShape & {
      readonly kind: 'witness';
      readonly range?: { readonly min: number; readonly max: number };
    })
  | (TensorShape & {
      readonly kind: 'public';
      readonly values: ArrayLike<number>;
      readonly source?: Uint8Array;
    });

export type Coordinate =
  /** offset + sum of stride * index. */
  | {
      readonly kind: 'affine';
      readonly offset: number;
      readonly parts: readonly { readonly index: string; readonly stride: number }[];
    }
  /** positions[index]. */
  | { readonly kind: 'gather'; readonly index: string; readonly positions: readonly number[] };

/** A tensor read at one coordinate for each dimension. */
export interface View {
  readonly tensor: string;
  readonly coordinates: readonly Coordinate[];
}

/** 1 where from[row] <= column < to[row]. */
export interface Mask {
  readonly row: string;
  readonly column: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** coefficient * sum over `sums` of mask * product of views. */
export interface Term {
  readonly coefficient: number;
  readonly views: readonly View[];
  readonly sums: readonly Index[];
  readonly mask?: Mask;
}

export interface Virtual {
  readonly name: string;
  readonly indices: readonly Index[];
  readonly terms: readonly Term[];
  readonly range: 'proven' | 'residue';
}

export interface NamedTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

interface RelationHead {
  readonly name: string;
  readonly indices: readonly Index[];
}

export type Relation =
  | (RelationHead & {
      readonly kind: 'lookup';
      readonly table: string;
      readonly entries: readonly (readonly Term[])[];
    })
  | (RelationHead & { readonly kind: 'zero'; readonly terms: readonly Term[] });

export interface Program {
  readonly tensors: readonly Tensor[];
  readonly tables: readonly NamedTable[];
  readonly virtuals: readonly Virtual[];
  readonly relations: readonly Relation[];
}

/** Section 5. */
export function programDigest(p: bigint, { tensors, tables, virtuals, relations }: Program): Uint8Array {
  return digestOfLeaves('zkdl program 1', [
    ['modulus', 'integer', Number(p)],
    ['tensors', 'bytes', list(tensors, tensorBytes)],
    ['tables', 'bytes', list(tables, tableBytes)],
    ['virtuals', 'bytes', list(virtuals, virtualBytes)],
    ['relations', 'bytes', list(relations, relationBytes)],
  ]);
}

const u8 = (x: number): Uint8Array => littleEndian(x, 1);
const i64 = (x: number): Uint8Array => littleEndian(x, 8);
const text = (x: string): Uint8Array => join([u32(x.length), ascii(x)]);

function list<T>(items: readonly T[], bytesOf: (item: T) => Uint8Array): Uint8Array {
  return join([u32(items.length), ...items.map(bytesOf)]);
}

/** Words, or i32s: both are four bytes of two's complement. */
function words(items: ArrayLike<number>): Uint8Array {
  return join([u32(items.length), u32s(Array.from(items))]);
}

function tensorBytes(tensor: Tensor): Uint8Array {
  const source = tensor.kind === 'public' ? tensor.source : undefined;
  const kind = source === undefined ? { static: 0, witness: 1, public: 2 }[tensor.kind] : 3;
  const head = [u8(kind), text(tensor.name), words(tensor.shape)];
  if (tensor.kind === 'static') return join([...head, u32(tensor.group ?? 0)]);
  if (tensor.kind === 'public') return join([...head, source ?? words(tensor.values)]);
  const { range } = tensor;
  return join([...head, ...(range === undefined ? [u8(0)] : [u8(1), i64(range.min), i64(range.max)])]);
}

/** Digests of columns: the same long ones stand in many programs. */
const columnDigests = new WeakMap<TableColumn, Uint8Array>();

function columnDigest(of: TableColumn & { kind: 'dense' }): Uint8Array {
  const digest = columnDigests.get(of) ?? deriveKey('zkdl table column 1', u32s(of.values));
  columnDigests.set(of, digest);
  return digest;
}

function tableBytes({ name, rows, columns }: NamedTable): Uint8Array {
  const column = (of: TableColumn): Uint8Array =>
    of.kind === 'dense' ? join([u8(0), columnDigest(of)]) : join([u8(1), u32(of.first)]);
  return join([text(name), u32(rows), list(columns, column)]);
}

function virtualBytes({ name, range, indices, terms }: Virtual): Uint8Array {
  const kind = { proven: 0, residue: 1 }[range];
  return join([text(name), u8(kind), list(indices, indexBytes), list(terms, termBytes)]);
}

function relationBytes(relation: Relation): Uint8Array {
  const { kind, name, indices } = relation;
  const head = [u8({ lookup: 0, zero: 1 }[kind]), text(name), list(indices, indexBytes)];
  if (relation.kind === 'zero') return join([...head, list(relation.terms, termBytes)]);
  const entry = (terms: readonly Term[]): Uint8Array => list(terms, termBytes);
  return join([...head, text(relation.table), list(relation.entries, entry)]);
}

function indexBytes({ name, size }: Index): Uint8Array {
  return join([text(name), u32(size)]);
}

function termBytes({ coefficient, views, sums, mask }: Term): Uint8Array {
  const own = mask === undefined ? u8(0) : join([u8(1), maskBytes(mask)]);
  return join([i64(coefficient), list(views, viewBytes), list(sums, indexBytes), own]);
}

function viewBytes({ tensor, coordinates }: View): Uint8Array {
  return join([text(tensor), list(coordinates, coordinateBytes)]);
}

function coordinateBytes(coordinate: Coordinate): Uint8Array {
  if (coordinate.kind === 'gather') {
    return join([u8(1), text(coordinate.index), words(coordinate.positions)]);
  }
  const parts = list(coordinate.parts, ({ index, stride }) => join([text(index), u32(stride)]));
  return join([u8(0), u32(coordinate.offset), parts]);
}

function maskBytes({ row, column, from, to }: Mask): Uint8Array {
  return join([text(row), text(column), words(from), words(to)]);
}
