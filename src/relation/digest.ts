/**
 * The digest of a program: 32 bytes that change with everything it says. Its bytes are one encoding of one program: every list
 * begins with its length, every choice with a number. spec/programs.md section 5.
 */
import type { BaseField } from '../field/field.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { byteWriter, type ByteWriter } from './byte-writer.ts';
import { columnDigest } from './column-digest.ts';
import type { Coordinate, Index, Mask, Program, Relation, Table, Tensor, Term, Virtual } from './program.ts';

const PROGRAM_CONTEXT = 'zkdl program 1';

/**
 * 32 bytes that change with every tensor, public value, table, virtual, relation and with their order; programs that say the
 * same have the same. Integers count as integers: -1 and p - 1 differ.
 *
 * @param base F: its characteristic is bound
 * @param program checked (`checkProgram`)
 * @throws RangeError for numbers and names that no checked program holds
 */
export function programDigest(base: BaseField, program: Program): Uint8Array<ArrayBuffer> {
  const bytesOf = <T>(items: readonly T[], write: (writer: ByteWriter, item: T) => void): Uint8Array => {
    const writer = byteWriter();
    writeList(writer, items, write);
    return writer.bytes();
  };
  return digestOfLeaves(PROGRAM_CONTEXT, [
    { label: 'modulus', type: 'integer', value: base.modulus },
    { label: 'tensors', type: 'bytes', value: bytesOf(program.tensors, writeTensor) },
    { label: 'tables', type: 'bytes', value: bytesOf(program.tables, writeTable) },
    { label: 'virtuals', type: 'bytes', value: bytesOf(program.virtuals, writeVirtual) },
    { label: 'relations', type: 'bytes', value: bytesOf(program.relations, writeRelation) },
  ]);
}

function writeTensor(writer: ByteWriter, tensor: Tensor): void {
  const named = tensor.kind === 'public' && tensor.source !== undefined;
  writer.byte(tensor.kind === 'static' ? 0 : tensor.kind === 'witness' ? 1 : named ? 3 : 2);
  writer.text(tensor.name);
  writer.words(tensor.shape);
  if (tensor.kind === 'static') writer.word(tensor.group ?? 0);
  else if (tensor.kind === 'public') {
    if (tensor.source === undefined) writer.signedWords(tensor.values);
    else writer.raw(tensor.source);
  } else {
    writer.byte(tensor.range === undefined ? 0 : 1);
    if (tensor.range === undefined) return;
    writer.integer(tensor.range.min);
    writer.integer(tensor.range.max);
  }
}

function writeTable(writer: ByteWriter, { name, rows, columns }: Table): void {
  writer.text(name);
  writer.word(rows);
  writeList(writer, columns, (_, column) => {
    writer.byte(column.kind === 'dense' ? 0 : 1);
    if (column.kind === 'dense') writer.raw(columnDigest(column.values));
    else writer.word(column.first);
  });
}

function writeVirtual(writer: ByteWriter, { name, indices, terms, range }: Virtual): void {
  writer.text(name);
  writer.byte(range === 'proven' ? 0 : 1);
  writeList(writer, indices, writeIndex);
  writeList(writer, terms, writeTerm);
}

function writeRelation(writer: ByteWriter, relation: Relation): void {
  writer.byte(relation.kind === 'lookup' ? 0 : 1);
  writer.text(relation.name);
  writeList(writer, relation.indices, writeIndex);
  if (relation.kind === 'zero') return writeList(writer, relation.terms, writeTerm);
  writer.text(relation.table);
  writeList(writer, relation.entries, (_, terms) => writeList(writer, terms, writeTerm));
}

function writeIndex(writer: ByteWriter, { name, size }: Index): void {
  writer.text(name);
  writer.word(size);
}

function writeTerm(writer: ByteWriter, { coefficient, views, sums, mask }: Term): void {
  writer.integer(coefficient);
  writeList(writer, views, (_, { tensor, coordinates }) => {
    writer.text(tensor);
    writeList(writer, coordinates, writeCoordinate);
  });
  writeList(writer, sums, writeIndex);
  writer.byte(mask === undefined ? 0 : 1);
  if (mask !== undefined) writeMask(writer, mask);
}

function writeCoordinate(writer: ByteWriter, coordinate: Coordinate): void {
  writer.byte(coordinate.kind === 'affine' ? 0 : 1);
  if (coordinate.kind === 'gather') {
    writer.text(coordinate.index);
    writer.words(coordinate.positions);
    return;
  }
  writer.word(coordinate.offset);
  writeList(writer, coordinate.parts, (_, { index, stride }) => {
    writer.text(index);
    writer.word(stride);
  });
}

function writeMask(writer: ByteWriter, { row, column, from, to }: Mask): void {
  writer.text(row);
  writer.text(column);
  writer.words(from);
  writer.words(to);
}

function writeList<T>(
  writer: ByteWriter,
  items: readonly T[],
  write: (writer: ByteWriter, item: T) => void,
): void {
  writer.word(items.length);
  for (const item of items) write(writer, item);
}
