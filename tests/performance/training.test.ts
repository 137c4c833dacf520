/** The benchmark of training, at a toy size: it proves and verifies what it says. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { timeVerifyTraining } from '../../bench/training/main.ts';
import { planOf } from '../../bench/training/networks.ts';
import { parseTraining } from '../../bench/training/options.ts';
import { runTraining } from '../../bench/training/run.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { layerCount, periodOf } from '../../src/training/plan.ts';
import { checkPlan, parameterCount, updatesAreProven } from '../../src/training/index.ts';
import { withScratch } from '../support/models.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

const KEYS = [
  ...[
    'params',
    'batch',
    'steps',
    'optimizer',
    'commitMs',
    'witnessMs',
    'proveMs',
    'proveMsPerStep',
    'proveCpuMs',
  ],
  ...['proofBytes', 'keyBytes', 'peakRssBytes', 'diskBytes', 'threads', 'securityBits', 'phases', 'counters'],
];
/**
 * The order of batches hangs on a random salt. Narrower networks start with wider weights, and some orders then push a gradient beyond its bits;
 * at this width the greatest of 320 random steps stayed below half of the limit.
 */
const SMALL = ['--width', '48', '--rows', '16', '--batch', '4', '--steps', '2'];

it.each([
  ['--optimizer', 'momentum', '--repeat', '1'],
  ['--optimizer', 'sgd', '--start', 'seed'],
])(
  'proves and verifies: %s %s %s %s',
  async (...args) => {
    await withScratch((scratch) => {
      const folder = join(scratch, 'run');
      mkdirSync(folder);
      const { row, files } = runTraining(kernels, folder, parseTraining([...SMALL, ...args]));
      for (const key of KEYS) expect(row).toHaveProperty(key);
      expect(row['securityBits']).toBeGreaterThanOrEqual(128);
      const [run, segment] = [readFileSync(files.run), readFileSync(files.segment)];
      expect(row['proofBytes']).toBeGreaterThan(segment.length / 2);
      expect(timeVerifyTraining(run, segment)['verifyMs']).toBeGreaterThan(0);
      segment[segment.length - 1]! ^= 1;
      expect(() => timeVerifyTraining(run, segment)).toThrow('expected a proof that verifies');
      return Promise.resolve();
    });
  },
  300_000,
);

it.each(['sgd', 'momentum'])(
  '%s: digits are learned by the network that docs/training.md has',
  (optimizer) => {
    const plan = planOf(parseTraining(['--optimizer', optimizer], 'digits'));
    checkPlan(plan);
    expect(parameterCount(plan)).toBe(50_890);
    expect([plan.widths, plan.rows, plan.batch, plan.steps]).toEqual([[784, 64, 10], 8000, 32, 16]);
    expect(plan.momentum === undefined).toBe(optimizer === 'sgd');
  },
);

it.each([
  ['sgd', 1],
  ['sgd', 8],
  ['momentum', 1],
  ['momentum', 8],
])('%s, %i steps: ten million weights, updates that are integers', (optimizer, steps) => {
  const plan = planOf(parseTraining(['--optimizer', optimizer, '--steps', `${steps}`]));
  checkPlan(plan);
  expect(periodOf(plan)).toBe(steps);
  expect(parameterCount(plan)).toBe(10_504_202);
  expect(plan.batch).toBe(64);
  expect(plan.momentum === undefined).toBe(optimizer === 'sgd');
  for (let layer = 0; layer < layerCount(plan); layer++) expect(updatesAreProven(plan, layer)).toBe(true);
});

it('refuses options that it cannot read', () => {
  expect(() => parseTraining(['--steps', '0'])).toThrow('--steps: expected an integer of at least 1, got 0');
  expect(() => parseTraining(['--optimizer', 'adam'])).toThrow(
    '--optimizer: expected sgd or momentum, got adam',
  );
});
