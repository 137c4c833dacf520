/** Files of a small dataset and a plan, for tests of the command line of training. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../src/training/dataset.ts';
import { NARROW, smallData } from '../training/small.ts';

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head[2] = type;
  head[3] = shape.length;
  shape.forEach((size, d) => head.writeUInt32BE(size, 4 + 4 * d));
  return Buffer.concat([head, Uint8Array.from(data)]);
}

/** A `.npy` file with a header. */
export function npyOf(header: string, data: ArrayLike<number>, version: 1 | 2 = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text, Uint8Array.from(data)]);
}

/** A `.npy` file of uint8, as NumPy writes it. */
export function npy(shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${sizes}), }`;
  return npyOf(header.padEnd(117), data);
}

/** The plan of `NARROW`, as people write it. */
export function planJson(over: object = {}): string {
  const { widths, batch, steps, rates, formats } = NARROW;
  return JSON.stringify({ widths, batch, steps, rates, formats, ...over });
}

/** 13 rows of 2 x 3 inputs and their classes: x.npy and y.idx; plan.json. @returns the dataset */
export function writeTraining(folder: string): Dataset {
  const data = smallData(NARROW);
  writeFileSync(join(folder, 'x.npy'), npy([13, 2, 3], data.inputs));
  writeFileSync(join(folder, 'y.idx'), idx([13], data.labels));
  writeFileSync(join(folder, 'plan.json'), planJson());
  return data;
}
