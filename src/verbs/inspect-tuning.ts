/** What files of runs of graphs hold: runs and steps. */
import { encodeGraph } from '../graph/index.ts';
import { encodeKey, type GroupKey } from '../pcs/key.ts';
import { decodeGraphStep } from '../training/graph-run/step-file.ts';
import type { GraphRun } from '../training/graph-run/run.ts';
import { readGraphRun } from '../training/graph-run/verify.ts';
import { groupOf, parametersOf, part, proofParts, withRest } from './inspect-parts.ts';
import type { GroupSummary, ParameterSummary, Parts } from './inspect-parts.ts';
import { hexOf } from './verify.ts';

/** Digests are hexadecimal. */
export type TuningInspection = Parts &
  (
    | ({
        readonly kind: 'graph run';
        readonly digest: string;
        readonly seed: string;
        readonly corpus: GroupSummary;
        /** Of weights that are committed. */
        readonly start?: GroupSummary;
        /** Of weights that are drawn from the seed. */
        readonly bounds?: readonly number[];
      } & Pick<GraphRun, 'graph' | 'plan' | 'tokens' | 'length' | 'batch' | 'steps' | 'rates'>)
    | {
        readonly kind: 'graph step';
        readonly run: string;
        /** The first one, and how many. */
        readonly step: number;
        readonly count: number;
        readonly input: string;
        readonly output: GroupSummary;
        readonly parameters: ParameterSummary;
      }
  );

/** By the first eight bytes of a file. */
export const TUNING_INSPECTORS = { graphRun: inspectGraphRun, graphStep: inspectGraphStep };

function keyPart(name: string, key: GroupKey): ReturnType<typeof part> {
  return part(`key of ${name}`, encodeKey(key).length);
}

function inspectGraphRun(bytes: Uint8Array): TuningInspection {
  const { run, digest } = readGraphRun(bytes);
  const { corpus, start, seed, ...said } = run;
  const parts = [
    part('graph', encodeGraph(run.graph).length),
    keyPart('the corpus', corpus),
    ...('bounds' in start ? [] : [keyPart('the first weights', start)]),
    part('seed', seed.length),
  ];
  return {
    kind: 'graph run',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    digest: hexOf(digest),
    ...said,
    seed: hexOf(seed),
    corpus: groupOf(corpus),
    ...('bounds' in start ? { bounds: start.bounds } : { start: groupOf(start) }),
  };
}

function inspectGraphStep(bytes: Uint8Array): TuningInspection {
  const { run, step, count, input, output, parameters, proof } = decodeGraphStep(bytes);
  const parts = [keyPart('the weights', output), ...proofParts(parameters, proof)];
  return {
    kind: 'graph step',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    run: hexOf(run),
    step,
    count,
    input: hexOf(input),
    output: groupOf(output),
    parameters: parametersOf(parameters),
  };
}
