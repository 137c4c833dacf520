/** `rmsnorm`: spec/integer-semantics.md section 9, steps 1 to 5. */
import { integerOf, type Node } from './graph-file.ts';
import { bitsTable, exponentTable, mantissaTable, rootTable, squareTable } from './lookup-tables.ts';
import { at, range } from './lists.ts';
import { cellsOf, digitRows, infoOf, inputOf, lookup, operand, rowIndex, sizesOf, virtual, witness, zero, type Lowering } from './lowering.ts'; // prettier-ignore
import { round } from './lower-rounding.ts';
import type { Index, Term, View } from './program.ts';
import { affine, cell, constant, product, read, times, timesView } from './terms.ts';

const LIMB = 2 ** 15;

type Digit = (name: string) => View;

export function rmsnorm(to: Lowering, node: Node): void {
  const { name } = node;
  const x = operand(to, inputOf(node));
  const { width } = infoOf(to, inputOf(node));
  const chunks = range(Math.ceil(width / 1024));
  const digit = digitRows(to, name, digitsOf(integerOf(node, 'bits'), chunks));
  const sums = integerOf(node, 'bits') === 16 ? wholeSquares(to, name, x) : splitSquares(to, name, x, chunks, digit); // prettier-ignore
  limbs(to, node, sums, digit);
  root(to, node, digit);
  const scaled = product(1, [read(x, 't', 'j'), read(`${name}:root`, 't')]);
  virtual(to, `${name}:product`, cellsOf(to, name), [scaled], 'residue');
  round(to, name, [cell(1, `${name}:product`, 't', 'j')], { bits: 16, guard: 0 }, 14); // step 5
}

function digitsOf(bits: number, chunks: readonly number[]): { bits: number; names: string[] }[] {
  const fifteen = [
    'v0',
    'v1',
    'v2',
    'carry0',
    'carry1',
    'carry2',
    'rest',
    'restRoom',
    'rootRest0',
    'rootRoom0',
  ];
  const eleven = ['rootRest1', 'rootRoom1', 'root0'];
  if (bits === 16) return [{ bits: 15, names: fifteen }, { bits: 11, names: eleven }]; // prettier-ignore
  const each = (...names: string[]): string[] => chunks.flatMap((c) => names.map((name) => `${name}-${c}`));
  return [
    { bits: 15, names: [...fifteen, ...each('low0', 'low1', 'high0', 'high1', 'cross1')] },
    { bits: 11, names: [...eleven, ...each('cross2')] },
    { bits: 4, names: each('cross0') },
  ];
}

/** Step 1, 16 bits: what each limb of V adds up. */
function wholeSquares(to: Lowering, name: string, x: string): Term[][] {
  const indices = cellsOf(to, name);
  const high = witness(to, `${name}:square-high`, sizesOf(indices), 0, LIMB);
  const low = witness(to, `${name}:square-low`, sizesOf(indices), 0, LIMB - 1);
  const key = [cell(1, x, 't', 'j'), constant(LIMB)];
  lookup(
    to,
    `${name}:square`,
    indices,
    squareTable(),
    key,
    [cell(1, high, 't', 'j')],
    [cell(1, low, 't', 'j')],
  );
  const k: Index = { name: 'k', size: indices[1].size };
  return [low, high].map((of) => [product(1, [read(of, 't', 'k')], [k])]).concat([[]]);
}

/** Step 1, 20 bits. */
function splitSquares(
  to: Lowering,
  name: string,
  x: string,
  chunks: readonly number[],
  digit: Digit,
): Term[][] {
  const [t, j] = cellsOf(to, name);
  const u = witness(to, `${name}:upper`, [t.size, j.size], -512, 511);
  lookup(to, u, [t, j], bitsTable(10), [cell(1, u, 't', 'j'), constant(512)]);
  lookup(to, `${name}:lower`, [t, j], bitsTable(10), [cell(1, x, 't', 'j'), cell(-1024, u, 't', 'j')]);
  const sums: [Term[], Term[], Term[]] = [[], [], []];
  for (const c of chunks) {
    const k: Index = { name: 'k', size: Math.min(1024, j.size - 1024 * c) };
    const sum = (coefficient: number, a: string, b: string): Term => {
      const views = [a, b].map((of) => read(of, 't', affine('k', 1, 1024 * c)));
      return product(coefficient, views, [k]);
    };
    const own = (weight: number, of: string): Term => product(weight, [digit(`${of}-${c}`)]);
    zero(to, `${name}:high-${c}`, [t], [sum(1, u, u), own(-1, 'high0'), own(-LIMB, 'high1')]);
    const cross = [sum(1, x, u), sum(-1024, u, u), constant(2 ** 29)];
    zero(to, `${name}:cross-${c}`, [t], [...cross, own(-1, 'cross0'), own(-(2 ** 4), 'cross1'), own(-(2 ** 19), 'cross2')]); // prettier-ignore
    const low = [sum(1, x, x), sum(-2048, x, u), sum(2 ** 20, u, u)];
    zero(to, `${name}:low-${c}`, [t], [...low, own(-1, 'low0'), own(-LIMB, 'low1')]);
    sums[0].push(own(1, 'low0'), own(2 ** 11, 'cross0'));
    sums[1].push(own(1, 'low1'), own(1, 'cross1'), own(2 ** 5, 'high0'));
    sums[2].push(own(1, 'cross2'), own(2 ** 5, 'high1'), constant(-(2 ** 10)));
  }
  return sums;
}

