/** The search: wishes kept, small programs served, best among alternatives. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkParameters } from '../../src/params/check.ts';
import { chooseParameters, complete } from '../../src/params/choose.ts';
import { budget, levelGeometry, type Parameters } from '../../src/params/parameters.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { S128, unsafeToyProfile } from '../../src/params/profile.ts';
import { proofSize } from '../../src/params/size.ts';
import { scheduler, WORDS_PER_BYTE } from '../../src/params/schedule.ts';
import { splitLookups, standardWorkload } from '../../src/params/standard.ts';
import { renderParameters } from '../../tools/parameters/render.ts';
import { codeOf, MAIN, toyChoice } from '../support/params.ts';

test('spec/parameters.md is what the tool writes', () => {
  expect(readFileSync('spec/parameters.md', 'utf8')).toBe(renderParameters());
});

test.each([1, 1000, 5000])('at least %i proofs in every epoch', (minProofs) => {
  const { parameters } = chooseParameters(standardWorkload(2 ** 24), { minProofs });
  expect(budget(parameters.code).laterEpochs).toBeGreaterThanOrEqual(minProofs);
});

test('wishes that no set meets are named', () => {
  expect(() => chooseParameters(standardWorkload(2 ** 27), { minProofs: 1e6 })).toThrow(/wishes: expected/);
  expect(() => chooseParameters(standardWorkload(2 ** 27), { maxDiskBytes: 2 ** 30 })).toThrow(RangeError);
  const disk = 16 * 2 ** 27 + 2 ** 24;
  expect(chooseParameters(standardWorkload(2 ** 27), { maxDiskBytes: disk }).diskBytes).toBeLessThanOrEqual(
    disk,
  );
});

test('a program that no set makes sound is refused, not served', () => {
  const workload = { ...standardWorkload(2 ** 24), balances: [2 ** 26] };
  expect(codeOf(() => chooseParameters(workload))).toBe('WEAK_PARAMS');
});

test.each([1, 100, 2 ** 10, 2 ** 12, 2 ** 15])('small: %i cells', (cells) => {
  const workload = { ...standardWorkload(cells), exposed: 200, products: 40, constraints: 200 };
  const choice = chooseParameters(workload);
  expect(codeOf(() => checkParameters(choice.parameters, choice.instance))).toBe('accepted');
  expect(choice.size.expected).toBeLessThan(300 * 1024);
});

test('one proof, no static group: t need only hold one opening', () => {
  const groups = [{ name: 'witness', lifetime: 'proof' as const, cells: 500 }];
  const { parameters } = chooseParameters({ ...standardWorkload(1), groups }, { logData: 9 });
  expect(parameters.code).toEqual({ logData: 9, padLength: 256, queries: 237 });
  expect(budget(parameters.code).firstEpoch).toBe(0);
});

test('carried groups fit: their whole life is within t', () => {
  const workload = standardWorkload(2 ** 20);
  const carried = { name: 'state', lifetime: 'carried' as const, cells: 2 ** 16, uses: 3 };
  const choice = chooseParameters({ ...workload, groups: [...workload.groups, carried] });
  expect(choice.parameters.code.padLength).toBeGreaterThanOrEqual(3 * choice.parameters.code.queries);
});

test('the schedule is the cheapest of all three-level ones under the same constraints', () => {
  const { code, pads } = MAIN.parameters;
  const found = scheduler(S128).schedule(code) ?? [];
  expect(found).toEqual(MAIN.parameters.levels);
  const rates = [1, 2, 3, 4, 5, 6];
  const q = rates.map((r) => leastQueries({ length: 2 ** r, dimension: 1 }, 128) ?? 0);
  const level = (logFold: number, r: number) => ({ logFold, logInverseRate: r, queries: q[r - 1] as number });
  let tried = 0;
  for (const [k1, k2, k3] of triples(3, 7)) {
    const logFinal = 21 - k1 - k2 - k3;
    if (logFinal < 0 || logFinal > 12) continue;
    for (const [r1, r2, r3] of triples(1, 6)) {
      const levels = [level(k1, r1), level(k2, r2), level(k3, r3)];
      const geometry = levelGeometry({ code, levels });
      const totals = geometry.map((g) => g.columns * 2 ** g.logCodeword);
      const [a, b, c] = totals as [number, number, number];
      if (r1 > 3 || 2 * b > a || 2 * c > b) continue;
      tried++;
      const set = { profile: S128, code, levels, logFinal, pads };
      // What would be cheaper than the schedule found must be unsound.
      if (costOf(set) >= costOf(MAIN.parameters)) continue;
      expect(codeOf(() => checkParameters(set, MAIN.instance))).toBe('WEAK_PARAMS');
    }
  }
  expect(tried).toBeGreaterThan(100);
});

/** Bytes, and words of the inner codewords by their weight. */
function costOf(set: Parameters): number {
  const words = levelGeometry(set).reduce((sum, g) => sum + 5 * g.columns * 2 ** g.logCodeword, 0);
  return proofSize(set, MAIN.instance).expected + words / WORDS_PER_BYTE;
}

function triples(low: number, high: number): [number, number, number][] {
  const all: [number, number, number][] = [];
  for (let a = low; a <= high; a++) {
    for (let b = low; b <= high; b++) for (let c = low; c <= high; c++) all.push([a, b, c]);
  }
  return all;
}

test('for a given commitment only schedule and pads are searched', () => {
  const { code } = MAIN.parameters;
  const draft = complete({ ...standardWorkload(2 ** 27), exposed: 500 }, code);
  expect(draft?.parameters.code).toEqual(code);
  expect(draft?.parameters.pads.size).toBe(500 + 1023 + 40 + 160 + 2);
});

test('toys: honest bits, refused by the gate', () => {
  const { parameters, instance, ledger } = toyChoice();
  expect(ledger.worst.tenths).toBeLessThan(140); // |K| = 97^2: 13.2 bits at most
  expect(codeOf(() => checkParameters(parameters, instance))).toBe('WEAK_PARAMS');
  expect(() => unsafeToyProfile(0, { modulus: 97, degree: 2 })).toThrow(/lambda: expected/);
  expect(() => unsafeToyProfile(4, { modulus: 98, degree: 2 })).toThrow(/modulus: expected/);
  expect(() => unsafeToyProfile(4, { modulus: 97, degree: 0 })).toThrow(/degree: expected/);
});

test('lookups are divided evenly into balances below 2^25', () => {
  expect(splitLookups(0)).toEqual([]);
  expect(splitLookups(2 ** 25)).toEqual([2 ** 25]);
  const split = splitLookups(2 ** 26 + 1);
  expect(split).toHaveLength(3);
  expect(split.reduce((a, b) => a + b)).toBe(2 ** 26 + 1);
  expect(Math.max(...split) - Math.min(...split)).toBeLessThanOrEqual(1);
});

test('what a verifier imports reaches no search, no size, no kernel, no platform and no float', () => {
  const folder = 'src/params';
  const closure = new Set<string>();
  const visit = (file: string) => {
    if (closure.has(file)) return;
    closure.add(file);
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    expect(text, file).not.toMatch(/node:|Math\.(random|log|pow|sqrt|exp)|Date|performance|\d\.\d+[^'`]*;$/m);
    for (const [, path] of text.matchAll(/from '(.*?)'/g)) {
      if (path?.startsWith('./')) visit(path.slice(2));
      else expect(path).toMatch(/^\.\.\/(errors|field)\//);
    }
  };
  visit('check.ts');
  visit('encoding.ts');
  expect([...closure]).not.toContain('size.ts');
  expect([...closure].every((file) => readdirSync(folder).includes(file))).toBe(true);
});
