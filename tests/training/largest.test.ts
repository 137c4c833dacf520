/**
 * The largest segments: whoever is sent a file that names one has a verdict, of a proof that is none. At a bound of 2^20 rows and
 * 2^18 periods a verifier ended for want of memory. spec/training.md section 10.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { completeInstance } from '../../src/params/choose.ts';
import type { GroupKey } from '../../src/pcs/key.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { dataLayout, dataShapes, groupColumnsOf, stateLayout, stateShapes } from '../../src/training/layouts.ts'; // prettier-ignore
import type { TrainingPlan } from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { decodeTrainingRun, encodeTrainingRun } from '../../src/training/run.ts';
import { decodeSegment, encodeSegment } from '../../src/training/segment-file.ts';
import { mostSteps } from '../../src/training/segment.ts';
import { inputDigests, readRun, segmentFrom, startOf } from '../../src/training/point.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { SMALL_MOMENTUM } from './small.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const kept = {
  run: decodeTrainingRun(bytesOf('training.run')),
  segment: decodeSegment(bytesOf('training-0.seg')),
};

/** A key over other shapes: nobody has such data, and it takes none to send a file that names them. */
function keyOver(key: GroupKey, layout: Uint8Array, shapes: readonly (readonly number[])[]): GroupKey {
  const columns = groupColumnsOf(shapes, key.parameters.code.logData);
  return { ...key, layout, group: { ...key.group, columns } };
}

/** A run, and its first segment of so many steps: parameters that fit, and a proof of a megabyte that is none. */
function sent(plan: TrainingPlan, count: number): readonly [run: Uint8Array, segment: Uint8Array] {
  const data = keyOver(kept.run.data, dataLayout(plan), dataShapes(plan));
  const output = keyOver(kept.segment.outputs[0]!, stateLayout(plan), stateShapes(plan));
  const run = encodeTrainingRun({ plan, data, start: 'seed', seed: kept.run.seed });
  const named = readRun(run);
  const compiled = compileProgram(quintic, trainingProgram(segmentFrom(named, startOf(named), count)));
  const { code } = data.parameters;
  const outputs = plan.momentum === undefined ? [output] : [output, output];
  const groups = [data, ...outputs].map(({ group }) => group);
  const instance = programInstance(compiled, groups, code.logData);
  const parameters = completeInstance(instance, code)!.parameters;
  // Words below p: readers refuse others at once.
  const proof = Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i % 4 === 3 ? 0 : i % 251));
  const place = { run: named.digest, first: 0, count, inputs: inputDigests(named, startOf(named)) };
  return [run, encodeSegment({ ...place, outputs, parameters, proof })];
}

test.each([
  ['powers of two', 1, 8, 1, 2 ** 12],
  ['powers of two', 2, 8, 1, 2 ** 11],
  ['powers of two', 64, 8, 1, 2 ** 6],
  ['sizes of many pieces', 1, 7, 3, 2 ** 12 - 1],
])('%s: %i layers, batches of %i', { timeout: 300_000 }, (_, layers, batch, width, count) => {
  const widths = [...Array<number>(layers).fill(width), width + 1];
  const plan = { ...SMALL_MOMENTUM, widths, batch, steps: count };
  expect([mostSteps(plan) * layers, mostSteps(plan) * layers * batch]).toEqual([2 ** 12, 2 ** 12 * batch]);
  const [run, segment] = sent(plan, count);
  expect(verifyTraining(run, [segment])).toMatchObject({ ok: false, code: 'MERKLE_ROOT' });
});
