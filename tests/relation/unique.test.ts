/**
 * What pins make is a function of what no pin makes, and a settled tensor is made: over a small field, all witnesses of random programs that
 * are accepted.
 */
import { expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { ProgramRanges } from '../../src/relation/ranges.ts';
import type { Program } from '../../src/relation/program.ts';
import { dice } from '../support/graphs.ts';
import { cases } from '../support/long.ts';
import { eachWitness, madeCells, randomPins } from '../support/random-pins.ts';

const PROGRAMS = cases(250, 20_000);
const base = primeField(5);

function rangesOf(program: Program): ProgramRanges | undefined {
  try {
    return checkProgram(base, program);
  } catch (error) {
    expect(error).toBeInstanceOf(ProofError);
    return undefined;
  }
}

test(`one witness for all that is given, ${PROGRAMS} programs`, { timeout: 120_000 + 100 * PROGRAMS }, () => {
  const seen = { programs: 0, witnesses: 0, several: 0, refused: 0 };
  for (let seed = 1; seen.programs < PROGRAMS; seed++) {
    const program = randomPins(dice(seed));
    const ranges = rangesOf(program);
    if (ranges === undefined) {
      seen.refused++;
      continue;
    }
    const made = madeCells(base, program, ranges);
    if (made.size === 0) continue;
    seen.programs++;
    const known = new Map<string, string>();
    eachWitness(base, program, (cells) => {
      const given = cells.filter((_, k) => !made.has(k)).join();
      const other = known.get(given);
      if (other !== undefined) expect(other, `seed ${seed}`).toBe(cells.join());
      known.set(given, cells.join());
    });
    seen.witnesses += known.size;
    if (known.size > 1) seen.several++;
  }
  expect(seen.several).toBeGreaterThan(PROGRAMS / 4);
  expect(seen.refused).toBeGreaterThan(PROGRAMS);
});
