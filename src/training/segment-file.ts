/** A segment file: which steps of which run, the weights that they read and write, and the proof. Bytes: spec/training.md section 9. */
import { fileBytes, fileReader } from '../answer/bytes.ts';
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
  /** Digest of the key of the weights that are read; of the run where these are its start. */
  readonly input: Uint8Array;
  /** Key of the weights that are written. */
  readonly output: GroupKey;
  /** For this proof: code and profile are those of the dataset. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const SEGMENT_VERSION = 1;
const MAGIC = 'zkdl-seg';
const STAGE = 'segment file';

export function encodeSegment(file: SegmentFile): Uint8Array<ArrayBuffer> {
  return fileBytes(MAGIC, SEGMENT_VERSION, [
    file.run,
    file.first,
    file.count,
    file.input,
    { block: encodeKey(file.output) },
    { block: encodeParameters(file.parameters) },
    { block: file.proof },
  ]);
}

/** @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeKey`, `decodeParameters` */
export function decodeSegment(bytes: Uint8Array): SegmentFile {
  const reader = fileReader(STAGE, bytes, MAGIC, SEGMENT_VERSION);
  const run = reader.bytes('run', DIGEST_BYTES).slice();
  const [first, count] = [reader.u32('first'), reader.u32('count')];
  const input = reader.bytes('input', DIGEST_BYTES).slice();
  const output = decodeKey(reader.block('output'));
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { run, first, count, input, output, parameters, proof };
}

/**
 * What a proof is bound to beside program and groups: the run, its place in it, and both keys whole. A group's digest leaves out the
 * parameters of a key, and what the next segment reads is named by all of it.
 */
export function segmentContext({
  run,
  first,
  count,
  input,
  output,
}: Pick<SegmentFile, 'run' | 'first' | 'count' | 'input' | 'output'>): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl training segment 1', [
    { label: 'run', type: 'digest', value: run },
    { label: 'first', type: 'integer', value: first },
    { label: 'count', type: 'integer', value: count },
    { label: 'input', type: 'digest', value: input },
    { label: 'output', type: 'digest', value: keyDigest(encodeKey(output)) },
  ]);
}
