/** Probabilities of rows of logits, of segments and of steps of graphs: spec/training-program.md section 4. */
import { distanceTable } from './lookup-tables.ts';
import { lookup, virtual, witness, zero, type Draft } from './lowering.ts';
import type { Index } from './program.ts';
import { rangeOf, remainder, signed, type Ranges } from './rounding.ts';
import { cell, constant, product, read } from './terms.ts';

/** Commits `softmax/probability` [rows, classes] and what leads to it; its name. @param f binary places of probabilities */
export function probabilities(
  to: Draft,
  logits: { readonly tensor: string; readonly rows: number; readonly classes: number },
  f: number,
  ranges: Ranges,
): string {
  const r: Index = { name: 'r', size: logits.rows };
  const j: Index = { name: 'j', size: logits.classes };
  const own = (name: string): ReturnType<typeof cell> => cell(1, name, 'r', 'j');
  const rows = (name: string, bits: number): void => {
    witness(to, name, [r.size], 0, 2 ** bits - 1);
    rangeOf(to, name, ranges);
  };
  signed(to, 'softmax/shift', [r.size], 10);
  rangeOf(to, 'softmax/shift', ranges);
  rows('softmax/sum', 15);
  const distance = [cell(2 ** 16, 'softmax/shift', 'r'), cell(-369, logits.tensor, 'r', 'j')];
  virtual(to, 'softmax/distance', [r, j], distance, 'proven');
  const committed = ['softmax/step', 'softmax/numerator', 'softmax/carry'];
  for (const name of committed) witness(to, name, [r.size, j.size]);
  const rest = [own('softmax/distance'), cell(-(2 ** 10), 'softmax/step', 'r', 'j')];
  lookup(to, 'softmax/rest', [r, j], ranges(1024), rest);
  lookup(to, 'softmax/numerators', [r, j], distanceTable(), ...committed.map((name) => [own(name)]));
  const all = (name: string): ReturnType<typeof product> => product(1, [read(name, 'r', 'j')], [j]);
  zero(to, 'softmax/sum/all', [r], [all('softmax/numerator'), cell(-1, 'softmax/sum', 'r')]);
  const next = [cell(2, 'softmax/sum', 'r'), all('softmax/carry'), constant(-(2 ** 15))];
  lookup(to, 'softmax/next', [r], ranges(65536), next);
  rows('softmax/reciprocal', f + 2);
  rows('softmax/reciprocal-rest', 15);
  const [sum, reciprocal] = [read('softmax/sum', 'r'), read('softmax/reciprocal', 'r')];
  zero(to, 'softmax/division', [r], [product(1, [sum, reciprocal]), cell(1, 'softmax/reciprocal-rest', 'r'), constant(-(2 ** (f + 15)))]); // prettier-ignore
  const room = [cell(1, 'softmax/sum', 'r'), constant(-1), cell(-1, 'softmax/reciprocal-rest', 'r')];
  lookup(to, 'softmax/room', [r], ranges(32768), room);
  const scaled = [product(1, [read('softmax/numerator', 'r', 'j'), reciprocal])];
  virtual(to, 'softmax/product', [r, j], scaled, 'proven');
  const probability = witness(to, 'softmax/probability', [r.size, j.size], 0, 2 ** (f + 1) - 1);
  rangeOf(to, probability, ranges);
  const cells: Index[] = [{ name: 'd0', size: r.size }, { name: 'd1', size: j.size }]; // prettier-ignore
  remainder(to, probability, 'softmax/product', read(probability, 'd0', 'd1'), cells, 15, ranges);
  return probability;
}
