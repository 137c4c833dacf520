/** Halves or digits of squares, and the row values of a norm. */
import { column, tableOf } from '../../tables/index.ts';
import { shiftedRight } from '../interval.ts';
import type { OperatorWitness } from '../lowering-witness.ts';
import { digitCells } from '../row-digits.ts';
import { chunks, CROSS_OFFSET, LIMB, limbs, LOW, normDigits } from './digits.ts';
import { normExponent, ROOT_LOW } from './norm-tables.ts';
import type { RmsnormNode } from './shape.ts';

export const rmsnormWitness: OperatorWitness<RmsnormNode> = (run) => {
  const { node, rows } = run;
  const x = run.result(node.input);
  const [m, e, root] = ['mantissa', 'exponent', 'root'].map(run.auxiliary) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const table = column(tableOf('rsqrt'), 'r');
  const exponents = Array.from(e, normExponent);
  const perRow = (value: (t: number) => number): (() => Int32Array) => {
    return () => Int32Array.from({ length: rows }, (_, t) => value(t));
  };
  const mantissa = (t: number): number => m[t] as number;
  const isOne = (t: number): boolean => e[t] === 0;
  return {
    'square-high': () => {
      const out = new Int32Array(x.data.length);
      for (let i = 0; i < out.length; i++) out[i] = ((x.data[i] as number) * (x.data[i] as number)) >> LIMB; // v^2 <= 2^30
      return out;
    },
    'square-low': () => {
      const [out, mask] = [new Int32Array(x.data.length), 2 ** LIMB - 1];
      for (let i = 0; i < out.length; i++) out[i] = ((x.data[i] as number) * (x.data[i] as number)) & mask;
      return out;
    },
    upper: () => shiftedRight(x.data, LOW),
    mantissa: () => m,
    root: () => root,
    power: perRow((t) => (exponents[t] as { power: number }).power),
    step: perRow((t) => (exponents[t] as { step: number }).step),
    one: perRow((t) => (exponents[t] as { one: number }).one),
    two: perRow((t) => (exponents[t] as { two: number }).two),
    entry: perRow((t) => table[mantissa(t)] as number),
    small: perRow((t) => (mantissa(t) < 2 ** 14 ? 1 : 0)),
    unit: perRow((t) => (isOne(t) ? 1 : 0)),
    root1: perRow((t) => (isOne(t) ? 0 : (root[t] as number) >> ROOT_LOW)),
    product: () => {
      const out = new Int32Array(x.data.length);
      for (let t = 0, i = 0; t < rows; t++) {
        const factor = root[t] as number;
        for (; i < (t + 1) * x.width; i++) out[i] = (x.data[i] as number) * factor; // < 2^29
      }
      return out;
    },
    ...digitCells(normDigits(node.bits, x.width), rows, rowDigits(run, x)),
  };
};

type Run = Parameters<typeof rmsnormWitness>[0];

/** All digits, row by row. */
function rowDigits(
  run: Run,
  { data, width }: { readonly data: Int32Array; readonly width: number },
): Readonly<Record<string, Int32Array>> {
  const { node, rows } = run;
  const digits: Record<string, Int32Array> = {};
  for (const { digits: names } of normDigits(node.bits, width)) {
    for (const name of names) digits[name] = new Int32Array(rows);
  }
  const put = (t: number, values: Readonly<Record<string, number>>): void => {
    for (const [name, value] of Object.entries(values)) (digits[name] as Int32Array)[t] = value;
  };
  const squares = run.wide('squares');
  const [m, e, root] = ['mantissa', 'exponent', 'root'].map(run.auxiliary) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const table = column(tableOf('rsqrt'), 'r');
  const base = 2 ** LIMB;
  for (let t = 0; t < rows; t++) {
    const row = data.subarray(t * width, (t + 1) * width);
    const limbSums = node.bits === 16 ? wholeSums(row) : splitSums(row, (values) => put(t, values));
    const [v0, v1, v2] = limbs(squares[t] as number);
    const epsilon = limbs(node.epsilon);
    const carry0 = Math.floor((limbSums[0] + epsilon[0]) / base);
    const carry1 = Math.floor((limbSums[1] + epsilon[1] + carry0) / base);
    const carry2 = Math.floor((limbSums[2] + epsilon[2] + carry1) / base);
    const { power, step } = normExponent(e[t] as number);
    const above = Math.floor(
      (squares[t] as number) / 2 ** (LIMB * Math.floor((2 * (e[t] as number)) / LIMB)),
    );
    const rest = above - (m[t] as number) * step;
    const rootRest = (table[m[t] as number] as number) - (root[t] as number) * power;
    const rootRoom = power - 1 - rootRest;
    put(t, { v0, v1, v2, carry0, carry1, carry2, rest, restRoom: step - 1 - rest });
    put(t, { rootRest0: rootRest % base, rootRest1: Math.floor(rootRest / base) });
    put(t, { rootRoom0: rootRoom % base, rootRoom1: Math.floor(rootRoom / base) });
    put(t, { root0: e[t] === 0 ? 0 : (root[t] as number) % 2 ** ROOT_LOW });
  }
  return digits;
}

type LimbSums = [number, number, number];

function wholeSums(row: Int32Array): LimbSums {
  const sums: LimbSums = [0, 0, 0];
  const mask = 2 ** LIMB - 1;
  let [low, high] = [0, 0];
  for (let i = 0; i < row.length; i++) {
    const square = (row[i] as number) * (row[i] as number);
    low += square & mask;
    high += square >> LIMB;
  }
  [sums[0], sums[1]] = [low, high];
  return sums;
}

/** Sums of products of digits, chunk by chunk, and their digits. */
function splitSums(row: Int32Array, put: (values: Readonly<Record<string, number>>) => void): LimbSums {
  const sums: LimbSums = [0, 0, 0];
  const base = 2 ** LIMB;
  chunks(row.length).forEach(({ first, size }, c) => {
    let [high, cross, low] = [0, CROSS_OFFSET, 0];
    for (let i = first; i < first + size; i++) {
      const v = row[i] as number;
      const u = v >> LOW;
      const l = v - u * 2 ** LOW;
      high += u * u;
      cross += u * l;
      low += l * l;
    }
    const [high0, high1, low0, low1] = [
      high % base,
      Math.floor(high / base),
      low % base,
      Math.floor(low / base),
    ];
    const [cross0, cross1, cross2] = [cross % 16, Math.floor(cross / 16) % base, Math.floor(cross / 2 ** 19)];
    const own = { high0, high1, low0, low1, cross0, cross1, cross2 };
    put(Object.fromEntries(Object.entries(own).map(([name, value]) => [`${name}-${c}`, value])));
    sums[0] += low0 + 2 ** 11 * cross0;
    sums[1] += low1 + cross1 + 2 ** 5 * high0;
    sums[2] += cross2 + 2 ** 5 * high1 - 2 ** 10;
  });
  return sums;
}
