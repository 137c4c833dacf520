/** The name of a witness: rows of cells hashed by kernels, and their digests together. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { blake3Hasher } from '../../src/hash/blake3.ts';
import { leafDigest, leafFormat } from '../../src/hash/leaf.ts';
import { bytesOfWords } from '../../src/hash/words.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { programBuilder } from '../../src/relation/builder.ts';
import { compileProgram, type CompiledProgram } from '../../src/relation/compile.ts';
import { term } from '../../src/relation/handles.ts';
import { witnessName } from '../../src/relation/name-prove.ts';

/** More cells than are hashed in one call. */
const LONG = 2 ** 20 + 300;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
});
afterAll(() => kernels.close());

function compiledOf(sizes: readonly number[]): CompiledProgram {
  const b = programBuilder();
  sizes.forEach((size, i) => {
    const [x, t] = [b.witness(`x${i}`, [size] as const), b.index('t', size)];
    b.zero(`r${i}`, [t], [term(1, x.at(t)), term(-1, x.at(t))]);
  });
  return compileProgram(quintic, b.build());
}

function nameOf(cells: readonly Int16Array[]): Uint32Array {
  const compiled = compiledOf(cells.map(({ length }) => length));
  return witnessName(kernels, compiled, { tensors: new Map(cells.map((own, i) => [`x${i}`, own])) });
}

const cellsOf = (length: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => ((i * 77) % 2001) - 1000);

test('the name is the digest of the digests of rows', () => {
  const format = leafFormat({ label: 'name', epoch: 0, group: new Uint8Array(8) }, 256, 0, false);
  const all = [cellsOf(LONG), cellsOf(5)];
  const hasher = blake3Hasher({ context: 'zkdl program witness 2' });
  for (const cells of all) {
    for (let at = 0; at < cells.length; at += 256) {
      const row = new Uint32Array(256);
      cells.subarray(at, at + 256).forEach((x, i) => (row[i] = koalaBear.fromInt(x)));
      hasher.update(leafDigest(format, row));
    }
  }
  expect(bytesOfWords(nameOf(all))).toEqual(hasher.digest());
});

test('every cell is in it: the first, the last, those around the borders of calls', () => {
  const honest = nameOf([cellsOf(LONG)]);
  for (const at of [0, 255, 256, 2 ** 20 - 1, 2 ** 20, LONG - 1]) {
    const other = cellsOf(LONG);
    other[at] = other[at]! + 1;
    expect([at, nameOf([other])]).not.toEqual([at, honest]);
  }
});
