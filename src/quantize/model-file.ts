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
import { extremes } from '../ops/extremes.ts';
import { blake3Hasher, DIGEST_BYTES } from '../hash/blake3.ts';
import { joinedBytes } from '../hash/words.ts';
import { decodeInfo, encodeInfo, type QuantizedModel } from './model.ts';
import { top } from './scales.ts';

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

/** Entries of bytes, in an array of their own. */
function entriesOfBytes(bytes: Uint8Array, width: 2 | 4): Int16Array | Int32Array {
  const copy = new Uint8Array(bytes);
  if (LITTLE) return width === 2 ? new Int16Array(copy.buffer) : new Int32Array(copy.buffer);
  const view = new DataView(copy.buffer);
  const entries = width === 2 ? new Int16Array(copy.length / 2) : new Int32Array(copy.length / 4);
  return entries.map((_, i) => (width === 2 ? view.getInt16(2 * i, true) : view.getInt32(4 * i, true)));
}

/** @throws ProofError `MODEL_WEIGHT` naming the weight and the first entry that does not fit, never the entry */
function checkEntries(weight: WeightDeclaration, data: Int16Array | Int32Array | undefined): void {
  const { width, entries } = sizeOf(weight);
  const kind = width === 2 ? Int16Array : Int32Array;
  if (!(data instanceof kind) || data.length !== entries) {
    return refuse('MODEL_WEIGHT', weight.name, `expected ${entries} entries of ${8 * width} bits`);
  }
  const most = top(weight.bits);
  const [least, greatest] = extremes(data);
  if (least >= -most - 1 && greatest <= most) return;
  const bad = data.findIndex((v) => v > most || v < -most - 1);
  refuse('MODEL_WEIGHT', weight.name, `entry ${bad}: expected ${weight.bits} bits`);
}

/**
 * The bytes of a model, in parts: a large one need not be in memory twice.
 *
 * @throws ProofError as `encodeGraph` and `encodeInfo`, `MODEL_WEIGHT`; before the first part
 */
export function modelParts({ graph, weights, info }: QuantizedModel): Iterable<Uint8Array> {
  const [graphBytes, infoBytes] = [encodeGraph(graph), encodeInfo(info, graph)];
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
    const parts = [header, graphBytes, infoBytes, zeros(graphBytes.length + infoBytes.length)];
    for (const weight of graph.weights) {
      const bytes = bytesOfEntries(weights.get(weight.name) as Int16Array | Int32Array);
      parts.push(bytes, zeros(bytes.length));
    }
    for (const part of parts) {
      hasher.update(part);
      yield part;
    }
    yield hasher.digest();
  })();
}

/** All bytes of a model. @throws ProofError as `modelParts` */
export function encodeModel(model: QuantizedModel): Uint8Array<ArrayBuffer> {
  return joinedBytes([...modelParts(model)]);
}

/** Reads parts one after the other; every length is checked before it is used. */
interface Cursor {
  take(length: number): Uint8Array;
  /** Zeros up to a multiple of 4. */
  align(): void;
}

function cursorOf(bytes: Uint8Array, end: number): Cursor {
  let at = 0;
  const cursor: Cursor = {
    take(length) {
      if (at + length > end) {
        refuse(
          'MODEL_LENGTH',
          STAGE,
          `expected at least ${at + length + DIGEST_BYTES} bytes, got ${bytes.length}`,
        );
      }
      at += length;
      return bytes.subarray(at - length, at);
    },
    align() {
      if (cursor.take(padding(at)).some((byte) => byte !== 0)) {
        refuse('MODEL_PADDING', STAGE, 'expected zeros between the parts');
      }
    },
  };
  return cursor;
}

function checkDigest(bytes: Uint8Array, end: number): void {
  const digest = blake3Hasher({ context: DIGEST_CONTEXT }).update(bytes.subarray(0, end)).digest();
  if (digest.some((byte, i) => bytes[end + i] !== byte)) {
    refuse('MODEL_DIGEST', STAGE, 'expected bytes that fit their digest, got a damaged file');
  }
}

function readWeights(graph: Graph, cursor: Cursor): Map<string, Int16Array | Int32Array> {
  const weights = new Map<string, Int16Array | Int32Array>();
  for (const weight of graph.weights) {
    const { width, entries } = sizeOf(weight);
    const data = entriesOfBytes(cursor.take(width * entries), width);
    cursor.align();
    checkEntries(weight, data);
    weights.set(weight.name, data);
  }
  return weights;
}

/**
 * Decodes a model. Total: any bytes give a model or a refusal, and only `encodeModel`'s bytes are accepted.
 *
 * @throws ProofError `MODEL_LENGTH`, `MODEL_MAGIC`, `MODEL_VERSION`, `MODEL_DIGEST`, `MODEL_PADDING`, `MODEL_WEIGHT`; as
 *   `decodeGraph` and `decodeInfo`
 * @example
 * const { graph, weights, info } = decodeModel(bytes);
 */
export function decodeModel(bytes: Uint8Array): QuantizedModel {
  const end = bytes.length - DIGEST_BYTES;
  const cursor = cursorOf(bytes, end);
  const header = cursor.take(HEADER_BYTES);
  if (MAGIC.some((byte, i) => header[i] !== byte)) {
    refuse('MODEL_MAGIC', STAGE, 'expected a file that begins with zkdlmodl');
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
  const [graphBytes, infoBytes] = [cursor.take(graphLength), cursor.take(infoLength)];
  checkDigest(bytes, end);
  cursor.align();
  const graph = decodeGraph(graphBytes);
  const info = decodeInfo(infoBytes, graph);
  const total = graph.weights.reduce(
    (sum, weight) => {
      const { width, entries } = sizeOf(weight);
      return sum + width * entries + padding(width * entries);
    },
    HEADER_BYTES + graphLength + infoLength + padding(graphLength + infoLength) + DIGEST_BYTES,
  );
  if (bytes.length !== total) refuse('MODEL_LENGTH', STAGE, `expected ${total} bytes, got ${bytes.length}`);
  return { graph, info, weights: readWeights(graph, cursor) };
}
