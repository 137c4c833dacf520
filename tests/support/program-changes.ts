/** Changes to the example program, to test what refuses them. */
import { ProofError } from '../../src/errors/proof-error.ts';
import { expect } from 'vitest';
import type { Coordinate, Index, Mask, Program, Relation, Tensor, Term } from '../../src/relation/program.ts';
import { read, times } from './example-programs.ts';

export type Change = (program: Program) => Program;

export const tensor =
  (change: Partial<Tensor> | Record<string, unknown>, at = 2): Change =>
  (program) => ({
    ...program,
    tensors: program.tensors.map((one, i) => (i === at ? ({ ...one, ...change } as Tensor) : one)),
  });
export const relation =
  (change: Record<string, unknown>, at = 0): Change =>
  (program) => ({
    ...program,
    relations: program.relations.map((one, i) => (i === at ? ({ ...one, ...change } as Relation) : one)),
  });
export const virtual =
  (change: Record<string, unknown>, at = 0): Change =>
  (program) => ({
    ...program,
    virtuals: program.virtuals.map((one, i) => (i === at ? { ...one, ...change } : one)),
  });
/** A program with one relation that vanishes, over t < 3 and n < 5, with these terms. */
export const zero =
  (terms: readonly Term[], indices: readonly Index[] = TN): Change =>
  (program) => ({
    ...program,
    tables: [],
    relations: [{ kind: 'zero', name: 'r', indices, terms }],
  });
export const T: Index = { name: 't', size: 3 };
export const TN: readonly Index[] = [T, { name: 'n', size: 5 }];
export const affine = (offset: number, ...parts: [string, number][]): Coordinate => ({
  kind: 'affine',
  parts: parts.map(([index, stride]) => ({ index, stride })),
  offset,
});
export const gather = (index: string, ...positions: number[]): Coordinate => ({
  kind: 'gather',
  index,
  positions,
});
export const mask = (change: Partial<Mask> = {}): Mask => ({
  row: 't',
  column: 'n',
  from: [0, 0, 0],
  to: [1, 5, 3],
  ...change,
});
/** W[n, k] is 5 x 4, x[t, k] 3 x 4, y and z are 3 x 5, b has 5. */
export const view = (coordinate: Coordinate): Term => times(1, [read('W', coordinate, 0)]);
export const K: Index = { name: 'k', size: 4 };

export const deep = (levels: number): Change => {
  const virtuals = Array.from({ length: levels }, (_, i) => ({
    name: `v${i}`,
    indices: [T],
    range: 'residue' as const,
    terms: [times(1, [i === 0 ? read('x', 't', 0) : read(`v${i - 1}`, 't')])],
  }));
  return (program) => ({ ...zero([times(1, [read(`v${levels - 1}`, 't')])])(program), virtuals });
};
export const doubling = (levels: number): Change => {
  return (program) => {
    const one = deep(levels)(program);
    return {
      ...one,
      virtuals: one.virtuals.map((own, i) =>
        i === 0 ? own : { ...own, terms: [...own.terms, ...own.terms] },
      ),
    };
  };
};
export const scaled = (factor: number): Change => {
  return (program) => {
    const one = deep(2)(program);
    const virtuals = one.virtuals.map((own) => ({
      ...own,
      terms: own.terms.map((t) => ({ ...t, coefficient: factor })),
    }));
    return { ...one, virtuals };
  };
};
/** Products over two long indices that both views read. */
export const products = (size: number): Change => {
  const sums = [
    { name: 'a', size: 2 ** 15 },
    { name: 'b', size },
  ];
  const long: Tensor = { kind: 'witness', name: 'long', shape: sums.map((index) => index.size) };
  const term = times(1, [read('long', 'a', 'b'), read('long', 'a', 'b')], { sums });
  return (program) => ({ ...zero([term], [])(program), tensors: [long], virtuals: [] });
};

/** Name of the case, change, code, part of the stage, part of the message. */
export type Case = [name: string, change: Change, code: string, stage: string, detail: string];

export function expectRefusal(run: () => unknown, code: string, stage: string, detail: string): void {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ProofError);
  const refused = error as ProofError;
  expect(refused.message).toContain(detail);
  expect(refused.stage).toContain(stage);
  expect(refused.code).toBe(code);
}
