/** A prediction file: which weights of which run, inputs unless they are hidden, classes, and the proof. Bytes: spec/training.md section 9. */
import { fileBytes, fileReader } from '../answer/bytes.ts';
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { digestOfLeaves } from '../transcript/statement.ts';

export interface PredictionFile {
  /** Digest of the run. */
  readonly run: Uint8Array;
  /** Key of the weights that are read. */
  readonly weights: GroupKey;
  /** [rows, inputs]; undefined: hidden. */
  readonly inputs: Uint16Array | undefined;
  /** One a row. */
  readonly classes: Uint16Array;
  /** Anything that the parties agreed on. */
  readonly context: Uint8Array;
  /** For this proof: code and profile are those of the weights. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const PREDICTION_VERSION = 1;
const MAGIC = 'zkdl-prd';
const STAGE = 'prediction file';

export function encodePrediction(file: PredictionFile): Uint8Array<ArrayBuffer> {
  const { inputs } = file;
  return fileBytes(MAGIC, PREDICTION_VERSION, [
    file.run,
    { block: encodeKey(file.weights) },
    ...(inputs === undefined ? [0] : [1, { block: u16Bytes(inputs) }]),
    { block: u16Bytes(file.classes) },
    { block: file.context },
    { block: encodeParameters(file.parameters) },
    { block: file.proof },
  ]);
}

/** @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeKey`, `decodeParameters` */
export function decodePrediction(bytes: Uint8Array): PredictionFile {
  const reader = fileReader(STAGE, bytes, MAGIC, PREDICTION_VERSION);
  const run = reader.bytes('run', DIGEST_BYTES).slice();
  const weights = decodeKey(reader.block('weights'));
  const kind = reader.u32('inputs');
  if (kind > 1) refuse('FORMAT', STAGE, `inputs: expected 0 or 1, got ${kind}`);
  const inputs = kind === 0 ? undefined : u16List('inputs', reader.block('inputs'));
  const classes = u16List('classes', reader.block('classes'));
  const context = reader.block('context').slice();
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { run, weights, inputs, classes, context, parameters, proof };
}

/** What a proof is bound to beside program and group: the run, the key of the weights, and what the parties agreed on. */
export function predictionContext({
  run,
  weights,
  context,
}: Pick<PredictionFile, 'run' | 'weights' | 'context'>): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl training prediction 1', [
    { label: 'run', type: 'digest', value: run },
    { label: 'weights', type: 'digest', value: keyDigest(encodeKey(weights)) },
    { label: 'context', type: 'bytes', value: context },
  ]);
}

function u16Bytes(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, value, true));
  return bytes;
}

function u16List(what: string, bytes: Uint8Array): Uint16Array {
  if (bytes.length % 2 !== 0) {
    refuse('LENGTH', STAGE, `${what}: expected two bytes each, got ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}