/** Limb i of epsilon; the last is what is left. */
function limbOf(node: Node, i: number): number {
  const rest = BigInt(integerOf(node, 'epsilon')) >> BigInt(15 * i);
  return Number(i === 3 ? rest : rest % BigInt(LIMB));
}

/** Step 2. */
function limbs(to: Lowering, node: Node, sums: readonly Term[][], digit: Digit): void {
  const t = rowIndex(to, node.name);
  const of = (coefficient: number, name: string): Term => product(coefficient, [digit(name)]);
  for (const i of [0, 1, 2]) {
    const carried = i === 0 ? [] : [of(1, `carry${i - 1}`)];
    const terms = [...at(sums, i), constant(limbOf(node, i)), ...carried];
    zero(to, `${node.name}:limb${i}`, [t], [...terms, of(-1, `v${i}`), of(-LIMB, `carry${i}`)]);
  }
}

/** Steps 3 and 4. */
function root(to: Lowering, node: Node, digit: Digit): void {
  const { name } = node;
  const t = rowIndex(to, name);
  const row = (value: string): View => read(witness(to, `${name}:${value}`, [t.size]), 't');
  const of = (coefficient: number, ...views: View[]): Term => product(coefficient, views);
  const [power, step, one, two] = ['power', 'step', 'one', 'two'].map(row) as [View, View, View, View];
  const [m, r, small] = ['mantissa', 'entry', 'small'].map(row) as [View, View, View];
  const [R, R1, unit] = ['root', 'root1', 'unit'].map(row) as [View, View, View];
  const entries = (...views: View[]): Term[][] => views.map((view) => [of(1, view)]);
  lookup(to, `${name}:exponent`, [t], exponentTable(), ...entries(power, step, one, two));
  lookup(to, `${name}:mantissa`, [t], mantissaTable(), ...entries(m, r, small));
  lookup(to, `${name}:root-high`, [t], rootTable(), ...entries(power, R1, unit));

  const [v0, v1, v2] = ['v0', 'v1', 'v2'].map(digit) as [View, View, View];
  const v3 = [constant(limbOf(node, 3)), of(1, digit('carry2'))];
  const from0 = [of(1, v0), of(LIMB, v1)];
  const from1 = [of(1, v1), of(LIMB, v2)];
  const from2 = [of(1, v2), ...times(LIMB, v3)];
  zero(to, `${name}:scaled`, [t], [
    ...from0,
    ...timesView(1, from1, one),
    ...timesView(-1, from0, one),
    ...timesView(1, from2, two),
    ...timesView(-1, from0, two),
    of(-1, m, step),
    of(-1, digit('rest')),
  ]); // prettier-ignore
  zero(
    to,
    `${name}:rest`,
    [t],
    [of(1, step), constant(-1), of(-1, digit('rest')), of(-1, digit('restRoom'))],
  );
  zero(to, `${name}:above`, [t], [of(1, v2), ...v3, of(-1, v2, one), of(-1, v2, two), ...timesView(-1, v3, two)]); // prettier-ignore
  zero(to, `${name}:normal`, [t], [of(1, small, power), of(-1, small)]);

  const remainder = [of(-1, digit('rootRest0')), of(-LIMB, digit('rootRest1'))];
  const room = [of(-1, digit('rootRoom0')), of(-LIMB, digit('rootRoom1'))];
  zero(to, `${name}:root`, [t], [of(1, r), of(-1, R, power), ...remainder]);
  zero(to, `${name}:root-rest`, [t], [of(1, power), constant(-1), ...remainder, ...room]);
  zero(to, `${name}:root-low`, [t], [of(1, R), of(-1, R, unit), of(-(2 ** 11), R1), of(-1, digit('root0'))]);
}
