/**
 * The errors that leak and still verify, one by one, and where each is caught. Files are of this folder unless named.
 *
 * | correct | test |
 * |---|---|
 * | M has k0 coefficients, cells and pads | 'draws', here; planted-leaks 'random on cells alone' |
 * | the mask's base columns have coefficients 1, x, .. | 'the combination of the mask', here; planted-leaks 'dependent coefficients' |
 * | own columns: q0 pads from cell 2^m on | 'draws', here; planted-leaks 'pads of columns' |
 * | a group's pads cover its whole life | rank 'proofs of one static group', 'a group carried / of a proof' |
 * | star once for each batch of products | pad-proof 'V is onto K', 'star is zero' |
 * | r uniform on pads, product pads and star | 'draws', here; pad-proof 'deficient' |
 * | a product pad is computed and never sent | 'product pads', here; pad-proof 'each pad hides one message' |
 * | streams are disjoint | 'draws', here; planted-leaks 'base columns from one stream' |
 * | fresh masks for each transcript | 'two transcripts', here; planted-leaks 'two proofs' |
 * | counter durable before positions exist; budget over all kinds; reserve for links | the tests of the stored budget |
 * | salts of 16 bytes on every leaf but those of G1, G2, .. | salts; 'draws', here |
 * | values leave under an unused pad only | ../secret/doors, ../secret/secret; planted-leaks 'pads' |
 * | rejection sampling | ../random/random 'masks are uniform'; 'words are uniform', here |
 * | a refresh draws all pads again | rank 'two epochs of one set of cells' |
 * | a false claim is not proven, so it does not show the true value | 'a false claim', here; self-check |
 * | length and order depend on public data only | shape |
 */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { uniformWords } from '../../src/hash/stream.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { padCount } from '../../src/pads/plan.ts';
