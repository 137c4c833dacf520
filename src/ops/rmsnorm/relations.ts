/**
 * The norm, three lookups for each entry (of 16 bits) and some sixteen for each row. Every value has one possibility:
 * spec/integer-semantics.md section 9.
 */
import type { Index, Term, View } from '../../relation/program.ts';
import { at, term, view, type Lowering, type Relations } from '../lowering.ts';
import { rangeTable } from '../lower-tables.ts';
import { roundingRelations } from '../requantise/relations.ts';
import { digitViews } from '../row-digits.ts';
import { chunks, CROSS_OFFSET, LIMB, limbs, LOW, normDigits } from './digits.ts';
import { exponentTable, mantissaTable, ROOT_LOW, rootTable, squareTable } from './norm-tables.ts';
import { NORM_SHIFT, type RmsnormNode } from './shape.ts';

/** Terms of the sum of squares for each limb of V. */
type LimbTerms = readonly [Term[], Term[], Term[]];
type Digit = (name: string) => View;

export const rmsnormRelations: Relations<RmsnormNode> = (node, to) => {
  const { name, input, bits } = node;
  const x = to.operand(input);
  const { width } = to.info(input);
  const digit = digitViews(to, name, normDigits(bits, width));
  const sums = bits === 16 ? wholeSquares(to, name, x, width) : splitSquares(to, name, x, width, digit);
  const v3 = limbRelations(to, node, sums, digit);
  rootRelations(to, node, digit, v3);
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  // |x R| < 2^29 (section 5), by an argument that range inference does not follow; a residue is rounded in one way as well.
  const product = [term(1, [view(x, 't', 'j'), view(`${name}:root`, 't')])];
  const scaled = term(1, [view(to.virtual(`${name}:product`, indices, product, 'residue'), 't', 'j')]);
  roundingRelations(to, name, [scaled], { bits: 16, guard: 0 }, NORM_SHIFT);
};

/** x of 16 bits: the lookup gives the halves of x^2. */
function wholeSquares(to: Lowering, name: string, x: string, width: number): LimbTerms {
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  const shape = indices.map(({ size }) => size);
  const high = to.witness(`${name}:square-high`, shape, { min: 0, max: 2 ** LIMB });
  const low = to.witness(`${name}:square-low`, shape, { min: 0, max: 2 ** LIMB - 1 });
  const entry = (tensor: string): Term => term(1, [view(tensor, 't', 'j')]);
  const key = [entry(x), term(2 ** 15)];
  to.lookup(`${name}:square`, indices, to.table(squareTable()), [key, [entry(high)], [entry(low)]]);
  // Sums of at most 2^14 halves up to 2^15: at most 2^29.
  const sum = (tensor: string): Term => term(1, [view(tensor, 't', 'k')], [{ name: 'k', size: width }]);
  return [[sum(low)], [sum(high)], []];
}

/**
 * x = 2^10 u + l of 20 bits: two range checks. x^2 = 2^20 u^2 + 2^11 u l + l^2, each summed over chunks of 2^10 columns, where it
 * is a number below 2^30, and cut into digits that fit the limbs of V.
 */
function splitSquares(to: Lowering, name: string, x: string, width: number, digit: Digit): LimbTerms {
  const t = to.rowIndex(name);
  const indices = [t, to.columnIndex(name)];
  const base = 2 ** LOW;
  const upper = to.witness(`${name}:upper`, [t.size, width], { min: -base / 2, max: base / 2 - 1 });
  const [u, lower] = [term(1, [view(upper, 't', 'j')]), term(-base, [view(upper, 't', 'j')])];
  const table = to.table(rangeTable(LOW));
  to.lookup(`${name}:upper`, indices, table, [[u, term(base / 2)]]);
  to.lookup(`${name}:lower`, indices, table, [[term(1, [view(x, 't', 'j')]), lower]]);
  const sums: LimbTerms = [[], [], []];
  chunks(width).forEach(({ first, size }, c) => {
    const k: Index = { name: 'k', size };
    const sum = (coefficient: number, a: string, b: string): Term =>
      term(coefficient, [view(a, 't', at('k', 1, first)), view(b, 't', at('k', 1, first))], [k]);
    const equals = (
      what: string,
      terms: readonly Term[],
      digits: readonly (readonly [number, string])[],
    ): void =>
      to.zero(
        `${name}:${what}-${c}`,
        [t],
        [...terms, ...digits.map(([weight, own]) => term(-weight, [digit(`${own}-${c}`)]))],
      );
    const limb = 2 ** LIMB;
    // sum u^2 <= 2^28
    equals(
      'high',
      [sum(1, upper, upper)],
      [
        [1, 'high0'],
        [limb, 'high1'],
      ],
    );
    // sum u l = sum u x - 2^10 sum u^2
    const cross = [sum(1, x, upper), sum(-base, upper, upper), term(CROSS_OFFSET)];
    equals('cross', cross, [
      [1, 'cross0'],
      [2 ** 4, 'cross1'],
      [2 ** 19, 'cross2'],
    ]);
    // sum l^2 = sum x^2 - 2^11 sum x u + 2^20 sum u^2 < 2^30
    equals(
      'low',
      [sum(1, x, x), sum(-2 * base, x, upper), sum(base * base, upper, upper)],
      [
        [1, 'low0'],
        [limb, 'low1'],
      ],
    );
    const own = (weight: number, what: string): Term => term(weight, [digit(`${what}-${c}`)]);
    // 2^11 cross = 2^11 c0 + 2^15 c1 + 2^30 c2, less 2^40; 2^20 high = 2^15 2^5 h0 + 2^30 2^5 h1
    sums[0].push(own(1, 'low0'), own(2 ** 11, 'cross0'));
    sums[1].push(own(1, 'low1'), own(1, 'cross1'), own(2 ** 5, 'high0'));
    sums[2].push(own(1, 'cross2'), own(2 ** 5, 'high1'), term(-(2 ** 10)));
  });
  return sums;
}

