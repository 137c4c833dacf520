/**
 * SND-6, TRS-7: the errors of a program's own challenges over F_97, counted over all of them with the verifier's claims. The best
 * cheater has what the bound says; who knows a challenge beforehand passes for it and for nothing else.
 */
import { describe, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/field/field.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { claimOf, columnsOfProgram, joinClaims } from '../../src/relation/arguments.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { expandClaims } from '../../src/relation/expand.ts';
import type { Program } from '../../src/relation/program.ts';
import { read, times } from '../support/example-programs.ts';
import { applyWeight } from '../support/linear.ts';
import { fixedChallenger } from '../support/view.ts';

const P = 97;
const K = extensionField(primeField(P), [0]);
const algebra = affineAlgebra(K);
const all = Array.from({ length: P }, (_, x): Ext => [x as Fe]);

/** Relations "tensor r is zero", one cell in columns of one cell. */
function zeros(sizes: readonly number[]): Program {
  return {
    tensors: sizes.map((size, r) => ({ kind: 'witness', name: `x${r}`, shape: [size] })),
    tables: [],
    virtuals: [],
    relations: sizes.map((size, r) => ({ kind: 'zero', name: `r${r}`, indices: [{ name: 'i', size }], terms: [times(1, [read(`x${r}`, 'i')])] })), // prettier-ignore
  };
}

type Holds = (cells: readonly (readonly number[])[], point: readonly Ext[], batch: Ext) => boolean;

/** Whether the verifier's equation holds for cells, given the challenges. */
function equation(program: Program): Holds {
  const compiled = compileProgram(K, program);
  const columns = columnsOfProgram(compiled, 0);
  return (cells, point, batch) => {
    const ch = fixedChallenger(K, { seed: 1, exts: { 'zero/point': point, 'zero/batch': [batch] } });
    const { claims, value } = joinClaims(algebra, ch, compiled, undefined);
    const { constant, linear } = expandClaims(K, claims);
    const placed = new Int32Array(columns.count);
    compiled.own.tensors.forEach((blocks, t) =>
      blocks.forEach(({ block, address }) => {
        for (let i = 0; i < 2 ** block.bits; i++)
          placed[address + i] = cells[t]![block.pieces[0]!.offset + i]!;
      }),
    );
    const claim = claimOf(algebra, compiled, columns, linear, algebra.sub(value, algebra.constant(constant)));
    return K.isZero(K.sub(applyWeight(K, claim.weight, placed, 0), claim.value.constant));
  };
}

describe('z: a relation of 3 cells, two bits, that fails', () => {
  const holds = equation(zeros([3]));
  const points = all.flatMap((a) => all.map((b) => [a, b]));
  test.each([[[1, 0, 0]], [[0, 1, 0]], [[0, 0, 5]], [[1, 96, 0]], [[1, 2, 3]]])('at %j', (cells) => {
    const passed = points.filter((point) => holds([cells], point, K.one)).length;
    expect(passed).toBeLessThanOrEqual(2 * P); // bits / K
    // One cell alone is the best: (2 - 1/K) / K.
    if (cells.filter((x) => x > 0).length === 1) expect(passed).toBe(2 * P - 1);
  });
});

describe('batch: relations that fail together', () => {
  /** With z = (0, 0) the claim of each relation is its first cell. */
  const at = [K.zero, K.zero];
  test('three: as many challenges as a polynomial of degree three has roots', () => {
    // batch (batch - 5) (batch - 7) = 35 batch - 12 batch^2 + batch^3
    const cells = [[35, 0, 0], [P - 12, 0, 0], [1, 0]]; // prettier-ignore
    const passed = all.filter((batch) => equation(zeros([3, 3, 2]))(cells, at, batch)).map(([x]) => x);
    expect(passed).toEqual([0, 5, 7]); // Z / K
  });
  test('frozen: the cheater of a known challenge passes for it, and live for the bound', () => {
    for (const known of [1, 2, 50, 96]) {
      const cells = [[known, 0, 0], [P - 1, 0, 0]]; // prettier-ignore
      const passed = all.filter((batch) => equation(zeros([3, 3]))(cells, at, batch)).map(([x]) => x);
      expect(passed).toEqual([0, known]);
    }
  });
  test('without powers they would cancel: one too high, one too low is refused by all challenges but 0 and 1', () => {
    const cells = [[1, 0, 0], [P - 1, 0, 0]]; // prettier-ignore
    expect(all.filter((batch) => equation(zeros([3, 3]))(cells, at, batch)).length).toBe(2);
  });
  test('a known z: the cheater whose cells vanish there', () => {
    // (1 - z0) x0 + z0 x1 = 0 at z0 = 10, z1 = 0.
    const cells = [[10, 9, 0]];
    const passed = all.filter((z) => equation(zeros([3]))(cells, [z, K.zero], K.one)).map(([x]) => x);
    expect(passed).toEqual([10]);
  });
});
