/** Tokens and targets of a committed corpus: spec/graph-step-program.md section 2. */
import { at, range } from './lists.ts';
import { infoOf, publicTensor, witness, zero, type Lowering } from './lowering.ts';
import { splitOf } from './lower-private.ts';
import { nameOf, type Node } from './graph-file.ts';
import type { Index } from './program.ts';
import { bitRanges, rangeOf } from './rounding.ts';
import { affine, cell, constant, merged, product, read } from './terms.ts';

/** Tensors of rows of zeros and ones, a single one each: of the tokens, and of the targets. */
export function corpusRows(
  to: Lowering,
  places: readonly number[],
): { readonly rows: string; readonly targets: string } {
  const node = to.graph.nodes.find(({ op }) => op === 'embedding') as Node; // the one that private ids ask for
  const weight = to.graph.weights.find(({ name }) => name === nameOf(node, 'table'));
  const vocabulary = at(weight?.shape ?? [], 0);
  const classes = infoOf(to, to.graph.output).width;
  const t: Index = { name: 't', size: places.length };
  tokenRows(to, node.name, t, vocabulary, infoOf(to, node.name).width);
  const targets = witness(to, 'targets/rows', [t.size, classes], 0, 1);
  rangeOf(to, targets, bitRanges);
  const v: Index = { name: 'v', size: classes };
  zero(to, 'targets/one', [t], [product(1, [read(targets, 't', 'v')], [v]), constant(-1)]);
  const tie = (name: string, count: number, positions: readonly number[]): void => {
    const numbers = publicTensor(to, `numbers/${count}`, [count], range(count));
    const number = product(1, [read(`${name}/rows`, 't', 'v'), read(numbers, 'v')], [{ name: 'v', size: count }]); // prettier-ignore
    const own = cell(-1, 'data/tokens', { kind: 'gather', index: 't', positions });
    zero(to, `${name}/token`, [t], [number, own]);
  };
  tie('tokens', vocabulary, places);
  tie('targets', classes, places.map((place) => place + 1)); // prettier-ignore
  return { rows: 'tokens/rows', targets };
}

/** tokens/rows from the digits of the private ids. */
function tokenRows(to: Lowering, node: string, t: Index, vocabulary: number, width: number): void {
  const { base, full, rest } = splitOf(vocabulary, width);
  const rows = witness(to, 'tokens/rows', [t.size, vocabulary]);
  const digits = (high: string | number) => product(1, [read(`${node}:high`, 't', high), read(`${node}:low`, 't', 'l')]); // prettier-ignore
  const [h, l]: [Index, Index] = [{ name: 'h', size: full }, { name: 'l', size: base }]; // prettier-ignore
  zero(to, rows, [t, h, l], [digits('h'), cell(-1, rows, 't', merged([base, h], [1, l]))]);
  if (rest === 0) return;
  const last = cell(-1, rows, 't', affine('l', 1, base * full));
  zero(to, `${rows}-end`, [t, { name: 'l', size: rest }], [digits(full), last]);
}
