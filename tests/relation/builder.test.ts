/** Programs built by hand: what the builder writes is checked, holds in the clear, and its errors name the tensor. */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { programBuilder } from '../../src/relation/builder.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, findViolation, valuesOf } from '../../src/relation/check-witness.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { causal, gather, merge, slice, term } from '../../src/relation/handles.ts';
import type { Program } from '../../src/relation/program.ts';
import { instanceName, repeatProgram } from '../../src/relation/repeat.ts';
import { exampleProgram, exampleWitness } from '../support/example-programs.ts';
import { hex } from '../support/transcript.ts';

const BYTE = { min: -128, max: 127 };

/** y = round(W x / 2^7), beside z = rows of x by number, squared through a table. */
function built(): Program {
  const b = programBuilder();
  const x = b.witness('x', [2, 4], BYTE);
  const y = b.witness('y', [2, 3], BYTE);
  const acc = b.matmul('acc', x, b.static('W', [3, 4]), 'residue');
  b.requantise(acc, y, 7);
  b.rangeCheck(x);
  b.rangeCheck(y);
  const [both, sum] = [b.witness('both', [2, 7]), b.witness('sum', [2, 2])];
  b.concat(both, 1, [x, y]);
  const [t, h, c] = [b.index('t', 2), b.index('h', 2), b.index('c', 2)];
  const pairs = term(1, x.at(gather(t, [1, 0]), merge([h, 2], [c, 1])), { sum: c });
  b.zero('sum', [t, h], [pairs, term(-1, sum.at(t, h))]);
  return b.build();
}

const values = (): Map<string, number[]> => {
  const x = [1, -2, 3, 100, -128, 127, 0, 5];
  const W = [100, 200, -300, 50, 1, 0, 0, 0, -7, -7, 7, 9];
  const y = [0, 1].flatMap((t) =>
    [0, 1, 2].map((n) => {
      const acc = [0, 1, 2, 3].reduce((sum, k) => sum + x[4 * t + k]! * W[4 * n + k]!, 0);
      return Math.floor((acc + 64) / 128);
    }),
  );
  const both = [...x.slice(0, 4), ...y.slice(0, 3), ...x.slice(4), ...y.slice(3)];
  return new Map(Object.entries({ x, W, y, both, sum: [-1, 5, -1, 103] }));
};

