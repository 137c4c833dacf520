/**
 * The file of a quantised model. All integers are little-endian; spec/model-format.md is the definition.
 *
 *    offset  bytes  field
 *       0      8    magic `zkdlmodl`
 *       8      4    version of this layout, 1
 *      12      4    g, bytes of the graph
 *      16      4    i, bytes of the information
 *      20      g    the graph, canonical (`encodeGraph`)
 *    20+g      i    the information, canonical (`encodeInfo`)
 *       .      .    zeros up to a multiple of 4
 *       .      .    for each weight in the order of the graph: its entries row by row, i16 of a matrix, i32 of a vector,
 *                   then zeros up to a multiple of 4
 *       .     32    BLAKE3 of all bytes before, in key derivation mode
 *
 * Graph and information are public; the weights are not.
 */
import { refuse } from '../errors/proof-error.ts';
import { decodeGraph, encodeGraph, type Graph, type WeightDeclaration } from '../graph/index.ts';
import { extremes, knownBits } from '../ops/extremes.ts';
import { blake3Hasher, DIGEST_BYTES } from '../hash/blake3.ts';
import { joinedBytes } from '../hash/words.ts';
import {
  decodeInfo,
  encodeInfo,
  type HeldModel,
  type ModelInfo,
  type QuantizedModel,
  type Room,
} from './model.ts';
import { top } from './scales.ts';
import { weightsInTurn } from './weights-in-turn.ts';

export const MODEL_FORMAT_VERSION = 1;

const MAGIC = Uint8Array.from('zkdlmodl', (character) => character.charCodeAt(0));
const DIGEST_CONTEXT = 'zkdl model file 1';
const HEADER_BYTES = 20;
const STAGE = 'model file';
/** Longer ones are refused before they are read. */
const MAX_GRAPH_BYTES = 2 ** 26;
const MAX_INFO_BYTES = 2 ** 16;

const padding = (length: number): number => (4 - (length % 4)) % 4;

/** Bytes of an entry, and entries of a weight. */
function sizeOf({ shape }: WeightDeclaration): { readonly width: 2 | 4; readonly entries: number } {
  return { width: shape.length === 2 ? 2 : 4, entries: shape.reduce((product, n) => product * n, 1) };
}

/** Whether typed arrays of this machine hold little-endian words. */
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of entries; a view where the machine's order is the file's. */
function bytesOfEntries(data: Int16Array | Int32Array): Uint8Array {
  if (LITTLE) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  data.forEach((v, i) =>
    data instanceof Int16Array ? view.setInt16(2 * i, v, true) : view.setInt32(4 * i, v, true),
  );
  return bytes;
}

/** Entries of bytes, which are nobody else's and begin at a multiple of four. */
function entriesOfBytes(bytes: Uint8Array<ArrayBuffer>, width: 2 | 4): Int16Array | Int32Array {
  const { buffer, byteOffset, length } = bytes;
  if (LITTLE) return new (width === 2 ? Int16Array : Int32Array)(buffer, byteOffset, length / width);
  const view = new DataView(buffer, byteOffset);
  const entries = width === 2 ? new Int16Array(length / 2) : new Int32Array(length / 4);
  return entries.map((_, i) => (width === 2 ? view.getInt16(2 * i, true) : view.getInt32(4 * i, true)));
}

/** @throws ProofError `MODEL_WEIGHT` naming the weight and the first entry that does not fit, never the entry */
function checkEntries(weight: WeightDeclaration, data: Int16Array | Int32Array | undefined): void {
  const { width, entries } = sizeOf(weight);
  const kind = width === 2 ? Int16Array : Int32Array;
  if (!(data instanceof kind) || data.length !== entries) {
    return refuse('MODEL_WEIGHT', weight.name, `expected ${entries} entries of ${8 * width} bits`);
  }
  if (data instanceof Int16Array && knownBits(data) <= weight.bits) return;
  const most = top(weight.bits);
  const [least, greatest] = extremes(data);
  if (least >= -most - 1 && greatest <= most) return;
  const bad = data.findIndex((v) => v > most || v < -most - 1);
  refuse('MODEL_WEIGHT', weight.name, `entry ${bad}: expected ${weight.bits} bits`);
}

/**
 * The bytes of a model, in parts, each valid until the next is asked for: one that lies in a file need not be in memory.
 *
 * @throws ProofError as `encodeGraph` and `encodeInfo`, `MODEL_WEIGHT`; before the first part
 */
export function modelParts({ graph, weights, info }: QuantizedModel): Iterable<Uint8Array> {
  const [graphBytes, infoBytes] = [encodeGraph(graph), encodeInfo(info, graph)];
  // What is read anew is checked whenever it is.
  if (weights.checked !== true)
    for (const weight of graph.weights) checkEntries(weight, weights.get(weight.name));
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  view.setUint32(8, MODEL_FORMAT_VERSION, true);
  view.setUint32(12, graphBytes.length, true);
  view.setUint32(16, infoBytes.length, true);
  const zeros = (length: number): Uint8Array => new Uint8Array(padding(length));
  return (function* () {
    const hasher = blake3Hasher({ context: DIGEST_CONTEXT });
    const hashed = (part: Uint8Array): Uint8Array => {
      hasher.update(part);
      return part;
    };
    for (const part of [header, graphBytes, infoBytes, zeros(graphBytes.length + infoBytes.length)]) {
      yield hashed(part);
    }
    const weightOf = weightsInTurn(weights);
    for (const { name } of graph.weights) {
      const bytes = bytesOfEntries(weightOf(name) as Int16Array | Int32Array);
      yield hashed(bytes);
      yield hashed(zeros(bytes.length));
    }
    yield hasher.digest();
  })();
}

