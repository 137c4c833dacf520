/**
 * FMT-1, FMT-2, FMT-4, IMP-2 by mutation: every decoder that takes bytes from strangers, over mutants of valid bytes with their digests,
 * lengths and parts made to fit again. Nothing is thrown but a ProofError, what is accepted is its own encoding, time and memory are
 * bounded. `npm run fuzz` goes on with other mutants for as long as it is told; what it finds stays in `seeds` and is
 * read again by every run.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { blake3 } from '../../src/hash/blake3.ts';
import { formatTargets } from '../support/fuzz/formats.ts';
import { graphRunTargets } from '../support/fuzz/graph-runs.ts';
import { importTargets } from '../support/fuzz/imports.ts';
import { diceOf, mutateBytes } from '../support/fuzz/mutate.ts';
import { proofTargets } from '../support/fuzz/proofs.ts';
import { outcomeOf, type Target } from '../support/fuzz/target.ts';
import { trainingTargets } from '../support/fuzz/training.ts';
import { trainingFieldTargets } from '../support/fuzz/training-fields.ts';
import { cases, tally } from '../support/long.ts';

const SEEDS = fileURLToPath(new URL('seeds', import.meta.url));
/** Of `npm run fuzz`: seconds for each target, the first mutant, one target. */
const seconds = Number(process.env['ZKDL_FUZZ_SECONDS'] ?? 0);
const first = Number(process.env['ZKDL_FUZZ_FIRST'] ?? 0);
const only = process.env['ZKDL_FUZZ_TARGET'];
/** Cases of a long run for each of a short one. */
const LONGER = 25;

const all = [
  ...(await formatTargets()),
  ...trainingTargets(),
  ...trainingFieldTargets(),
  ...graphRunTargets(),
  ...(await importTargets()),
  ...(await proofTargets()),
];
const targets = all.filter(({ name }) => only === undefined || name === only);

function mutantOf({ mutant, seeds, dense }: Target, number: number): Uint8Array {
  const dice = diceOf(number);
  return mutant?.(dice) ?? mutateBytes(dice, dice.pick(seeds), dice.pick(seeds), dense);
}

/** Keeps bytes that broke a property; in a run that was asked for. */
function keep({ name }: Target, bytes: Uint8Array): string {
  const folder = join(SEEDS, name);
  const file = join(folder, `${Buffer.from(blake3(bytes)).toString('hex').slice(0, 16)}.bin`);
  if (seconds === 0) return 'not kept: see npm run fuzz';
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

test.each(targets)('$name: valid bytes are accepted', async (target) => {
  for (const seed of target.seeds) {
    const outcome = await outcomeOf(target, seed.slice());
    // Answers with a proof of zeros: everything before the proof is in order.
    expect(outcome).toMatch(/-verifier$/.test(target.name) ? /^(PAD_|MERKLE|FINAL|TRUNCATED)/ : /^accepted$/);
  }
});

test.each(targets)('$name: what was found once', async (target) => {
  const folder = join(SEEDS, target.name);
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    await outcomeOf(target, new Uint8Array(readFileSync(join(folder, file))));
  }
});

test.each(targets)('$name: mutants', { timeout: 24 * 3_600_000 }, async (target) => {
  const outcomes = new Map<string, number>();
  const started = performance.now();
  const count = seconds > 0 ? Infinity : cases(target.cases, LONGER * target.cases);
  let number = first;
  for (; number < first + count; number++) {
    if (seconds > 0 && performance.now() - started > 1000 * seconds) break;
    const bytes = mutantOf(target, number);
    try {
      const outcome = await outcomeOf(target, bytes);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      throw new Error(`${target.name}, mutant ${number}: ${keep(target, bytes)}`, { cause: error });
    }
  }
  const done = number - first;
  const accepted = outcomes.get('accepted') ?? 0;
  tally({ property: `FMT fuzz ${target.name}`, cases: done, refused: done - accepted, surprises: 0 });
  if (seconds > 0) console.log(target.name, done, Object.fromEntries(outcomes));
  // Mutants that are all refused in one way would look at one check.
  if (done > 30) expect(outcomes.size).toBeGreaterThan(1);
});
