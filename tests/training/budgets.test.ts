/**
 * BUD-2, BUD-3, BUD-4 for what training commits: a dataset, which is static, and weights, which are carried for a few proofs. A segment opens three
 * groups at once, so a process can die with some of them paid and others not; whatever happens, no position of a group is opened twice.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { budgetStatus, openGroup, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import type { Reservation } from '../../src/store/budget.ts';
import { proveOnce } from '../../src/store/prove-once.ts';
import { chooseTrainingParameters, commitDataset, STATE_USES } from '../../src/training/commit.ts';
import { announceRun, pointFrom, proveSegment, startPoint, type OwnedPoint, type ProvenSegment, type TrainingOwner } from '../../src/training/prove-segment.ts'; // prettier-ignore
import { decodeSegment } from '../../src/training/segment-file.ts';
import { segmentStatement, verifyTraining } from '../../src/training/verify.ts';
import { cases } from '../support/long.ts';
import { memoryFiles, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';
import { makePlace } from '../support/store.ts';
import { NARROW, SEED, smallData } from './small.ts';

let kernels: Kernels;
let files: MemoryFiles;
let home: Home;
let data: StoredGroup;
let owner: TrainingOwner;
/** Two segments; the weights behind the first were written and read. */
let first: ProvenSegment;
let second: ProvenSegment;
let queries: number;
/** What is proven of the second segment, and its proof. */
let segment: { parameters: Parameters; domain: ReturnType<typeof programDomain>; proof: Uint8Array };

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  files = memoryFiles();
  home = openHome('/home', files);
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 1, minProofs: 20 });
  queries = parameters.code.queries;
  data = commitDataset(kernels, home, '/data', NARROW, smallData(NARROW), parameters);
  owner = announceRun(NARROW, smallData(NARROW), data, SEED);
  first = proveSegment(kernels, home, owner, startPoint(owner), 1, '/one');
  second = proveSegment(kernels, home, owner, first.point, 1, '/two');
  const file = decodeSegment(second.bytes);
  const point = { step: 1, weights: groupOf(first.point).key, earlier: undefined };
  const statement = segmentStatement(owner.named, point, file, file.parameters);
  segment = { parameters: statement.parameters, domain: programDomain(statement), proof: file.proof };
}, 300_000);
afterEach(() => (files.hook = undefined));
afterAll(() => kernels.close());

const groupOf = ({ group }: OwnedPoint): StoredGroup => group as StoredGroup;
let copies = 0;

/** The three groups of the second segment and their home, copied to places of their own; the world before is gone. */
interface World {
  readonly home: Home;
  readonly groups: readonly StoredGroup[];
  /** Reservations of proofs that were made, group by group. */
  readonly made: Reservation[][];
  prove(): void;
}

function world(): World {
  files.remove(`/world-${copies}`);
  const at = `/world-${++copies}`;
  files.makeDirectory(at);
  files.copy('/home', `${at}/home`);
  const groups = [data, groupOf(first.point), groupOf(second.point)].map((group, i) => {
    files.copy(group.path, `${at}/${i}`);
    return { ...group, path: `${at}/${i}` };
  });
  const own = openHome(`${at}/home`, files);
  const made: Reservation[][] = [];
  return {
    home: own,
    groups,
    made,
    prove() {
      const { reservations } = proveOnce(kernels, own, {
        groups,
        parameters: segment.parameters,
        purpose: 'proof',
        domain: segment.domain,
        prove: () => segment.proof.slice(),
        verify: () => ({ ok: true }),
      });
      made.push([...reservations]);
    },
  };
}

/** Uses up what is left and holds all that was ever made against it. @returns how many proofs were made */
function checkAfterwards({ home: own, groups, made, prove }: World): number {
  files.hook = undefined;
  while (made.length < 50) {
    const code = codeOf(prove);
    if (code === 'BUDGET_SPENT') break;
    expect(code).toBe('accepted');
  }
  groups.forEach((group, g) => {
    const used = made.map((all) => all[g]!.used);
    expect(new Set(used).size).toBe(used.length);
    // Counted in proofs: each reservation is one, and those before this world are one or two.
    for (const end of used) expect(end % queries).toBe(0);
    expect(Math.max(...used)).toBeLessThanOrEqual(group.limits.total - group.limits.links);
    expect(budgetStatus(own, group).used).toBeLessThanOrEqual(group.limits.total);
  });
  return made.length;
}

/** From this call on nothing works. */
function dieAt(step: number): void {
  const stop = files.steps + step;
  files.hook = () => {
    if (files.steps >= stop) throw new Error('dead');
  };
}

function outcome(run: () => unknown): string {
  try {
    run();
    return 'returned';
  } catch (error) {
    return (error as Error).message;
  }
}

const left = (group: StoredGroup): number => budgetStatus(home, group).proofsLeft;

test('what is there: a segment takes one proof of each of its groups', () => {
  expect([data, first.point, second.point].map((of) => ('key' in of ? of.key.group.lifetime : groupOf(of).key.group.lifetime))).toEqual(['static', 'carried', 'carried']); // prettier-ignore
  expect(groupOf(first.point).limits).toEqual({ total: STATE_USES * queries, links: 0, queries });
  expect([left(groupOf(first.point)), left(groupOf(second.point))]).toEqual([STATE_USES - 2, STATE_USES - 1]);
  expect(budgetStatus(home, data).used).toBe(2 * queries);
  const w = world();
  expect(checkAfterwards(w)).toBe(STATE_USES - 2);
});