/**
 * V = epsilon + sum x^2 in limbs v0, v1, v2 of 15 bits and v3 = epsilon3 + carry2: sums below 2^30 on either side.
 * @returns the terms of v3
 */
function limbRelations(to: Lowering, node: RmsnormNode, sums: LimbTerms, digit: Digit): readonly Term[] {
  const t = to.rowIndex(node.name);
  const epsilon = limbs(node.epsilon);
  sums.forEach((terms, i) => {
    const carried = i === 0 ? [] : [term(1, [digit(`carry${i - 1}`)])];
    const own = [term(-1, [digit(`v${i}`)]), term(-(2 ** LIMB), [digit(`carry${i}`)])];
    to.zero(`${node.name}:limb${i}`, [t], [...terms, term(epsilon[i] as number), ...carried, ...own]);
  });
  return [term(epsilon[3]), term(1, [digit('carry2')])];
}

/** V = m 4^e + rest and R = floor(r[m] / 2^e), each in one way. */
function rootRelations(to: Lowering, { name }: RmsnormNode, digit: Digit, v3: readonly Term[]): void {
  const t = to.rowIndex(name);
  const row = (value: string): View => view(to.witness(`${name}:${value}`, [t.size]), 't');
  const [power, step, one, two] = ['power', 'step', 'one', 'two'].map(row) as [View, View, View, View];
  const [m, r, small, root, high, unit] = ['mantissa', 'entry', 'small', 'root', 'root1', 'unit'].map(
    row,
  ) as [View, View, View, View, View, View];
  const entry = (of: View): readonly Term[] => [term(1, [of])];
  const limb = 2 ** LIMB;
  const [v0, v1, v2] = ['v0', 'v1', 'v2'].map(digit) as [View, View, View];
  const times = (terms: readonly Term[], factor: View, scale: number): Term[] =>
    terms.map((of) => ({ ...of, coefficient: scale * of.coefficient, views: [...of.views, factor] }));
  to.lookup(`${name}:exponent`, [t], to.table(exponentTable()), [power, step, one, two].map(entry));
  to.lookup(`${name}:mantissa`, [t], to.table(mantissaTable()), [m, r, small].map(entry));
  to.lookup(`${name}:root-high`, [t], to.table(rootTable()), [power, high, unit].map(entry));

  // Two limbs from limb a on are m 2^b + (rest above limb a), for a = 0, 1, 2.
  const from0 = [term(1, [v0]), term(limb, [v1])];
  const from1 = [term(1, [v1]), term(limb, [v2])];
  const from2 = [term(1, [v2]), ...v3.map((of) => ({ ...of, coefficient: limb * of.coefficient }))];
  to.zero(
    `${name}:scaled`,
    [t],
    [
      ...from0,
      ...times(from1, one, 1),
      ...times(from0, one, -1),
      ...times(from2, two, 1),
      ...times(from0, two, -1),
      term(-1, [m, step]),
      term(-1, [digit('rest')]),
    ],
  );
  to.zero(
    `${name}:rest`,
    [t],
    [term(1, [step]), term(-1), term(-1, [digit('rest')]), term(-1, [digit('restRoom')])],
  );
  // Limbs above these are zero: none is negative, so their sum is.
  to.zero(
    `${name}:above`,
    [t],
    [term(1, [v2]), ...v3, term(-1, [v2, one]), term(-1, [v2, two]), ...times(v3, two, -1)],
  );
  // m < 2^14 only for e = 0
  to.zero(`${name}:normal`, [t], [term(1, [small, power]), term(-1, [small])]);

  // r = R 2^e + rest, 0 <= rest < 2^e. For e >= 1 R is 2^11 R1 + R0 with R1 of the table: R 2^e < 2^31 - 2^24.
  const remainder = [term(1, [digit('rootRest0')]), term(limb, [digit('rootRest1')])];
  const room = [term(1, [digit('rootRoom0')]), term(limb, [digit('rootRoom1')])];
  const less = (terms: readonly Term[]): Term[] =>
    terms.map((of) => ({ ...of, coefficient: -of.coefficient }));
  to.zero(`${name}:root`, [t], [term(1, [r]), term(-1, [root, power]), ...less(remainder)]);
  to.zero(`${name}:root-rest`, [t], [term(1, [power]), term(-1), ...less(remainder), ...less(room)]);
  to.zero(
    `${name}:root-low`,
    [t],
    [term(1, [root]), term(-1, [root, unit]), term(-(2 ** ROOT_LOW), [high]), term(-1, [digit('root0')])],
  );
}
