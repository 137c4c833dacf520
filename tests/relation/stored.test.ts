/** Programs over stored groups: from a builder to a checked proof, a batch under one opening, refusals before anything is spent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import {
  chooseProgramParameters,
  compileProgram,
  instanceName,
  programBuilder,
  proveStoredProgram,
  repeatProgram,
  storeStatics,
  verifyProgram,
  type Program,
} from '../../src/relation/index.ts';
import type { RowMajor } from '../../src/relation/index.ts';
import { budgetStatus, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import { proofError } from '../support/refusal.ts';
import { generator } from '../support/words.ts';

const [T, K, O, SHIFT] = [3, 6, 5, 7];
const next = generator(11);
const small = (count: number): Int16Array => Int16Array.from({ length: count }, () => (next() % 255) - 127);
const W = small(O * K);

function layer(): Program {
  const b = programBuilder();
  const x = b.witness('x', [T, K], { min: -128, max: 127 });
  const y = b.witness('y', [T, O], { min: -16384, max: 16383 });
  b.requantise(b.matmul('acc', x, b.static('W', [O, K]), 'residue'), y, SHIFT);
  for (const tensor of [x, y]) b.rangeCheck(tensor);
  return b.build();
}

function witnessOf(x: Int16Array): [string, RowMajor][] {
  const y = new Int16Array(T * O);
  for (let t = 0; t < T; t++) {
    for (let o = 0; o < O; o++) {
      let sum = 2 ** (SHIFT - 1);
      for (let k = 0; k < K; k++) sum += x[t * K + k]! * W[o * K + k]!;
      y[t * O + o] = Math.floor(sum / 2 ** SHIFT);
    }
  }
  return [
    ['x', x],
    ['y', y],
  ];
}

let kernels: Kernels;
let folder: string;
let home: Home;
let group: StoredGroup;
const used = (): number => budgetStatus(home, group).used;
const context = Uint8Array.of(1);

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-program-'));
  home = openHome(join(folder, 'home'));
  const compiled = compileProgram(kernels.ext, layer());
  const { parameters } = chooseProgramParameters(compiled, { minProofs: 3 });
  group = storeStatics(kernels, home, join(folder, 'W'), compiled, {
    cells: new Map([['W', W]]),
    parameters,
  });
}, 60_000);
afterAll(async () => {
  group.close();
  rmSync(folder, { recursive: true });
  await kernels.close();
});

test('a proof is checked, and costs one opening', () => {
  const before = used();
  const witness = { tensors: new Map(witnessOf(small(T * K))) };
  const { statement, proof } = proveStoredProgram(kernels, home, {
    program: layer(),
    groups: [group],
    witness,
    context,
  });
  expect(verifyProgram(statement, proof)).toEqual({ ok: true });
  expect(used() - before).toBe(statement.parameters.code.queries);
});

test('a batch of four is one proof and one opening', () => {
  const before = used();
  const program = repeatProgram(layer(), 4);
  const tensors = new Map(
    [0, 1, 2, 3].flatMap((i) =>
      witnessOf(small(T * K)).map(([name, cells]) => [instanceName(name, i), cells] as const),
    ),
  );
  const { statement, proof } = proveStoredProgram(kernels, home, {
    program,
    groups: [group],
    witness: { tensors },
    context,
  });
  expect(verifyProgram(statement, proof)).toEqual({ ok: true });
  expect(used() - before).toBe(statement.parameters.code.queries);
});

test('an ill-typed program and too little memory are refused before anything is spent', () => {
  const before = used();
  const witness = { tensors: new Map(witnessOf(small(T * K))) };
  const good = layer();
  const wrong = { ...good, relations: good.relations.slice(1) }; // y has no range check any more, or its remainder
  const request = { groups: [group], witness, context };
  expect(proofError(() => proveStoredProgram(kernels, home, { ...request, program: wrong })).code).toMatch(
    /^PROGRAM_/,
  );
  const little = proofError(() =>
    proveStoredProgram(kernels, home, { ...request, program: good, maxBytes: 1000 }),
  );
  expect([little.code, little.detail]).toEqual(['MEMORY', expect.stringContaining('at most 1000 bytes')]);
  expect(used()).toBe(before);
});

test('a witness that violates a relation gives no proof', () => {
  const tensors = new Map(witnessOf(small(T * K)));
  const y = tensors.get('y')!.slice();
  y[4] = y[4]! + 1;
  tensors.set('y', y);
  expect(() =>
    proveStoredProgram(kernels, home, { program: layer(), groups: [group], witness: { tensors }, context }),
  ).toThrow(/^witness: [^ ]+\[0, 4\]: expected a row of table \d$/);
});
