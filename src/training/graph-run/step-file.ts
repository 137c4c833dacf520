/** A step file: which steps of which run, the weights that the first one read and the last one wrote, and the proof. Bytes: spec/graph-runs.md section 3. */
import { fileBytes, fileReader } from '../../answer/bytes.ts';
import { DIGEST_BYTES } from '../../hash/blake3.ts';
import { decodeParameters, encodeParameters } from '../../params/encoding.ts';
import type { Parameters } from '../../params/parameters.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import { digestOfLeaves } from '../../transcript/statement.ts';

export interface GraphStepFile {
  /** Digest of the run. */
  readonly run: Uint8Array;
  /** Number of the first step, from 0, and how many there are. */
  readonly step: number;
  readonly count: number;
  /** Digest of the key of the weights that are read. */
  readonly input: Uint8Array;
  /** Key of the weights that are written. */
  readonly output: GroupKey;
  /** For this proof: code and profile are those of the corpus. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const GRAPH_STEP_VERSION = 2;
const MAGIC = 'zkdl-stp';
const STAGE = 'step file';

export function encodeGraphStep(file: GraphStepFile): Uint8Array<ArrayBuffer> {
  return fileBytes(MAGIC, GRAPH_STEP_VERSION, [
    file.run,
    file.step,
    file.count,
    file.input,
    { block: encodeKey(file.output) },
    { block: encodeParameters(file.parameters) },
    { block: file.proof },
  ]);
}

/** @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeKey`, `decodeParameters` */
export function decodeGraphStep(bytes: Uint8Array): GraphStepFile {
  const reader = fileReader(STAGE, bytes, MAGIC, GRAPH_STEP_VERSION);
  const run = reader.bytes('run', DIGEST_BYTES).slice();
  const [step, count] = [reader.u32('step'), reader.u32('count')];
  const input = reader.bytes('input', DIGEST_BYTES).slice();
  const output = decodeKey(reader.block('output'));
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { run, step, count, input, output, parameters, proof };
}

/**
 * What a proof is bound to beside program and groups: the run, its place in it, and both keys whole. A group's digest leaves out the parameters of a
 * key, and what the next step reads is named by all of it.
 */
export function runStepContext({
  run,
  step,
  count,
  input,
  output,
}: Omit<GraphStepFile, 'parameters' | 'proof'>): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl graph run step 2', [
    { label: 'run', type: 'digest', value: run },
    { label: 'step', type: 'integer', value: step },
    { label: 'count', type: 'integer', value: count },
    { label: 'input', type: 'digest', value: input },
    { label: 'output', type: 'digest', value: keyDigest(encodeKey(output)) },
  ]);
}