/** All bytes of a model. @throws ProofError as `modelParts` */
export function encodeModel(model: QuantizedModel): Uint8Array<ArrayBuffer> {
  return joinedBytes(Array.from(modelParts(model), (part) => part.slice()));
}

/** Where the bytes of a model come from. */
export interface ModelSource {
  /** In bytes. */
  readonly size: number;
  /** Bytes of their own, or in the room that was given for them. */
  read(at: number, length: number, room?: Room): Uint8Array<ArrayBuffer>;
}

/** What stands in front of the weights, and where each of them is. */
export interface ModelHead {
  readonly graph: Graph;
  readonly info: ModelInfo;
  /** Offset of each weight by name. */
  readonly places: ReadonlyMap<string, Place>;
}

interface Place {
  readonly declaration: WeightDeclaration;
  readonly at: number;
}

/** Bytes that are read and hashed at once. */
const PIECE_BYTES = 2 ** 24;

function checkDigest(source: ModelSource, end: number): void {
  const hasher = blake3Hasher({ context: DIGEST_CONTEXT });
  const piece = new Uint8Array(Math.min(PIECE_BYTES, end));
  for (let at = 0; at < end; at += PIECE_BYTES) {
    hasher.update(source.read(at, Math.min(PIECE_BYTES, end - at), (length) => piece.subarray(0, length)));
  }
  const digest = hasher.digest();
  const found = source.read(end, DIGEST_BYTES);
  if (digest.some((byte, i) => found[i] !== byte)) {
    refuse('MODEL_DIGEST', STAGE, 'expected bytes that fit their digest, got a damaged file');
  }
}

/** Reads a part that must end in front of the digest. */
function take(source: ModelSource, at: number, length: number, room?: Room): Uint8Array<ArrayBuffer> {
  const needed = at + length + DIGEST_BYTES;
  if (needed > source.size) {
    refuse('MODEL_LENGTH', STAGE, `expected at least ${needed} bytes, got ${source.size}`);
  }
  return source.read(at, length, room);
}

function checkPadding(source: ModelSource, at: number): void {
  if (take(source, at, padding(at)).some((byte) => byte !== 0)) {
    refuse('MODEL_PADDING', STAGE, 'expected zeros between the parts');
  }
}

/**
 * Decodes everything but the weights.
 *
 * @param digest `skip` leaves the digest of all bytes unchecked: for a file that was read whole before
 * @throws ProofError as `decodeModel`, but for what is wrong with a weight
 */
export function decodeHead(source: ModelSource, digest: 'check' | 'skip' = 'check'): ModelHead {
  const header = take(source, 0, HEADER_BYTES);
  if (MAGIC.some((byte, i) => header[i] !== byte)) {
    refuse('MODEL_MAGIC', STAGE, 'expected a model file, which begins zkdlmodl, got another file');
  }
  const view = new DataView(header.buffer, header.byteOffset);
  const version = view.getUint32(8, true);
  if (version !== MODEL_FORMAT_VERSION) {
    refuse('MODEL_VERSION', STAGE, `expected version ${MODEL_FORMAT_VERSION}, got ${version}`);
  }
  const [graphLength, infoLength] = [view.getUint32(12, true), view.getUint32(16, true)];
  if (graphLength > MAX_GRAPH_BYTES || infoLength > MAX_INFO_BYTES) {
    refuse(
      'MODEL_LENGTH',
      STAGE,
      `expected a graph to ${MAX_GRAPH_BYTES} bytes and information to ${MAX_INFO_BYTES}`,
    );
  }
  const graphBytes = take(source, HEADER_BYTES, graphLength);
  const infoBytes = take(source, HEADER_BYTES + graphLength, infoLength);
  if (digest === 'check') checkDigest(source, source.size - DIGEST_BYTES);
  const headLength = HEADER_BYTES + graphLength + infoLength;
  checkPadding(source, headLength);
  const graph = decodeGraph(graphBytes);
  const info = decodeInfo(infoBytes, graph);
  const places = new Map<string, Place>();
  let at = headLength + padding(headLength);
  for (const declaration of graph.weights) {
    const { width, entries } = sizeOf(declaration);
    places.set(declaration.name, { declaration, at });
    at += width * entries + padding(width * entries);
  }
  const total = at + DIGEST_BYTES;
  if (source.size !== total) refuse('MODEL_LENGTH', STAGE, `expected ${total} bytes, got ${source.size}`);
  return { graph, info, places };
}

/** Reads a weight, into the room where one is given. @throws ProofError `MODEL_PADDING`, `MODEL_WEIGHT` */
export function decodeWeight(
  source: ModelSource,
  { declaration, at }: Place,
  room?: Room,
): Int16Array | Int32Array {
  const { width, entries } = sizeOf(declaration);
  const data = entriesOfBytes(take(source, at, width * entries, room), width);
  checkPadding(source, at + width * entries);
  checkEntries(declaration, data);
  return data;
}

/**
 * Decodes a model. Total: any bytes give a model or a refusal, and only `encodeModel`'s bytes are accepted.
 *
 * @throws ProofError `MODEL_LENGTH`, `MODEL_MAGIC`, `MODEL_VERSION`, `MODEL_DIGEST`, `MODEL_PADDING`, `MODEL_WEIGHT`; as
 *   `decodeGraph` and `decodeInfo`
 * @example
 * const { graph, weights, info } = decodeModel(bytes);
 */
export function decodeModel(bytes: Uint8Array): HeldModel {
  const source: ModelSource = {
    size: bytes.length,
    read: (at, length) => new Uint8Array(bytes.subarray(at, at + length)),
  };
  const { graph, info, places } = decodeHead(source);
  const weights = new Map([...places].map(([name, place]) => [name, decodeWeight(source, place)]));
  return { graph, info, weights };
}
