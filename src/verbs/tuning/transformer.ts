/**
 * A transformer that can be trained, by its sizes: learned positions, norms before each half of a layer, attention, GELU. Binary places: stream and
 * tables 11, weights 12, what linear layers read 8, logits 8; of norms so many that a row of theirs has a mean square near 1.
 */
import { graphBuilder, type Graph, type TensorHandle } from '../../graph/index.ts';

export interface TransformerSize {
  /** Token ids: tokens, and classes of the output. */
  readonly vocabulary: number;
  /** Greatest number of tokens of a sequence. */
  readonly context: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** Units between the two matrices of the second half of a layer. */
  readonly hidden: number;
}

const WEIGHT = { bits: 15, places: 12 };
const STREAM = 11;
const READ = 8;
/** Scores are octaves of products of queries and keys; that they grow with the columns of a head is for the first weights to make up for. */
const SCORE_SHIFT = 10;

/** Binary places of the results of norms: rows have the length 2^(15 - places), the square root of their width or less. */
export function normPlaces({ width }: Pick<TransformerSize, 'width'>): number {
  return 15 - Math.max(1, Math.floor((31 - Math.clz32(width)) / 2));
}

/** @throws ProofError as `checkGraph` */
export function transformerGraph(size: TransformerSize): Graph {
  const { vocabulary, context, width, heads, layers, hidden } = size;
  const g = graphBuilder({ context });
  const matrix = (name: string, rows: number, columns: number) => g.weight(name, [rows, columns], WEIGHT);
  const positions = matrix('P', context, width);
  let h: TensorHandle = g.embedding('h', matrix('E', vocabulary, width), { width, positions });
  const norms = normPlaces(size);
  const normed = (name: string): TensorHandle => {
    const rounding = { shift: norms - READ, bits: 25 - norms };
    return g.requantise(`${name}-8`, g.rmsnorm(name, h, { bits: 16, epsilon: 1 }), rounding);
  };
  const added = (name: string, x: TensorHandle, weight: string, columns: number): void => {
    const rounding = { shift: WEIGHT.places + READ - STREAM, bits: 16 };
    h = g.add(`h-${name}`, h, g.rounded(name, x, matrix(weight, width, columns), rounding));
  };
  const attention = { heads, kvHeads: heads, headDim: width / heads, shift: SCORE_SHIFT };
  for (let l = 0; l < layers; l++) {
    const x = normed(`norm-a${l}`);
    const rows = (name: string): TensorHandle =>
      g.rounded(`${name}${l}`, x, matrix(`W${name}${l}`, width, width), { shift: WEIGHT.places, bits: 12 });
    const seen = { query: rows('q'), key: rows('k'), value: rows('v') };
    added(`o${l}`, g.attention(`a${l}`, seen, attention), `Wo${l}`, width);
    const up = g.rounded(`u${l}`, normed(`norm-f${l}`), matrix(`Wu${l}`, hidden, width), {
      shift: WEIGHT.places,
      bits: 13,
    });
    const active = g.activation(`g${l}`, up, 'gelu-tanh-13-r4');
    added(`d${l}`, g.requantise(`f${l}`, active, { shift: 2, bits: 14 }), `Wd${l}`, hidden);
  }
  const logits = { shift: WEIGHT.places, bits: 16 };
  return g.build(g.rounded('logits', normed('norm'), matrix('H', vocabulary, width), logits));
}

/** Binary places of its weights. */
export function transformerPlaces({ weights }: Graph): Record<string, number> {
  const isTable = (name: string): boolean => name === 'E' || name === 'P';
  return Object.fromEntries(weights.map(({ name }) => [name, isTable(name) ? STREAM : WEIGHT.places]));
}