describe('the builder', () => {
  test('writes programs that pass and hold', () => {
    const program = built();
    const { residues, intervals } = checkProgram(koalaBear, program);
    expect(residues.map(({ name }) => name)).toEqual(['acc']);
    expect(intervals.get('sum')).toEqual({ min: -256n, max: 254n });
    expect(() => checkWitness(koalaBear, program, values())).not.toThrow();
    for (const [name, cell] of [
      ['y', 4],
      ['both', 13],
      ['sum', 2],
    ] as const) {
      const changed = values();
      changed.get(name)![cell]! += 1;
      expect(findViolation(koalaBear, program, changed), name).toBeDefined();
    }
  });

  test('writes masks, slices, fixed positions and products', () => {
    const b = programBuilder();
    const e = b.public('e', [3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const [i, j, k] = [b.index('i', 3), b.index('j', 4), b.index('k', 2)];
    b.virtual(
      'rows',
      [i],
      [term(1, e.at(0, j), e.at(i, 1), { sum: j, mask: causal(i, j) }), term(5)],
      'proven',
    );
    b.virtual('tail', [], [term(1, e.at(slice(k, 1), 2), { sum: [k] })], 'proven');
    b.zero('nothing', [i], [term(0, e.at(i, 0))]);
    const program = b.build();
    checkProgram(koalaBear, program);
    const computed = valuesOf(koalaBear, program, new Map());
    // Row i: (1 + .. + (i + 1)) e[i, 1] + 5.
    expect(computed.get('rows')?.cells).toEqual([7, 23, 65]);
    expect(computed.get('tail')?.cells).toEqual([7 + 11]);
  });

  test('names the tensor in its errors', () => {
    const b = programBuilder();
    const x = b.witness('x', [2, 4]);
    const i = b.index('i', 3);
    const at = x.at as (...coordinates: unknown[]) => unknown;
    expect(() => at(i)).toThrow('x: expected 2 coordinates, got 1');
    expect(() => x.at(i, 0)).toThrow('x: dimension 0: expected positions below 2, got 2');
    expect(() => x.at(0, 4)).toThrow('x: dimension 1: expected positions below 4, got 4');
    expect(() => x.at(-1, 0)).toThrow('x: dimension 0: expected a position from 0 on');
    expect(() => x.at(gather(i, [0, 1, 2]), 0)).toThrow('x: dimension 0: expected positions below 2, got 2');
    expect(() => gather(i, [0])).toThrow('expected 3 for index i, got 1');
    expect(() => b.index('n', 0)).toThrow('index n: expected a positive integer');
    expect(() => b.rangeCheck(x)).toThrow('x: expected a witness tensor with a range');
    expect(() => b.matmul('m', x, b.static('w', [2, 3]), 'residue')).toThrow(
      'm: expected x and w of one width, got 4 and 3',
    );
    expect(() => b.requantise(x, b.witness('y', [2, 3]), 4)).toThrow(
      'y: expected the shape [2, 4], got [2, 3]',
    );
    const parts = [b.witness('p', [2, 1]), b.witness('q', [2, 2])];
    expect(() => b.concat(x, 1, parts)).toThrow('x: expected the shape [2, 3], got [2, 4]');
    expect(() => b.concat(x, 1, [])).toThrow('x: expected the shape [], got [2, 4]');
    expect(() => b.concat(x, 2, [parts[0]!])).toThrow('x: expected the shape [2, 1], got [2, 4]');
    expect(() => b.rangeCheck(b.static('u', [2]))).toThrow('u: expected a witness tensor with a range');
    const column = (...of: number[]) => ({ kind: 'dense' as const, values: Uint32Array.from(of) });
    expect(b.table('t', column(1, 2))).toBe('t');
    expect(b.table('t', column(1, 2))).toBe('t');
    expect(() => b.table('t', column(1, 3))).toThrow('table t: expected the table of this name, got another');
    expect(() => b.table('r', { kind: 'range', first: 0 })).toThrow('table r: expected a dense column');
  });
});

describe('a batch', () => {
  const count = 3;
  const batch = repeatProgram(exampleProgram(), count);
  const witness = (): Map<string, number[]> => {
    const all = new Map<string, number[]>();
    for (const [name, cells] of exampleWitness()) {
      if (name === 'W' || name === 'b') all.set(name, cells);
      else for (let i = 0; i < count; i++) all.set(instanceName(name, i), [...cells]);
    }
    return all;
  };

  test('has everything but static tensors and tables once for each instance, and passes', () => {
    expect(checkProgram(koalaBear, batch).residues.map(({ name }) => name)).toEqual([
      'acc#0',
      'acc#1',
      'acc#2',
    ]);
    expect(batch.tensors.map(({ name }) => name).filter((name) => !name.includes('#'))).toEqual(['W', 'b']);
    expect(batch.tables).toEqual(exampleProgram().tables);
    expect(batch.relations.length).toBe(count * exampleProgram().relations.length);
    expect(findViolation(koalaBear, batch, witness())).toBeUndefined();
  });

  test('keeps instances apart', () => {
    const own = witness();
    own.get('z#1')![13]! += 1;
    expect(findViolation(koalaBear, batch, own)).toEqual({ relation: 'merged#1', index: [0] });
  });

  test('takes public values instance by instance, or shares them', () => {
    const scales = [
      [1, -3, 0, 2],
      [1, -3, 0, 2],
      [1, -3, 0, 3],
    ];
    const own = repeatProgram(exampleProgram(), count, { values: (i) => scales[i]! });
    expect(findViolation(koalaBear, own, witness())).toEqual({ relation: 'merged#2', index: [1] });
    const shared = repeatProgram(exampleProgram(), count, { shared: ['scale'] });
    expect(shared.tensors.filter(({ kind }) => kind === 'public').map(({ name }) => name)).toEqual(['scale']);
    expect(findViolation(koalaBear, shared, witness())).toBeUndefined();
    const digests = [batch, own, shared].map((program) => hex(programDigest(koalaBear, program)));
    expect(new Set(digests).size).toBe(3);
  });

  test('may change gathers and masks by instance', () => {
    const moved = repeatProgram(exampleProgram(), 2, {
      term: (i, of) =>
        of.mask === undefined || i === 0 ? of : { ...of, mask: { ...of.mask, to: [3, 3, 3] } },
    });
    const own = new Map([...witness()].filter(([name]) => !name.endsWith('#2')));
    expect(findViolation(koalaBear, moved, own)?.relation).toBe('total#1');
  });

  test('refuses nonsense', () => {
    expect(() => repeatProgram(exampleProgram(), 0)).toThrow('count: expected a positive integer, got 0');
    expect(() => repeatProgram(exampleProgram(), 2, { shared: ['x'] })).toThrow('public tensors, got x');
  });
});
