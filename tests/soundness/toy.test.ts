/**
 * SND-6: the best known cheater against the protocol's own code over fields so small that it succeeds now and then, as often as
 * the bound says. SND-7: the query phase of the whole opening over F_97, against a word at a known distance.
 *
 * Challenges are hashes of a run's number, so every count here is the same each time; the limits of five sigma say how
 * far from its expectation a count may lie, not how often the test may fail.
 */
import { describe, expect, test } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { affineAlgebra, evaluateAffine } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { createPadPlanner } from '../../src/pads/plan.ts';
import { planSumcheck, verifySumcheck } from '../../src/pads/sumcheck-verify.ts';
import { arraySource } from '../../src/pcs/columns.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { verdictOf, verifyLinearBody } from '../../src/pcs/linear-verify.ts';
import { powersOf } from '../../src/pcs/open-verify.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { publicRandom } from '../../src/secret/released.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { applyWeight, randomPoint, testSource } from '../support/linear.ts';
import { commitWords, encodeSource } from '../support/soundness/committers.ts';
import { PAD_AB, padSession, SESSION_PADS } from '../support/soundness/pad-session.ts';
import { testDomain } from '../support/transcript.ts';

const F7 = extensionField(primeField(7), [-3, 0]);
const F17 = extensionField(primeField(17), [-3, 0]);
const F97 = extensionField(primeField(97), [-5, 0]);

/** |count - runs * rate| in sigmas of a binomial count. */
function sigmas(count: number, runs: number, rate: number): number {
  return Math.abs(count - runs * rate) / Math.sqrt(runs * rate * (1 - rate));
}

function domainOfRun(field: ExtensionField, run: number) {
  const statementDigest = new Uint8Array(32);
  new DataView(statementDigest.buffer).setUint32(0, run);
  return testDomain(field, { statementDigest });
}

describe('SND-6: sumcheck over 49 elements, three rounds', () => {
  const field = F7;
  const numVars = 3;
  const algebra = affineAlgebra(field);
  const planner = createPadPlanner();
  planSumcheck(planner, numVars);
  const plan = planner.plan();
  const noPads = new Array<Ext>(plan.exposures).fill(field.zero);
  const [roots, tables] = [randomPoint(field, 2, 1), randomPoint(field, 2 * 2 ** numVars, 2)];

  /** Error of the claim after a round: k (X - s)(X - t), whose values at 0 and 1 sum to the error before. */
  const cheat = (error: Ext): { atZero: Ext; k: Ext } => {
    const [s, t] = roots as [Ext, Ext];
    const atZero = field.mul(s, t);
    const atOne = field.mul(field.sub(field.one, s), field.sub(field.one, t));
    const k = field.mul(error, field.inverse(field.add(atZero, atOne)));
    return { atZero: field.mul(k, atZero), k };
  };

  /** One run; whether a claim that is wrong by `error` survives. */
  function survives(run: number, error: Ext): boolean {
    const domain = domainOfRun(field, run);
    const ch = proverChannel(domain);
    let [g, w] = [tables.slice(0, 2 ** numVars), tables.slice(2 ** numVars)];
    const dot = (a: readonly Ext[], b: readonly Ext[]): Ext =>
      a.reduce((sum: Ext, x, i) => field.add(sum, field.mul(x, b[i] as Ext)), field.zero);
    const claimed = field.add(dot(g, w), error);
    let off = error;
    for (let i = 0; i < numVars; i++) {
      const half = g.length / 2;
      const slope = (f: readonly Ext[]): Ext[] => f.slice(half).map((x, j) => field.sub(x, f[j] as Ext));
      const [low, steps] = [
        [g.slice(0, half), w.slice(0, half)],
        [slope(g), slope(w)],
      ] as [[Ext[], Ext[]], [Ext[], Ext[]]];
      const { atZero, k } = cheat(off);
      const message = [field.add(dot(low[0], low[1]), atZero), field.add(dot(steps[0], steps[1]), k)];
      ch.writeExts('s/round', publicRandom(message, 'a lie over a toy field'));
      const r = ch.challengeExt('s/r');
      const [s, t] = roots as [Ext, Ext];
      off = field.mul(k, field.mul(field.sub(r, s), field.sub(r, t)));
      const bind = (a: readonly Ext[], b: readonly Ext[]): Ext[] =>
        a.map((x, j) => field.add(x, field.mul(r, b[j] as Ext)));
      [g, w] = [bind(low[0], steps[0]), bind(low[1], steps[1])];
    }
    const reader = verifierChannel(domain, ch.finish());
    const ledger = createPadLedger(algebra, plan);
    const { claim } = verifySumcheck(ledger, reader, 's', numVars, algebra.constant(claimed));
    return field.equals(evaluateAffine(field, claim, noPads), field.mul(g[0] as Ext, w[0] as Ext));
  }

  test('true claims always, false ones as often as 1 - (1 - 2/|K|)^3', () => {
    for (let run = 0; run < 50; run++) expect(survives(run, field.zero)).toBe(true);
    const runs = 4000;
    let count = 0;
    for (let run = 0; run < runs; run++) if (survives(run, field.one)) count++;
    const rate = 1 - (1 - 2 / 49) ** 3;
    expect(sigmas(count, runs, rate)).toBeLessThan(5);
    expect(count).toBeGreaterThan((runs * rate) / 3);
  });

  test('claims batched by powers: J - 1 challenges of 49 hide J false claims, exactly', () => {
    const elements = Array.from({ length: 49 }, (_, i) => [i % 7, Math.floor(i / 7)] as Fe[]);
    for (const J of [2, 3, 4]) {
      // Errors e_j: the coefficients of a product of J - 1 linear factors.
      let errors: Ext[] = [field.one];
      for (let i = 1; i < J; i++) {
        const root = elements[5 * i] as Ext;
        const shifted = [field.zero, ...errors];
        errors = shifted.map((x, j) => field.sub(x, field.mul(root, errors[j] ?? field.zero)));
      }
      const hidden = elements.filter((b) => {
        const parts = powersOf(field, b, J).map(
          (power, j) => [power, algebra.constant(errors[j] as Ext)] as const,
        );
        return field.isZero(algebra.combine(parts).constant);
      });
      expect(hidden.length).toBe(J - 1);
    }
  });
});

