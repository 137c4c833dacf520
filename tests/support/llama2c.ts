/** Checkpoints and tokenizers of llama2.c, written here from run.c alone. */
import { generator, normal } from '../../tools/random-model/random.ts';

export interface Llama2cDims {
  readonly width: number;
  readonly ffn: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly context: number;
}

/** Weights in the order of the file: a matrix for each name, `layers` of them where it belongs to a layer. */
export type Llama2cWeights = (name: string, layer: number, size: number) => ArrayLike<number>;

const random: Llama2cWeights = (name, layer, size) => {
  const next = generator(3, `${name} ${layer}`);
  return Array.from({ length: size }, () => normal(next) / 4);
};

/** The bytes of a checkpoint; `untied` stores a head and a negative vocabulary. */
export function llama2cOf(
  { width, ffn, layers, heads, kvHeads, vocab, context }: Llama2cDims,
  weights: Llama2cWeights = random,
  { untied = false, theta = 10000 } = {},
): Uint8Array {
  const headSize = width / heads;
  const kvWidth = kvHeads * headSize;
  const floats: number[] = [];
  const put = (name: string, size: number, count = layers): void => {
    for (let layer = 0; layer < count; layer++) floats.push(...Array.from(weights(name, layer, size)));
  };
  put('token_embedding_table', vocab * width, 1);
  put('rms_att_weight', width);
  put('wq', width * width);
  put('wk', kvWidth * width);
  put('wv', kvWidth * width);
  put('wo', width * width);
  put('rms_ffn_weight', width);
  put('w1', ffn * width);
  put('w2', width * ffn);
  put('w3', ffn * width);
  put('rms_final_weight', width, 1);
  for (const f of [Math.cos, Math.sin]) {
    for (let position = 0; position < context; position++) {
      for (let i = 0; i < headSize; i += 2) floats.push(f(position * theta ** (-i / headSize)));
    }
  }
  if (untied) put('wcls', vocab * width, 1);
  const bytes = new Uint8Array(28 + 4 * floats.length);
  const view = new DataView(bytes.buffer);
  [width, ffn, layers, heads, kvHeads, untied ? -vocab : vocab, context].forEach((value, i) =>
    view.setInt32(4 * i, value, true),
  );
  floats.forEach((value, i) => view.setFloat32(28 + 4 * i, value, true));
  return bytes;
}

/** Special pieces, the bytes, then letters and a few words with scores. */
export function llama2cTokenizerOf(vocab: number): Uint8Array {
  const hex = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  const words = [' ', 'a', 'e', 'l', 'm', 'C', ' C', 'al', 'Cal', ' me', 'é'];
  const pieces = [
    '<unk>',
    '\n<s>\n',
    '\n</s>\n',
    ...Array.from({ length: 256 }, (_, byte) => hex(byte)),
    ...words,
  ];
  const encoded = Array.from({ length: vocab }, (_, i) =>
    new TextEncoder().encode(pieces[i] ?? `unused${i}`),
  );
  const bytes = new Uint8Array(4 + encoded.reduce((sum, piece) => sum + 8 + piece.length, 0));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 32, true);
  let at = 4;
  encoded.forEach((piece, i) => {
    view.setFloat32(at, -i, true);
    view.setInt32(at + 4, piece.length, true);
    bytes.set(piece, at + 8);
    at += 8 + piece.length;
  });
  return bytes;
}
