/**
 * Checkpoints of llama2.c in their first layout: seven little-endian int32 (dim, hidden, layers, heads, kv heads, vocab,
 * context; a negative vocab says that the head is stored apart), then float32 tensors, each for all layers at once.
 *
 * Source: github.com/karpathy/llama2.c, run.c (`memory_map_weights`) and export.py (`legacy_export`).
 */
import { refuse } from '../errors/proof-error.ts';
import { LIMITS } from './config.ts';
import { decodeFloats } from './dtype.ts';
import {
  type Architecture,
  checkFinite,
  checkRows,
  type FloatModel,
  inLayer,
  type LayerWeight,
  rowsAndColumns,
  type WeightName,
  weightShapes,
} from './model.ts';
import { type ModelFile, readBytes } from './resolver.ts';

const HEADER_BYTES = 28;
const FLOAT_BYTES = 4;
/** run.c: the epsilon of `rmsnorm` and the base of the rotary frequencies. */
const EPS = 1e-5;
const THETA = 10000;

/** Order of the tensors in the file; the embedding stands before them. */
const LAYER_ORDER: readonly LayerWeight[] = [
  'attentionNorm.gain',
  'query.weight',
  'key.weight',
  'value.weight',
  'output.weight',
  'ffnNorm.gain',
  'gate.weight',
  'down.weight',
  'up.weight',
];

/**
 * Imports a llama2.c checkpoint. Reads the header and the table of rotations, which must be the one of the base 10000;
 * weights are read by `rows`.
 *
 * @param fileName named in errors
 * @throws ProofError `LLAMA2C_HEADER`, `FILE_TRUNCATED`, `TRAILING_BYTES`, `ROPE_TABLE`
 * @example
 * const model = await importLlama2c(fileOfBytes(bytes), 'stories260K.bin');
 */
export async function importLlama2c(file: ModelFile, fileName: string): Promise<FloatModel> {
  const architecture = readHeader(await readBytes(file, fileName, 0, HEADER_BYTES), fileName);
  const weights = weightShapes(architecture);
  const { offsets, rotations, end } = layout(architecture, weights);
  if (file.size < end) refuse('FILE_TRUNCATED', fileName, `expected ${end} bytes, got ${file.size}`);
  if (file.size > end) refuse('TRAILING_BYTES', fileName, `expected ${end} bytes, got ${file.size}`);
  await checkRotations(file, fileName, rotations, architecture);
  return {
    architecture,
    weights,
    rows: async (name, first, count) => {
      const [, columns] = rowsAndColumns(checkRows(weights, name, first, count));
      const offset = (offsets.get(name) as number) + first * columns * FLOAT_BYTES;
      const stage = `${fileName}: ${name}`;
      const bytes = await readBytes(file, fileName, offset, count * columns * FLOAT_BYTES);
      const values = decodeFloats('F32', bytes, stage);
      checkFinite(values, columns, first, stage);
      return values;
    },
  };
}

function readHeader(bytes: Uint8Array, fileName: string): Architecture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (index: number, name: string, limit: number): number => {
    const value = view.getInt32(4 * index, true);
    const size = name === 'vocab' ? Math.abs(value) : value;
    if (size < 1 || size > limit) {
      const expected = `expected ${name} from 1 to ${limit}`;
      refuse(
        'LLAMA2C_HEADER',
        fileName,
        `${expected}, got ${value} (only the first layout of llama2.c is read)`,
      );
    }
    return value;
  };
  const width = field(0, 'dim', LIMITS.width);
  const ffn = field(1, 'hidden', LIMITS.ffn);
  const layers = field(2, 'layers', LIMITS.layers);
  const heads = field(3, 'heads', LIMITS.heads);
  const kvHeads = field(4, 'kv heads', LIMITS.heads);
  const vocab = field(5, 'vocab', LIMITS.vocab);
  const context = field(6, 'context', LIMITS.context);
  if (width % heads !== 0 || (width / heads) % 2 !== 0 || heads % kvHeads !== 0) {
    const got = `dim ${width}, heads ${heads}, kv heads ${kvHeads}`;
    refuse(
      'LLAMA2C_HEADER',
      fileName,
      `expected heads that divide dim evenly and kv heads that divide heads, got ${got}`,
    );
  }
  return {
    family: 'llama2.c',
    width,
    layers,
    heads,
    kvHeads,
    headDim: width / heads,
    ffn,
    vocab: Math.abs(vocab),
    context,
    norm: { kind: 'rms', eps: EPS },
    activation: 'silu',
    gated: true,
    positions: { kind: 'rotary', theta: THETA, pairing: 'interleaved' },
    biases: { qkv: false, output: false, ffn: false },
    window: undefined,
    tied: vocab > 0,
    bos: 1,
    eos: [1, 2],
  };
}

interface Layout {
  readonly offsets: ReadonlyMap<WeightName, number>;
  /** Offset of cos, then sin: context * headDim / 2 floats each. */
  readonly rotations: number;
  readonly end: number;
}

function layout(a: Architecture, weights: FloatModel['weights']): Layout {
  const offsets = new Map<WeightName, number>();
  let at = HEADER_BYTES;
  const put = (name: WeightName): void => {
    offsets.set(name, at);
    const [rows, columns] = rowsAndColumns(weights.get(name) ?? [0]);
    at += rows * columns * FLOAT_BYTES;
  };
  put('embedding');
  for (const weight of LAYER_ORDER) {
    for (let layer = 0; layer < a.layers; layer++) put(inLayer(layer, weight));
  }
  put('finalNorm.gain');
  const rotations = at;
  at += a.context * a.headDim * FLOAT_BYTES;
  if (!a.tied) put('head');
  return { offsets, rotations, end: at };
}

/**
 * run.c computes the rotations itself and skips the table; a table for another base would mean another model. Angles
 * in float32 are off by up to 2^-24 p at position p, hence the tolerance.
 */
async function checkRotations(
  file: ModelFile,
  fileName: string,
  offset: number,
  { context, headDim }: Architecture,
): Promise<void> {
  const half = headDim / 2;
  const tableBytes = context * half * FLOAT_BYTES;
  for (let position = 0; position < context; position++) {
    const at = offset + position * half * FLOAT_BYTES;
    const cos = decodeFloats('F32', await readBytes(file, fileName, at, half * FLOAT_BYTES), fileName);
    const sin = decodeFloats(
      'F32',
      await readBytes(file, fileName, at + tableBytes, half * FLOAT_BYTES),
      fileName,
    );
    const tolerance = 1e-6 + position * 2 ** -22;
    for (let i = 0; i < half; i++) {
      const angle = position * THETA ** (-i / half);
      const error = Math.max(
        Math.abs((cos[i] as number) - Math.cos(angle)),
        Math.abs((sin[i] as number) - Math.sin(angle)),
      );
      // Written so that NaN fails.
      if (!(error <= tolerance)) {
        const place = `position ${position}, pair ${i}`;
        refuse('ROPE_TABLE', fileName, `expected the rotations of base ${THETA}, got others at ${place}`);
      }
    }
  }
}