test('SND-6: a wrong product pad over 289 elements is accepted for the two values of Delta that it was made for', () => {
  const kernels = referenceKernels(F17);
  const field = F17;
  const parameters = { size: SESSION_PADS, logCodeword: 4, queries: 3 };
  const [a, b] = randomPoint(field, 2, 3) as [Ext, Ext];
  const c = field.add(field.mul(a, b), field.one); // wrong by one, and so is its pad
  const [s, t] = randomPoint(field, 2, 4) as [Ext, Ext];
  const runs = 1500;
  let count = 0;
  for (let run = 0; run < runs; run++) {
    let hopeless = false;
    const { verdict, delta } = padSession(kernels, parameters, {
      run,
      values: [a, b, c, field.square(c)],
      pads: (h) => h.map((x, i) => (i === PAD_AB ? field.add(x, field.one) : x)),
      hook(label, values, _nth, seen) {
        if (label !== 'pads/sums') return undefined;
        const k = field.neg(seen.exts('pads/chi')[0] as Ext);
        hopeless = field.isZero(k); // nothing to hide: the error is out of the sum
        const [beta, u, v] = values as [Ext, Ext, Ext];
        return [
          beta,
          field.sub(u, field.mul(k, field.mul(s, t))),
          field.add(v, field.mul(k, field.add(s, t))),
        ];
      },
    });
    const hit = hopeless || [s, t].some((root) => field.equals(root, delta as Ext));
    expect([run, verdict.ok ? 'accepted' : verdict.code]).toEqual([run, hit ? 'accepted' : 'PAD_PRODUCT']);
    if (verdict.ok) count++;
  }
  const rate = 1 - (1 - 2 / 289) * (1 - 1 / 289);
  expect(sigmas(count, runs, rate)).toBeLessThan(5);
});

describe('SND-7: the opening over F_97, against a word with 8 of 32 positions wrong', () => {
  const field = F97;
  const kernels = referenceKernels(field);
  const m = 3;
  const t = 4;
  const identity = {
    label: 'W',
    group: new Uint8Array(8),
    epoch: 0,
    lifetime: 'static',
    columns: 1,
    uses: 1,
  } as const;

  function acceptance(
    queries: number,
    runs: number,
    wrong = (row: number): boolean => row % 4 === 0,
  ): { accepted: number; codes: Set<string>; repeats: number } {
    const parameters = {
      profile: unsafeToyProfile(1, { modulus: 97, degree: 2 }),
      code: { logData: m, padLength: t, queries },
      levels: [{ logFold: 2, logInverseRate: 2, queries: 4 }],
      logFinal: 2,
      pads: { size: 2 * m + 3, logCodeword: 5, queries: 3 },
    };
    const cells = Int16Array.from([1, -2, 3, 40, -5, 6, 0, 8]);
    const source = arraySource(1, cells, t, Uint32Array.of(11, 22, 33, 44));
    const words = encodeSource(kernels, parameters, source);
    words.forEach((word, row) => (words[row] = wrong(row) ? (word + 1 + row) % 97 : word));
    const { committed, group } = commitWords(kernels, parameters, identity, source, words);
    const weight = [
      {
        column: 0,
        coefficient: field.one,
        factors: [{ kind: 'eq', point: randomPoint(field, m, 8) } as const],
      },
    ];
    const claims = [{ weight, value: applyWeight(field, weight, cells, m) }];
    const statement = { parameters, groups: [committed], claims, context: new Uint8Array(0) };
    const codes = new Set<string>();
    let [accepted, repeats] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const domain = domainOfRun(field, run);
      const ch = proverChannel(domain);
      proveLinearBody(kernels, ch, statement, [group], testSource(field, run % 200), false);
      const proof = ch.finish();
      const verdict = verdictOf(() => {
        const real = verifierChannel(domain, proof);
        const reader: typeof real = {
          ...real,
          challengePositions(label, count, logSize) {
            const drawn = real.challengePositions(label, count, logSize);
            expect(drawn.length).toBe(count); // with replacement, and as many as were asked for
            if (label === 'open/positions' && new Set(drawn).size < count) repeats++;
            return drawn;
          },
        };
        verifyLinearBody(reader, statement);
        reader.finish();
      });
      if (verdict.ok) accepted++;
      else codes.add(verdict.code);
    }
    return { accepted, codes, repeats };
  }

  test('positions that repeat are opened once, and the truth is always accepted', () => {
    const { accepted, codes, repeats } = acceptance(20, 40, () => false);
    expect([accepted, [...codes]]).toEqual([40, []]);
    expect(repeats).toBe(40); // twenty of thirty-two without a repetition: one in 10^4
  });

  test.each([1, 2, 4, 8])('%i queries: accepted as often as (3/4)^q', (queries) => {
    const runs = 500;
    const { accepted, codes } = acceptance(queries, runs);
    expect([...codes]).toEqual(['FINAL_SUM']);
    expect(sigmas(accepted, runs, (3 / 4) ** queries)).toBeLessThan(5);
  });
});
