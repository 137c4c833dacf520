/**
 * ZKP-1 on proofs of real models, up to the budget and beyond: what proof files show of weights, read back from their bytes. A row of a column
 * is the value of cells and pads at one point, so what rows of all proofs show of the weights is what a combination of them says in which all
 * pads cancel. Up to the budget there is none, by elimination over all rows that were really opened. Beyond it there is, for an owner whose
 * counter admits more than pads cover, and then it is a linear form of the weights of every column: it is computed and compared.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Fe } from '../../src/field/field.ts';
import { keyOf } from '../../src/prover/commit-model.ts';
import { proveAnswer } from '../../src/prover/prove-answer.ts';
import { generate, integerSession } from '../../src/graph/index.ts';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import {
  importHuggingFace,
  importLlama2c,
  importTokenizer,
  readLlama2cTokenizer,
} from '../../src/import/index.ts';
import { fileOfBytes, memoryResolver } from '../../src/import/resolver.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { quantize, type QuantizedModel } from '../../src/quantize/index.ts';
import { budgetStatus, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { cases, LONG, tally } from '../support/long.ts';
import { boxModel, readFolder, realWeights } from '../support/models.ts';
import { SMALL, tinyQuantized } from '../support/quantized.ts';
import { codeOf } from '../support/params.ts';
import { combined, padFree, rowsOf, shownForms, union, type Code } from '../support/opened-rows.ts';
import { shownByAnswer, type Shown } from '../support/shown.ts';
import { cellsOfModel, commitSmall } from '../support/small-budget.ts';

const F = koalaBear;
/** Proofs before a refresh. Beyond it an owner with a raised limit makes as many as the reserve for links has room for, and one more. */
const BUDGET = cases(3, 6);
const BEYOND = 3;
const PATIENCE = { timeout: 1_200_000 };

let kernels: Kernels;
let folder: string;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-budget-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await kernels.close();
});

const story = realWeights('stories260K.bin');
const words = realWeights('tok512.bin');
const box = boxModel();

async function stories(): Promise<QuantizedModel> {
  const read = (path: string) => fileOfBytes(new Uint8Array(readFileSync(path)));
  const model = await importLlama2c(read(story as string), 'stories260K.bin');
  const tokenizer = await readLlama2cTokenizer(read(words as string), 'tok512.bin', model.architecture.vocab);
  return quantize(model, { ...SMALL, tokenizer, product: kernelProduct(kernels) });
}

async function boxed(): Promise<QuantizedModel> {
  const resolve = memoryResolver(readFolder(box as string));
  const tokenizer = await importTokenizer(resolve);
  return quantize(await importHuggingFace(resolve), { ...SMALL, tokenizer, product: kernelProduct(kernels) });
}

/** Files below a folder and what is in them. */
function filesOf(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(path, name)).isFile())
    .map(
      (name) =>
        `${name} ${Buffer.from(blake3(new Uint8Array(readFileSync(join(path, name))))).toString('hex')}`,
    )
    .sort();
}

const MODELS: [string, boolean, () => Promise<QuantizedModel>, number][] = [
  [
    'a random model in the shape of LLaMA',
    story === undefined || LONG,
    () => tinyQuantized('tiny-llama'),
    LONG ? 12 : 11, // as many proofs need a longer column
  ],
  ['stories260K', story !== undefined && words !== undefined, stories, 12],
  ['zkdl-3m', box !== undefined && LONG, boxed, 14],
];