describe('BUD-2: a prover dies at any call', () => {
  const calls = (): number => {
    const w = world();
    const before = files.steps;
    w.prove();
    return files.steps - before;
  };
  test.each([
    ['the process', undefined],
    ['power, nothing undurable survives', () => false],
    ['power, everything survives', () => true],
  ])('%s', { timeout: 300_000 }, (_, survives) => {
    const count = calls();
    expect(count).toBeGreaterThan(60); // three reservations
    const lost: number[] = [];
    for (let step = 1; step <= count; step++) {
      const w = world();
      dieAt(step);
      outcome(w.prove);
      files.hook = undefined;
      if (survives !== undefined) files.losePower(survives);
      // The scarcest group is paid first: a death costs its proof, or none.
      lost.push(STATE_USES - 2 - checkAfterwards(w));
    }
    for (const one of lost) expect([0, 1]).toContain(one);
    expect(lost).toContain(1);
    expect(lost[0]).toBe(0);
  });

  test(
    'a segment that is proven in earnest: the next attempt proves it, or is told that weights are spent',
    { timeout: 600_000 },
    () => {
      const attempt = (path: string): ProvenSegment => proveSegment(kernels, own, owner, point(), 1, path);
      const point = (): OwnedPoint => pointFrom(owner, 1, { ...groupOf(first.point), path: '/again' });
      let own = home;
      const fresh = (): void => {
        for (const path of ['/again', '/home-again', '/data-again'])
          if (files.list('/').includes(path.slice(1))) files.remove(path);
        files.copy('/one', '/again');
        files.copy('/home', '/home-again');
        own = openHome('/home-again', files);
      };
      fresh();
      const before = files.steps;
      attempt('/new');
      const count = files.steps - before;
      const dead = cases(5, 40);
      for (let i = 0; i < dead; i++) {
        fresh();
        dieAt(1 + Math.floor((i * (count - 1)) / dead));
        expect(outcome(() => attempt(`/dead-${i}`))).toBe('dead');
        files.hook = undefined;
        files.losePower(() => i % 2 === 0);
        const used = budgetStatus(own, { ...groupOf(first.point), path: '/again' }).used;
        expect([2, 3]).toContain(used / queries);
        if (used === STATE_USES * queries) {
          expect(codeOf(() => attempt(`/next-${i}`))).toBe('BUDGET_SPENT');
        } else {
          const { bytes } = attempt(`/next-${i}`);
          expect(verifyTraining(owner.bytes, [first.bytes, bytes])).toMatchObject({ ok: true, steps: 2 });
        }
      }
    },
  );
});

describe('BUD-3: provers at the same time', () => {
  test('another one steps in at any call: both are paid, or one is told', { timeout: 300_000 }, () => {
    for (let step = 1; ; step++) {
      const w = world();
      const stop = files.steps + step;
      let reached = false;
      files.hook = () => {
        if (files.steps < stop) return;
        files.hook = undefined;
        reached = true;
        expect(['accepted', 'BUDGET_SPENT']).toContain(codeOf(w.prove));
      };
      expect(['accepted', 'BUDGET_SPENT']).toContain(codeOf(w.prove));
      files.hook = undefined;
      if (!reached) break;
      // Room for one: never two.
      expect(w.made.length).toBeLessThanOrEqual(STATE_USES - 2);
      checkAfterwards(w);
    }
  });

  test('processes: weights for three proofs make three', { timeout: 120_000 }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'zkdl-weights-'));
    const real = openHome(join(root, 'home'));
    const { key, limits } = groupOf(second.point);
    const { path, keyDigest } = makePlace(real, join(root, 'weights'), key);
    const child = join(import.meta.dirname, '../../dist-tools/tests/support/reserve-child.js');
    const job = JSON.stringify({ home: join(root, 'home'), path, key: [...keyDigest], limits, times: 4, go: Date.now() + 1500 }); // prettier-ignore
    const lines = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const running = spawn(process.execPath, [child, job], { stdio: ['ignore', 'pipe', 'inherit'] });
        let out = '';
        for await (const part of running.stdout) out += String(part);
        return out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { code: string; used: number });
      }),
    );
    const all = lines.flat();
    const used = all.filter(({ code }) => code === 'accepted').map((line) => line.used / queries);
    expect(used.sort()).toEqual([1, 2, 3]);
    expect(all.filter(({ code }) => code === 'BUDGET_SPENT').length).toBe(9);
    rmSync(root, { recursive: true });
  });
});

describe('BUD-4: directories that are not the newest', () => {
  /** A backup of a directory, put back after one more proof. */
  function restored(which: number): World {
    const w = world();
    const { path } = w.groups[which]!;
    files.copy(path, `${path}-backup`);
    w.prove();
    files.remove(path);
    files.copy(`${path}-backup`, path);
    return w;
  }
  test.each([
    ['the dataset', 0],
    ['weights that were read', 1],
    ['weights that were written', 2],
  ])('%s, restored: nothing is proven, and the other groups pay nothing', (_, which) => {
    const w = restored(which);
    const others = w.groups.filter((__, g) => g !== which);
    const before = others.map((group) => budgetStatus(w.home, group).used);
    expect(codeOf(w.prove)).toBe('BUDGET_BEHIND');
    expect(w.made.length).toBe(1);
    expect(others.map((group) => budgetStatus(w.home, group).used)).toEqual(before);
  });

  test('two copies of weights that go on, one after the other', () => {
    const w = world();
    const [, weights] = w.groups as [StoredGroup, StoredGroup];
    files.copy(weights.path, `${weights.path}-copy`);
    w.prove();
    const copy = openGroup(kernels, w.home, `${weights.path}-copy`);
    expect(codeOf(() => budgetStatus(w.home, copy))).toBe('BUDGET_BEHIND');
    copy.close();
  });
});
