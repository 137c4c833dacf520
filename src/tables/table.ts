/**
 * A public table: integer columns over a range of keys. The verifier computes every table itself, by the code
 * of this folder; a digest pins the contents so that two implementations cannot drift apart.
 */
import { blake3 } from '../hash/blake3.ts';
import { viewOfWords } from '../hash/words.ts';

export interface TableColumn {
  readonly name: string;
  /** One entry for each key. */
  readonly data: Int32Array;
}

export interface Table {
  /** Names kind and parameters, e.g. `silu-14-r4`; spec/tables.md lists the forms. */
  readonly id: string;
  /** Row i belongs to key firstKey + i. */
  readonly firstKey: number;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

/** The column of a table. @throws RangeError for an unknown name */
export function column(table: Table, name: string): Int32Array {
  const found = table.columns.find((c) => c.name === name);
  if (found === undefined) throw new RangeError(`name: expected a column of ${table.id}, got ${name}`);
  return found.data;
}

/**
 * The canonical bytes: u32 length and ASCII bytes of the id, then i32 first key, u32 rows, u32 columns and the columns,
 * one after the other, as i32; all little-endian.
 */
export function tableBytes(table: Table): Uint8Array<ArrayBuffer> {
  const { id, rows, columns } = table;
  const bytes = new Uint8Array(4 + id.length + 12 + 4 * rows * columns.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, id.length, true);
  for (let i = 0; i < id.length; i++) bytes[4 + i] = id.charCodeAt(i);
  let at = 4 + id.length;
  for (const value of [table.firstKey, rows, columns.length]) {
    view.setInt32(at, value, true);
    at += 4;
  }
  for (const { data } of columns) {
    bytes.set(viewOfWords(data), at);
    at += 4 * rows;
  }
  return bytes;
}

/** BLAKE3 of the canonical bytes, in hexadecimal. */
export function tableDigest(table: Table): string {
  return Array.from(blake3(tableBytes(table)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