for (const [name, isHere, load, logData] of MODELS) {
  describe.skipIf(!isHere)(name, () => {
    let model: QuantizedModel;
    let home: Home;
    let group: StoredGroup;
    let key: Uint8Array;
    let code: Code;
    const within: Shown[] = [];

    /** A proof file about what the model says behind a prompt. */
    const prove = (of: StoredGroup, prompt: readonly number[], privatePrompt = false): Uint8Array => {
      const weights = (own: string) => model.weights.get(own)!;
      const session = integerSession(model.graph, weights);
      const completion = generate(model.graph, session, { prompt, maxTokens: 1, choice: 'greedy' });
      const request = {
        sequences: [{ prompt, completion, privatePrompt }],
        choice: 'greedy',
        context: new Uint8Array(0),
      } as const;
      return proveAnswer(kernels, home, { model, groups: [of], groupCells: Infinity }, request).bytes;
    };
    const promptOf = (i: number): number[] => [1, 2 + i];
    const places = (proofs: readonly Shown[]): Map<number, Uint32Array> =>
      union(proofs.map(rowsOf), group.key.group.columns);

    beforeAll(async () => {
      model = await load();
      const own = join(folder, name);
      home = openHome(join(own, 'home'));
      group = commitSmall(kernels, home, join(own, 'W'), model, logData, BUDGET);
      key = keyOf(model, { groups: [group], groupCells: Infinity }).keyBytes;
      code = group.key.parameters.code;
    }, PATIENCE.timeout);
    afterAll(() => group.close());

    test('up to the budget, rows of all proofs show no form of the weights', PATIENCE, () => {
      expect(budgetStatus(home, group)).toMatchObject({ used: 0, proofsLeft: BUDGET });
      // The first prompt again at the end; one prompt private.
      for (let i = 0; i < BUDGET; i++) {
        const file = prove(group, promptOf(i === BUDGET - 1 ? 0 : i), i === 1);
        expect(verifyAnswer(key, file).ok).toBe(true);
        within.push(shownByAnswer(key, file));
      }
      const rows = [...places(within).keys()];
      expect(rows.length).toBeGreaterThan((BUDGET - 1) * group.limits.queries);
      expect(rows.length).toBeLessThanOrEqual(code.padLength);
      expect(shownForms(code, rows)).toBe(0);
      tally({ property: 'ZKP-1 budgets of real models', cases: BUDGET, refused: 0, surprises: 0 });
    });

    test('two proofs of one statement have no message in common', PATIENCE, () => {
      const [first, last] = [within[0], within[BUDGET - 1]] as [Shown, Shown];
      expect(last.messages.map(({ label }) => label)).toEqual(first.messages.map(({ label }) => label));
      first.messages.forEach(({ label, bytes }, i) => {
        if (bytes.length < 16) return;
        expect([label, Buffer.from(bytes).equals(last.messages[i]!.bytes)]).toEqual([label, false]);
      });
    });

    test('one beyond is refused: nothing is spent, drawn, opened or written', PATIENCE, () => {
      const before = [filesOf(join(folder, name)), budgetStatus(home, group)];
      const never = (): never => {
        throw new Error('opened');
      };
      const watched = { ...group, owned: { ...group.owned, open: never } };
      for (const prompt of [promptOf(0), promptOf(BUDGET)]) {
        expect(codeOf(() => prove(watched, prompt))).toBe('BUDGET_SPENT');
        expect(codeOf(() => prove(watched, prompt, true))).toBe('BUDGET_SPENT');
      }
      expect([filesOf(join(folder, name)), budgetStatus(home, group)]).toEqual(before);
    });

    test('planted: a counter that admits more. Its proofs verify, and show weights', PATIENCE, () => {
      const raised = { ...group, limits: { ...group.limits, total: 2 ** 20, links: 0 } };
      const more = Array.from({ length: BEYOND }, (_, i) => prove(raised, promptOf(BUDGET + i)));
      for (const file of more) expect(verifyAnswer(key, file).ok).toBe(true);
      const all = places([...within, ...more.map((file) => shownByAnswer(key, file))]);
      expect(all.size).toBeGreaterThan(code.padLength);

      // One row more than there are pads: all of them cancel, ..
      const rows = [...all.keys()].slice(0, code.padLength + 1);
      const factors = padFree(code, rows);
      const n = 2 ** logData;
      expect(combined(code, rows, factors, n, code.padLength).every((x) => x === 0)).toBe(true);
      // .. and what is left is one form of the cells of every column: that of the weights.
      const form = combined(code, rows, factors, 0, n);
      expect(form.some((x) => x !== 0)).toBe(true);
      const cells = cellsOfModel(model, logData);
      for (let column = 0; column < group.key.group.columns; column++) {
        const shown = rows.reduce<Fe>(
          (sum, row, i) => F.add(sum, F.mul(factors[i] as Fe, F.fe(all.get(row)![column] as number))),
          F.zero,
        );
        const own = form.reduce<Fe>(
          (sum, x, j) => F.add(sum, F.mul(x, F.fromInt(cells[column * n + j] as number))),
          F.zero,
        );
        expect([column, shown]).toEqual([column, own]);
      }
    });
  });
}

test('the elimination counts what is shown: a row beyond the pads, two of them, none', () => {
  const code = { logData: 4, padLength: 6 };
  const rows = Array.from({ length: 8 }, (_, i) => 5 * i);
  expect([5, 6, 7, 8].map((count) => shownForms(code, rows.slice(0, count)))).toEqual([0, 0, 1, 2]);
});