import { columnCode } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { linearDomain, linearPlan, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { OWN_SALTS_AT } from '../../src/pcs/masks-prove.ts';
import { commitOwn } from '../../src/pcs/own-prove.ts';
import { freshProofKey, proofKey } from '../../src/random/keys.ts';
import { maskSource, type MaskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { releasedValue } from '../../src/secret/released.ts';
import { proverChannel, type ProverChannel } from '../../src/transcript/prover.ts';
import { domainDigest } from '../../src/transcript/statement.ts';
import { toyOpeningParameters, openingPlan } from '../support/hiding.ts';
import {
  applyWeight,
  codeOf,
  exampleWeights,
  linearParameters,
  randomCells,
  testSource,
} from '../support/linear.ts';
import { runPads } from '../support/pad-runs.ts';
import { groupOf, KOALA, SMALL } from '../support/scenarios.ts';
import { createTape } from '../support/tape.ts';
import { viewChannel } from '../support/view.ts';

const kernels = referenceKernels(KOALA.ext);
const field = kernels.ext;
const d = field.degree;
const profile = unsafeToyProfile(1, { modulus: field.base.modulus, degree: d });

/** A linear opening of three columns, eight cells and eight pads each, over KoalaBear. */
function fixture(context: number): {
  statement: LinearStatement;
  prove(source: MaskSource, k?: Kernels, ch?: ProverChannel, claimed?: LinearStatement): Uint8Array;
  group: MaskSource;
} {
  const columns = 3;
  const parameters = linearParameters(profile, codeOf(profile, 3, 8), [groupOf('W', columns)], 3);
  const cells = randomCells(columns * 8, 1);
  const group = testSource(field, 1);
  const identity = groupOf('W', columns);
  const read = (first: number, count: number) => cells.subarray(first * 8, (first + count) * 8);
  const owned = commitGroup(kernels, group, parameters, identity, read, 0);
  const claims = exampleWeights(field, columns, 3, 1).map((weight) => ({
    weight,
    value: applyWeight(field, weight, cells, 3),
  }));
  const groups = [{ ...identity, cap: owned.cap }];
  const statement = { parameters, groups, claims, context: Uint8Array.of(context) };
  return {
    statement,
    group,
    prove(source, k = kernels, ch = proverChannel(linearDomain(field, statement)), claimed = statement) {
      proveLinearBody(k, ch, claimed, [owned], source);
      return ch.finish();
    },
  };
}

describe('draws', () => {
  const { statement, prove, group } = fixture(0);
  const { parameters } = statement;
  const { dimension, length } = columnCode(parameters.code);
  const source = testSource(field, 2);
  const reads: { label: string; id: number; from: number; to: number }[] = [];
  const note = (stream: { label: string; id: number }, at: number, count: number): void =>
    void reads.push({ label: stream.label, id: stream.id, from: at, to: at + count });
  prove(source, {
    ...kernels,
    expandUniform: (out, stream, at) => (
      note(stream, at, out.length),
      kernels.expandUniform(out, stream, at)
    ),
    expandWords: (out, stream, at) => (note(stream, at, out.length), kernels.expandWords(out, stream, at)),
  });
  const drawn = source.drawn();
  const words = (label: string): number =>
    drawn.filter((x) => x.label === label).reduce((sum, { from, to }) => sum + to - from, 0);

  test('M: d * k0 words, cells and pads', () => {
    expect(words('maskcell') + words('maskpads')).toBe(d * dimension);
    expect(words('maskpads')).toBe(d * parameters.code.padLength);
    expect(drawn.filter(({ label }) => label === 'maskcell').map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
  });

  test('h: one element for each message and star; r: s elements; q_H more for each', () => {
    const plan = linearPlan(statement);
    const { size, queries } = parameters.pads;
    expect(size).toBe(padCount(plan));
    expect([words('pad'), words('star')]).toEqual([d * plan.exposures, d]);
    expect(words('padr')).toBe(d * size);
    expect(words('padx')).toBe(2 * d * queries);
  });

  test('salts of both trees, apart, and nothing else', () => {
    const nH = 2 ** parameters.pads.logCodeword;
    expect(drawn.filter(({ label }) => label === 'salt')).toEqual([
      { label: 'salt', id: 0, from: 0, to: 4 * nH },
      { label: 'salt', id: 0, from: 4 * OWN_SALTS_AT, to: 4 * (OWN_SALTS_AT + length) },
    ]);
    expect([...new Set(drawn.map(({ label }) => label))].sort()).toEqual([
      'maskcell',
      'maskpads',
      'pad',
      'padr',
      'padx',
      'salt',
      'star',
    ]);
  });

  test('own columns: q0 words each, from the first pad on', () => {
    const own = testSource(field, 9);
    const columns = 2;
    const opened = commitOwn(kernels, own, parameters, columns, new Uint32Array(columns * 8));
    expect(own.drawn().filter(({ label }) => label === 'ownpads')).toEqual([
      { label: 'ownpads', id: 0, from: 0, to: parameters.code.queries },
      { label: 'ownpads', id: 1, from: 0, to: parameters.code.queries },
    ]);
    const { padLength, queries } = parameters.code;
    const pads = opened.source.pads(0, columns);
    for (let c = 0; c < columns; c++) {
      const column = [...pads.subarray(c * padLength, (c + 1) * padLength)];
      expect(column.slice(0, queries).every((x) => x !== 0)).toBe(true);
      expect(column.slice(queries).every((x) => x === 0)).toBe(true);
    }
  });

  test('a group: t words for each column, a salt for each row', () => {
    const t = parameters.code.padLength;
    expect(group.drawn()).toEqual([
      ...[0, 1, 2].map((id) => ({ label: 'pads', id, from: 0, to: t })),
      { label: 'salt', id: 0, from: 0, to: 4 * length },
    ]);
  });

  test('kernels read what the ledger saw, at the place where it was drawn', () => {
    const own = reads.filter(({ label }) => label !== 'pads');
    const claimed = [...drawn, ...group.drawn()];
    expect(own.length).toBeGreaterThan(10);
    for (const read of reads) {
      const within = claimed.filter(
        ({ label, id, from, to }) =>
          label === read.label && id === read.id && from <= read.from && read.to <= to,
      );
      expect([read, within.length > 0]).toEqual([read, true]);
    }
    const masks = own.filter(({ label }) => label.startsWith('mask'));
    expect(masks.map(({ label, id }) => `${label}/${id}`).sort()).toEqual(
      [0, 1, 2, 3, 4].flatMap((id) => [`maskcell/${id}`, `maskpads/${id}`]).sort(),
    );
  });

  test('words are uniform: the kernel rejects, it does not reduce', () => {
    const stream = { key: new Uint8Array(32).fill(3), label: 'x', id: 0 };
    const out = new Uint32Array(3000); // about 23 of the first tries are refused
    kernels.expandUniform(out, stream, 5);
    expect([...out]).toEqual(uniformWords(field.base, stream, 5, 3000));
  });
});

test('the combination of the mask: base column e has the coefficient x^e', () => {
  // Without columns g' is M itself: a = sum_j eq(r, j) M[j] is seen limb by limb.
  const plan = openingPlan(SMALL, 1);
  const parameters = toyOpeningParameters(field, SMALL, plan);
  for (let e = 0; e < d; e++) {
    const tape = createTape(kernels, ({ label, id }) => (label === 'maskcell' && id === e ? 1 : 0));
    const identity = groupOf('W', 1);
    const zeros = new Int16Array(4);
    const owned = commitGroup(tape.kernels, tape.source('W'), parameters, identity, () => zeros, 0);
    const weight = [
      { column: 0, coefficient: field.one, factors: [{ kind: 'fixed' as const, bits: 2, index: 0 }] },
    ];
    const claims = [{ weight, value: field.zero }];
    const statement = {
      parameters,
      groups: [{ ...identity, cap: owned.cap }],
      claims,
      context: new Uint8Array(0),
    };
    const ch = viewChannel(field, { seed: 4 });
    proveLinearBody(tape.kernels, ch, statement, [owned], tape.source('proof'));
    const a = ch.written.find(({ label }) => label === 'open/a')?.words;
    expect(a).toEqual(field.zero.map((_, i) => (i === e ? 1 : 0))); // sum_j eq(r, j) = 1
  }
});

describe('a false claim', () => {
  const { statement } = fixture(0);
  const off = field.fromLimbs([5, 0, 7, 0, 0]);
  const [claim, ...others] = statement.claims as [(typeof statement.claims)[0]];
  const lie: LinearStatement = {
    ...statement,
    claims: [{ ...claim, value: field.add(claim.value, off) }, ...others],
  };

  test('makes no proof: not one byte comes back, and the error does not say the value', () => {
    let message = '';
    try {
      fixture(0).prove(testSource(field, 31), kernels, undefined, lie);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('SELF_CHECK at pads/sums');
    for (const limb of claim.value) expect(message).not.toContain(String(limb));
  });

  test('stops the pad proof before its first message: beta, x and Delta would give the distance to the truth', () => {
    const ch = viewChannel(field, { seed: 6 });
    const plan = { exposures: 1, products: [] };
    const run = (claimed: Ext): void =>
      runPads({ kernels, plan, queries: 2, values: [off], claimed, words: () => 3 }, ch);
    run(off);
    expect(ch.written.map(({ label }) => label)).toContain('pads/sums');
    const before = ch.written.length;
    expect(() => run(field.one)).toThrow('SELF_CHECK');
    expect(ch.written.slice(before).map(({ label }) => label)).toEqual(['values']); // masked, as ever
  });
});

describe('product pads', () => {
  test('are products of pads, drawn nowhere, under no message', () => {
    const plan = { exposures: 3, products: [[0, 1], [2, 2]] as const }; // prettier-ignore
    const labels = new Map<string, number>();
    const e = (x: number): Ext => field.fromLimbs([x, 0, 0, 0, 0]);
    const ch = viewChannel(field, { seed: 5 });
    runPads(
      {
        kernels,
        plan,
        queries: 2,
        values: [e(3), e(4), e(5)],
        words: ({ label, word }) => (labels.set(label, Math.max(labels.get(label) ?? 0, word + 1)), 2 + word),
      },
      ch,
    );
    expect(labels.get('pad')).toBe(3 * d);
    expect(labels.get('star')).toBe(d);
    expect(labels.get('padr')).toBe(6 * d);
    expect(ch.written.find(({ label }) => label === 'values')?.words.length).toBe(3 * d);
  });

  test('a sent value never takes the index of a product pad or of star', () => {
    const ledger = createPadLedger(affineAlgebra(field), { exposures: 2, products: [[0, 1]] });
    expect([ledger.record(field.one).index, ledger.record(field.one).index]).toEqual([0, 1]);
    expect(() => ledger.record(field.one)).toThrow('expected 2 sent values, got one more');
  });
});

describe('two transcripts', () => {
  /** Elements of a proof by label. */
  function written(
    context: number,
    keyOf: (statement: LinearStatement) => MaskSource,
  ): Map<string, string[]> {
    const { statement, prove } = fixture(context);
    const real = proverChannel(linearDomain(field, statement));
    const seen = new Map<string, string[]>();
    const note = (label: string, items: readonly unknown[]): void =>
      void seen.set(label, [...(seen.get(label) ?? []), ...items.map((item) => JSON.stringify(item))]);
    prove(keyOf(statement), kernels, {
      ...real,
      writeExts: (label, values) => (note(label, releasedValue(values)), real.writeExts(label, values)),
      writeDigests: (label, values) => {
        note(label, releasedValue(values).map((digest) => [...digest])); // prettier-ignore
        real.writeDigests(label, values);
      },
    });
    return seen;
  }
  /** Labels at which some item of two proofs is the same. */
  const repeated = (a: Map<string, string[]>, b: Map<string, string[]>): string[] =>
    [...a]
      .filter(([label, items]) => items.some((item, i) => b.get(label)?.[i] === item))
      .map(([label]) => label);

  const sources = (statement: LinearStatement) => ({
    longTerm: secretOf<Uint8Array>(new Uint8Array(32).fill(5)),
    domainDigest: domainDigest(linearDomain(field, statement)),
    kind: 'linear-opening',
    counters: [{ group: 'W', used: 2 }],
    witnessDigest: secretOf<Uint8Array>(new Uint8Array(32).fill(6)),
  });
  /** A generator that is stuck, or a state that was cloned: the same fresh bytes each time. */
  const stuck = (statement: LinearStatement): MaskSource =>
    maskSource(proofKey(secretOf<Uint8Array>(new Uint8Array(32).fill(9)), sources(statement)), field);

  test('one cloned state, two contexts: roots, messages, a, g and x all differ', () => {
    const [a, b] = [written(1, stuck), written(2, stuck)];
    expect([...a.keys()]).toEqual([
      'root/AM',
      'root/PAD',
      'merge/round',
      'open/y',
      'open/y-mask',
      'open/a',
      'open/inner-root',
      'whir/round',
      'whir/final',
      'pads/sums',
      'pads/revealed',
    ]);
    expect(repeated(a, b)).toEqual([]);
  });

  test('one statement, proven twice: all differ', () => {
    const fresh = (statement: LinearStatement): MaskSource =>
      maskSource(freshProofKey(sources(statement)), field);
    expect(repeated(written(1, fresh), written(1, fresh))).toEqual([]);
  });

  test('a key that is not bound to the statement repeats: the roots show it', () => {
    const unbound = (): MaskSource => testSource(field, 4);
    expect(repeated(written(1, unbound), written(2, unbound))).toContain('root/AM');
  });

  test('the same state and the same statement give the same proof, which shows nothing new', () => {
    const [a, b] = [written(1, stuck), written(1, stuck)];
    expect(repeated(a, b)).toEqual([...a.keys()]);
  });
});
