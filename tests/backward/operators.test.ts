/**
 * Operators of the way back. OPS-1: eight corruptors and more for each. OPS-2: one witness, searched through the whole field. OPS-4: two without
 * any one of the relations, so none is there for nothing.
 */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, findViolation } from '../../src/relation/check-witness.ts';
import { proofError } from '../support/refusal.ts';
import { solve } from '../support/solve.ts';
import { backRelations, backTensors, make, named, type Made } from './back-case.ts';
import { isNeeded } from './liars.ts';
import { CASES as PLAIN } from './cases.ts';
import { GUARDED_CASES } from './guarded-cases.ts';
import { ROPE_CASES } from './rope-cases.ts';

const CASES = [...PLAIN, ...ROPE_CASES, ...GUARDED_CASES];

const refused = ({ program }: Made, cells: ReadonlyMap<string, ArrayLike<number>>): boolean =>
  findViolation(koalaBear, program, cells) !== undefined;

describe('the program', () => {
  it.each(CASES)('$name: ranges and pins are accepted, the honest witness holds', (operator) => {
    const made = make(operator);
    checkProgram(koalaBear, made.program);
    checkWitness(koalaBear, made.program, made.cells);
  });
});

describe('OPS-1: corruptors', () => {
  it.each(CASES)('$name', (operator) => {
    const made = make(operator);
    let corruptors = 0;
    const check = (what: string, cells: Iterable<readonly [string, ArrayLike<number>]>): void => {
      corruptors++;
      expect(refused(made, new Map([...made.cells, ...cells])), what).toBe(true);
    };
    for (const name of backTensors(made)) {
      const own = Array.from(made.cells.get(name)!);
      const last = own.length - 1;
      for (const [at, by] of [
        [0, 1],
        [last, -1],
        [0, 2 ** 14],
        [last, -1065353216],
      ] as const) {
        check(`${name}[${at}] by ${by}`, [[name, own.map((x, i) => (i === at ? x + by : x))]]);
      }
    }
    for (const [what, lie] of operator.lies ?? []) check(what, named(made.run.node.name, lie(made.run)));
    const gradient = Array.from(made.run.gradient, (g, i) => (i === 1 ? g - 30 : g));
    check('another gradient comes in', [['gradient', gradient]]);
    expect(corruptors).toBeGreaterThanOrEqual(8);
  });
});

describe('OPS-2: one witness', () => {
  it.each(CASES)('$name', { timeout: 600_000 }, (operator) => {
    const made = make(operator);
    const { solutions } = solve(made.program, made.known);
    expect(solutions.length).toBe(1);
    for (const [name, cells] of solutions[0]!) {
      expect(cells, name).toEqual(Array.from(made.cells.get(name)!, (x) => koalaBear.fromInt(x)));
    }
  });
});

describe('OPS-4: two without any one relation', () => {
  it.each(CASES)('$name', { timeout: 600_000 }, ({ bare, ...operator }) => {
    const made = make({ ...operator, ...bare });
    expect(backRelations(made).filter((name) => !isNeeded(made, name))).toEqual([]);
  });
});

describe('no witness', () => {
  it('is refused by name: a gradient beyond its bits', () => {
    const wide = CASES.find(({ name }) => name === 'linear')!;
    const error = proofError(() => make({ ...wide, gradient: [0, -16384, 0, 0] }));
    expect(error.code).toBe('UNPROVABLE');
    expect(error.message).toContain('row 0, column 1');
  });
});
