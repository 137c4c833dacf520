/** Slopes of activations, round(2^14 f') for every key of their tables: spec/training-operators.md section 3. */
import { activationTable } from './lookup-tables.ts';
import type { NamedTable } from './program.ts';
import { circleConstant, integerRoot, naturalLogOfTwo, powerOfTwo } from './numbers.ts';
import { range } from './lists.ts';
import { parseTableId, smoothTail, type TableForm } from './table-ids.ts';
import { GRID, P, round } from './tables.ts';

type Activation = TableForm & { readonly kind: 'activation' };

const ONE = 1n << P;
const made = new Map<string, NamedTable>();

/** (x + 2^(N-1), slope), x the keys of an activation table. */
export function slopeTable(id: string): NamedTable {
  const known = made.get(id);
  if (known !== undefined) return known;
  const form = parseTableId(id);
  if (form?.kind !== 'activation') throw new RangeError(`no activation table ${id}`);
  const values = slopes(form).map((x) => BigInt(x < 0 ? x + 2130706433 : x));
  const [keys] = activationTable(id).columns;
  const table = { name: `slope-${id}`, rows: values.length, columns: [keys as NamedTable['columns'][number], { kind: 'dense', values } as const] }; // prettier-ignore
  made.set(id, table);
  return table;
}

/** From the least key on. */
export function slopes({ of, bits, range: wide }: Activation): number[] {
  const half = 2 ** (bits - 1);
  const keys = range(2 * half).map((i) => i - half);
  if (of === 'relu') return keys.map((n) => (n > 0 ? 2 ** 14 : 0));
  const unit = BigInt(2 ** (wide + 1 + Number(GRID) - bits)); // grid points per key step
  const slope = slopeOf(of);
  return keys.map((n) => {
    if (n === 0) return 2 ** 13;
    const positive = slope(BigInt(Math.abs(n)) * unit);
    return round(n > 0 ? positive : ONE - positive, P - 14n); // f'(-x) = 1 - f'(x)
  });
}

/** f' at x = n / 2^15 > 0, in fixed point. */
function slopeOf(of: Exclude<Activation['of'], 'relu'>): (n: bigint) => bigint {
  const tail = smoothTail(of);
  const pi = circleConstant(P);
  if (of === 'gelu-erf') {
    const exp = exponential();
    const rootTwoPi = integerRoot((2n * pi) << P, 2n);
    const density = (n: bigint): bigint => (exp((n * n) << (P - 2n * GRID - 1n)) << P) / rootTwoPi;
    return (n) => ONE - tail(n) + ((n * density(n)) >> GRID);
  }
  const c = integerRoot((8n << (3n * P)) / pi, 2n); // 2 sqrt(2/pi)
  const w = (n: bigint): bigint => {
    const x = n << (P - GRID);
    if (of === 'silu') return x;
    const cube = (((x * x) >> P) * x) >> P;
    return (c * (x + (cube * 134_145n) / 1_000_000n)) >> P;
  };
  return (n) => ((ONE - tail(n)) * (ONE + ((w(n) * tail(n)) >> P))) >> P;
}

/** exp(-v) */
function exponential(): (v: bigint) => bigint {
  const ln2 = naturalLogOfTwo(P);
  const power = powerOfTwo(P);
  return (v) => power((v << P) / ln2);
}
