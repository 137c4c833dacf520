/**
 * STM-1: public values that a source names stand in no digest. Of a program that arrives they can be chosen behind the challenges: a proof of
 * true values is one of others as well, so a claim that names any is refused.
 */
import { afterAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { S128 } from '../../src/params/profile.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import type { Program } from '../../src/relation/program.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { batchRows } from '../../src/training/order.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { startSource, stateFromSeed } from '../../src/training/state.ts';
import { batchOfText, planOf, TINY, transformer } from '../backward/transformer.ts';
import { SEED, SMALL_MOMENTUM } from '../training/small.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { verifyProgramBody, verifyProgram } from '../../src/relation/verify.ts';
import { verifyProgramClaim } from '../../src/relation/verify-program.ts';
import { verifierChannel, type VerifierChannel } from '../../src/transcript/verifier.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { programFixture, term, view } from '../support/programs.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());
const F = koalaBear;
const CELLS = 8;
const WEIGHTS = Int16Array.from([3, -1, 4, 1, -5, 9, 2, -6]);

/** Says: the committed weights are these numbers. */
function program(values: ArrayLike<number>, source?: Uint8Array): Program {
  return {
    tensors: [
      { kind: 'static', name: 'w', shape: [CELLS] },
      { kind: 'public', name: 'v', shape: [CELLS], values, ...(source && { source }) },
    ],
    tables: [],
    virtuals: [],
    relations: [
      {
        kind: 'zero',
        name: 'same',
        indices: [{ name: 'i', size: CELLS }],
        terms: [term(1, [view('w', 'i')]), term(-1, [view('v', 'i')])],
      },
    ],
  };
}

/** eq(z, i) for all i, the lowest bit of i for the last coordinate's: of a relation of one index the first bits of z. */
function eqTable(K: ExtensionField, z: readonly Ext[]): Ext[] {
  return z.reduce<Ext[]>(
    (table, own) => [...table.map((e) => K.sub(e, K.mul(e, own))), ...table.map((e) => K.mul(e, own))],
    [K.one],
  );
}

/** Elements of F, not all zero, with sum x_i e_i = 0: more of them than K has coordinates. */
function dependency(columns: readonly Ext[]): Fe[] {
  const rows = columns[0]!.map((_, d) => columns.map((e) => e[d]!));
  const pivots: number[] = [];
  for (let c = 0; c < columns.length && pivots.length < rows.length; c++) {
    const r = pivots.length;
    const at = rows.findIndex((row, i) => i >= r && row[c] !== F.zero);
    if (at < 0) continue;
    [rows[r], rows[at]] = [rows[at]!, rows[r]!];
    const inverse = F.inverse(rows[r]![c]!);
    rows[r] = rows[r]!.map((x) => F.mul(x, inverse));
    rows.forEach((row, i) => {
      const by = row[c]!;
      if (i !== r) rows[i] = row.map((x, k) => F.sub(x, F.mul(by, rows[r]![k]!)));
    });
    pivots.push(c);
  }
  const free = columns.findIndex((_, c) => !pivots.includes(c));
  return columns.map((_, c) => {
    if (c === free) return F.one;
    const r = pivots.indexOf(c);
    return r < 0 ? F.zero : F.neg(rows[r]![free]!);
  });
}

test('a proof of true values that are named by a source fits others; a claim of such a program is refused', () => {
  const source = new Uint8Array(32).fill(7);
  const honest = program(WEIGHTS, source);
  const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), {
    program: honest,
    statics: new Map([['w', WEIGHTS]]),
    witness: { tensors: new Map() },
  });
  const { statement, groups } = fixture;
  const proof = proveProgram(kernels, statement, groups, testSource(kernels.ext, 5), fixture.witness);
  expect(verifyProgram(statement, proof)).toEqual({ ok: true });

  // The point of the relations that vanish, as the transcript has it.
  let z: readonly Ext[] = [];
  const own = verifierChannel(programDomain(statement), proof);
  const seen: VerifierChannel = {
    ...own,
    challengeExts(label, count) {
      const drawn = own.challengeExts(label, count);
      if (label === 'zero/point') z = drawn;
      return drawn;
    },
  };
  expect(verdictOf(() => verifyProgramBody(seen, statement))).toEqual({ ok: true });
  expect(z.length).toBe(3);
  const change = dependency(eqTable(kernels.ext, z));
  const values = Int32Array.from(WEIGHTS, (w, i) => F.toBalanced(F.add(F.fromInt(w), change[i]!)));
  expect(values.some((v, i) => v !== WEIGHTS[i])).toBe(true);

  // The same bytes, and other numbers: nothing of these was bound.
  const forged = (named: boolean): Program => program(values, named ? source : undefined);
  const stated = { ...statement, compiled: compileProgram(kernels.ext, forged(true)) };
  expect(verifyProgram(stated, proof)).toEqual({ ok: true });

  const claim = { ...statement, field: kernels.ext, parameters: encodeParameters(statement.parameters) };
  for (const own of [honest, forged(true)]) {
    expect(verifyProgramClaim(proof, { ...claim, program: own })).toMatchObject({
      ok: false,
      code: 'STATEMENT',
      stage: 'tensor v',
    });
  }
  expect(verifyProgramClaim(proof, { ...claim, program: forged(false) }).ok).toBe(false);
});

test('programs of this library: the start of a run that is drawn from its seed, and nothing else', () => {
  const named = ({ tensors }: Program) =>
    tensors.flatMap((tensor) => (tensor.kind === 'public' && tensor.source ? [{ ...tensor, source: tensor.source }] : [])); // prettier-ignore
  const rows = batchRows(SMALL_MOMENTUM, SEED, 0, 2);
  const segment = { plan: SMALL_MOMENTUM, first: 0, count: 2, rows };
  const start = named(trainingProgram({ ...segment, seed: SEED }));
  const drawn = stateFromSeed(SMALL_MOMENTUM, SEED);
  expect(start.map(({ name }) => name)).toEqual(drawn.map((_, l) => `first/weight/${l}`));
  start.forEach(({ values, source }, l) => {
    expect([...Array.from(values)]).toEqual([...drawn[l]!.weight]);
    expect(source).toEqual(startSource(SMALL_MOMENTUM, SEED, l));
  });
  // Another seed, layer, shape or format is another source.
  const { formats } = SMALL_MOMENTUM;
  const others = [
    startSource(
      SMALL_MOMENTUM,
      SEED.map((x) => x ^ 1),
      0,
    ),
    ...[1, 2].map((l) => startSource({ ...SMALL_MOMENTUM, widths: [6, 6, 6, 6] }, SEED, l)),
    startSource({ ...SMALL_MOMENTUM, widths: [7, 5, 3, 4] }, SEED, 0),
    startSource({ ...SMALL_MOMENTUM, widths: [6, 6, 3, 4] }, SEED, 0),
    ...[
      { bits: 14, fraction: 12 },
      { bits: 15, fraction: 11 },
    ].map((weight) => startSource({ ...SMALL_MOMENTUM, formats: { ...formats, weight } }, SEED, 0)),
    startSource(SMALL_MOMENTUM, SEED, 0),
  ].map((source) => Buffer.from(source).toString('hex'));
  expect(new Set(others).size).toBe(others.length);
  expect(named(trainingProgram(segment))).toEqual([]);
  const graph = transformer(TINY);
  const plan = planOf(graph, { momentum: { shift: 3, high: 12, low: 15 } });
  expect(named(graphStepProgram(graph, plan, batchOfText(TINY, 2, 60)))).toEqual([]);
});
