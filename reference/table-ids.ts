/** Tables by their ids: spec/tables.md sections 2 and 3. An id says all about a table. */
import { blake3 } from './blake3.ts';
import { ascii, join, u32, u32s } from './bytes.ts';
import { at } from './lists.ts';
import { activation, exp2, gumbel, memoised, rope, rsqrt, tails, type Tail } from './tables.ts';

/** What an id stands for. */
export type TableForm =
  | { readonly kind: 'exp2' | 'rsqrt' | 'gumbel' }
  | { readonly kind: 'rope'; readonly base: number; readonly headDim: number; readonly positions: number }
  | {
      readonly kind: 'activation';
      readonly of: 'silu' | 'gelu-tanh' | 'gelu-erf' | 'relu';
      readonly bits: number;
      readonly range: number;
    };

/** Rows in the order of their keys, column by column. */
export interface IntegerTable {
  readonly firstKey: number;
  readonly columns: readonly (readonly number[])[];
}

/** Section 2; undefined for what is no id. Numbers are decimal without leading zeros. */
export function parseTableId(id: string): TableForm | undefined {
  if (id === 'exp2' || id === 'rsqrt' || id === 'gumbel') return { kind: id };
  const number = '(0|[1-9][0-9]{0,9})';
  const rotary = new RegExp(`^rope-${number}-${number}-${number}$`).exec(id);
  if (rotary !== null) {
    const [base, headDim, positions] = rotary.slice(1).map(Number) as [number, number, number];
    const known = within(base, 2, 2 ** 31 - 1) && within(headDim, 2, 1024) && within(positions, 1, 16384);
    return known && headDim % 2 === 0 ? { kind: 'rope', base, headDim, positions } : undefined;
  }
  const relu = new RegExp(`^relu-${number}$`).exec(id);
  const smooth = new RegExp(`^(silu|gelu-tanh|gelu-erf)-${number}-r${number}$`).exec(id);
  if (relu !== null) {
    const bits = Number(relu[1]);
    return within(bits, 2, 16) ? { kind: 'activation', of: 'relu', bits, range: 0 } : undefined;
  }
  if (smooth === null) return undefined;
  const of = smooth[1] as 'silu' | 'gelu-tanh' | 'gelu-erf';
  const [bits, range] = [Number(smooth[2]), Number(smooth[3])];
  const known = within(bits, 2, 16) && within(range, 0, Math.min(8, bits - 1));
  return known ? { kind: 'activation', of, bits, range } : undefined;
}

function within(x: number, low: number, high: number): boolean {
  return low <= x && x <= high;
}

const known = new Map<string, IntegerTable>();
const digests = new Map<string, string>();
let smoothTails: Readonly<Record<string, Tail>> | undefined;

/** The table of an id, computed once. @throws RangeError for what is no id */
export function tableOf(id: string): IntegerTable {
  const form = parseTableId(id);
  if (form === undefined) throw new RangeError(`no table ${id}`);
  const table = known.get(id) ?? make(form);
  known.set(id, table);
  return table;
}

/** As many keys as section 2 names. */
export function tableRows(id: string): number {
  const form = parseTableId(id);
  if (form === undefined) throw new RangeError(`no table ${id}`);
  if (form.kind === 'rope') return (form.positions * form.headDim) / 2;
  if (form.kind === 'activation') return 2 ** form.bits;
  return { exp2: 2048, rsqrt: 65_536, gumbel: 40_960 }[form.kind];
}

function make(form: TableForm): IntegerTable {
  switch (form.kind) {
    case 'exp2':
      return { firstKey: 0, columns: Object.values(exp2()) };
    case 'rsqrt':
      return { firstKey: 0, columns: [rsqrt()] };
    case 'gumbel':
      return { firstKey: 0, columns: [gumbel()] };
    case 'rope':
      return { firstKey: 0, columns: Object.values(rope(form.base, form.headDim, form.positions)) };
    case 'activation': {
      const half = 2 ** (form.bits - 1);
      if (form.of === 'relu') {
        return {
          firstKey: -half,
          columns: [Array.from({ length: 2 * half }, (_, i) => Math.max(i - half, 0))],
        };
      }
      return { firstKey: -half, columns: [activation(smoothTail(form.of), form.bits, form.range)] };
    }
  }
}

/** The tail of a smooth activation, which remembers what it has computed. */
export function smoothTail(of: 'silu' | 'gelu-tanh' | 'gelu-erf'): Tail {
  smoothTails ??= Object.fromEntries(Object.entries(tails()).map(([kind, tail]) => [kind, memoised(tail)]));
  return smoothTails[of] as Tail;
}

/** The column of a table whose keys begin at 0, or the entries of an activation from its least key on. */
export function columnOf(id: string, column: number): readonly number[] {
  return at(tableOf(id).columns, column);
}

/** Section 3, in hexadecimal. */
export function tableDigest(id: string): string {
  const digest = digests.get(id) ?? hex(blake3(tableBytes(id)));
  digests.set(id, digest);
  return digest;
}

function tableBytes(id: string): Uint8Array {
  const { firstKey, columns } = tableOf(id);
  const head = [u32(id.length), ascii(id), u32(firstKey), u32(at(columns, 0).length), u32(columns.length)];
  return join([...head, ...columns.map(u32s)]);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
