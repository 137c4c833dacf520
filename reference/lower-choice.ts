/** `argmax`: spec/integer-semantics.md sections 6 and 9. */
import { integerOf, type Node } from './graph-file.ts';
import { noise } from './graph.ts';
import { bitsTable } from './lookup-tables.ts';
import { at, range } from './lists.ts';
import { columnIndex, define, infoOf, inputOf, interval, lookup, operand, publicTensor, rowIndex, sizesOf, termsAtRows, termsOf, virtual, witness, zero, type Lowering } from './lowering.ts'; // prettier-ignore
import type { Term } from './program.ts';
import { require } from './refusal.ts';
import { atPositions, cell, constant, masked, read, reads, times } from './terms.ts';

export function argmax(to: Lowering, node: Node): void {
  const { name } = node;
  const source = inputOf(node);
  const t = rowIndex(to, name);
  const v = columnIndex(to, source);
  const ids = to.rows.choices[name] ?? [];
  const known = ids.every((id) => Number.isInteger(id) && id >= 0 && id < v.size);
  require(t.size * v.size <= 2 ** 27 && ids.length === t.size && known, 'PASS_VALUES', `choices of ${name}`);
  publicTensor(to, name, [t.size, 1], ids);
  define(to, name);

  const N = noiseRows(to, node);
  const chosen = witness(to, `${name}:chosen`, [t.size]);
  const logit = atIds(to, node, ids);
  const own = N.length === 0 ? [] : [publicTensor(to, `${name}:chosen-noise`, [t.size], ids.map((id, row) => at(at(N, row), id)))]; // prettier-ignore
  zero(to, chosen, [t], [...logit, ...own.map((of) => cell(1, of, 't')), cell(-1, chosen, 't')]);
  interval(to, chosen, t, [cell(1, chosen, 't'), constant(2 ** 28)], 2 ** 29);

  const shape = sizesOf([t, v]);
  const others = times(-1, termsOf(to, source));
  const all = N.length === 0 ? [] : [publicTensor(to, `${name}:noise`, shape, N.flat())];
  const before = { row: 't', column: 'j', from: ids.map(() => 0), to: ids };
  const terms = [
    cell(1, chosen, 't'),
    ...others,
    ...all.map((of) => cell(-1, of, 't', 'j')),
    masked(constant(-1), before),
  ];
  const lead = virtual(to, `${name}:lead`, [t, v], terms, 'residue');
  const high = witness(to, `${name}:lead-high`, shape, 0, 2 ** 14 - 1);
  lookup(to, high, [t, v], bitsTable(14), [cell(1, high, 't', 'j')]);
  lookup(to, `${name}:lead-low`, [t, v], bitsTable(15), [
    cell(1, lead, 't', 'j'),
    cell(-(2 ** 15), high, 't', 'j'),
  ]);
}

/** The noise of every row; none where the choice is greedy. */
function noiseRows(to: Lowering, node: Node): number[][] {
  const { choice, positions, emit } = to.rows;
  if (choice === 'greedy') return [];
  const unit = integerOf(node, 'unit');
  const M = (BigInt(unit) * BigInt(choice.temperature) + 500n) / 1000n;
  const known = choice.seed.length === 32 && choice.temperature <= 2 ** 20;
  require(unit > 0 && known && M <= 2n ** 24n, 'PASS_CHOICE', node.name);
  const { rows, width } = infoOf(to, inputOf(node));
  const own = rows === 'emitted' ? emit.map((row) => at(positions, row)) : positions;
  return own.map((position) => noise(choice.seed, position, width, M).map(Number));
}

/** Entry ids[t] of every row t of the input. */
function atIds(to: Lowering, node: Node, ids: readonly number[]): Term[] {
  const source = inputOf(node);
  const width = columnIndex(to, source);
  const diagonal = ({ views }: Term): boolean => views.some((view) => reads(view, 't') && reads(view, 'j'));
  let terms = termsAtRows(to, source, range(ids.length));
  if (terms.some((term) => term.views.length > 1 && diagonal(term))) {
    operand(to, source);
    terms = termsOf(to, source);
  }
  return terms.flatMap((term) => {
    if (!diagonal(term)) return atPositions([term], 'j', ids);
    const is = ids.flatMap((id) => range(width.size).map((j) => (j === id ? 1 : 0)));
    const one = read(publicTensor(to, `${node.name}:one`, [ids.length, width.size], is), 't', 'j');
    return [{ ...term, views: [...term.views, one], sums: [...term.sums, width] }];
  });
}
