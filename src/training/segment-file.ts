/** A segment file: which steps of which run, the weights that they read and write, and the proof. Bytes: spec/training.md section 9. */
import { fileBytes, fileReader } from '../answer/bytes.ts';
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { digestOfLeaves } from '../transcript/statement.ts';

export interface SegmentFile {
  /** Digest of the run. */
  readonly run: Uint8Array;
  readonly first: number;
  readonly count: number;
  /**
   * Digests of the keys of weights that are read, in the order of time: those at the start, and with momentum before them those a period earlier. Of the
   * run where they are those of its seed.
   */
  readonly inputs: readonly Uint8Array[];
  /** Keys of the weights that are written, in the order of time: the last ones, and with momentum and several periods before them those a period earlier. */
  readonly outputs: readonly GroupKey[];
  /** For this proof: code and profile are those of the dataset. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const SEGMENT_VERSION = 2;
const MAGIC = 'zkdl-seg';
const STAGE = 'segment file';

export function encodeSegment(file: SegmentFile): Uint8Array<ArrayBuffer> {
  return fileBytes(MAGIC, SEGMENT_VERSION, [
    file.run,
    file.first,
    file.count,
    file.inputs.length,
    ...file.inputs,
    file.outputs.length,
    ...file.outputs.map((key) => ({ block: encodeKey(key) })),
    { block: encodeParameters(file.parameters) },
    { block: file.proof },
  ]);
}

/** @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeKey`, `decodeParameters` */
export function decodeSegment(bytes: Uint8Array): SegmentFile {
  const reader = fileReader(STAGE, bytes, MAGIC, SEGMENT_VERSION);
  const run = reader.bytes('run', DIGEST_BYTES).slice();
  const [first, count] = [reader.u32('first'), reader.u32('count')];
  const states = <T>(what: string, read: () => T): T[] => {
    const length = reader.u32(`${what}: number`);
    if (length < 1 || length > 2) refuse('FORMAT', STAGE, `${what}: expected 1 or 2, got ${length}`);
    return Array.from({ length }, read);
  };
  const inputs = states('inputs', () => reader.bytes('input', DIGEST_BYTES).slice());
  const outputs = states('outputs', () => decodeKey(reader.block('output')));
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { run, first, count, inputs, outputs, parameters, proof };
}

/**
 * What a proof is bound to beside program and groups: the run, its place in it, and all keys whole. A group's digest leaves out the
 * parameters of a key, and what the next segment reads is named by all of it.
 */
export function segmentContext({
  run,
  first,
  count,
  inputs,
  outputs,
}: Omit<SegmentFile, 'parameters' | 'proof'>): Uint8Array<ArrayBuffer> {
  const digests = (label: string, values: readonly Uint8Array[]) =>
    values.map((value, i) => ({ label: `${label}-${i}`, type: 'digest' as const, value }));
  return digestOfLeaves('zkdl training segment 2', [
    { label: 'run', type: 'digest', value: run },
    { label: 'first', type: 'integer', value: first },
    { label: 'count', type: 'integer', value: count },
    ...digests('input', inputs),
    ...digests(
      'output',
      outputs.map((key) => keyDigest(encodeKey(key))),
    ),
  ]);
}
