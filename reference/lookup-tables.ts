/** The tables of lookups by their names: spec/integer-semantics.md section 9, "Tables". Keys begin at 0. */
import { KOALABEAR } from './field.ts';
import { at, range } from './lists.ts';
import type { TableColumn } from './lookup-program.ts';
import type { NamedTable } from './program.ts';
import { columnOf } from './table-ids.ts';

const made = new Map<string, NamedTable>();

function table(name: string, columns: () => readonly (TableColumn | readonly number[])[]): NamedTable {
  const known = made.get(name);
  if (known !== undefined) return known;
  const of = columns();
  const rows = Math.max(...of.map((column) => ('kind' in column ? 0 : column.length)));
  const result = { name, rows, columns: of.map((column) => ('kind' in column ? column : dense(column))) };
  made.set(name, result);
  return result;
}

const KEYS: TableColumn = { kind: 'range', first: 0n };

/** Integers by their residues. */
function dense(values: readonly number[]): TableColumn {
  return {
    kind: 'dense',
    values: values.map((value) => ((BigInt(value) % KOALABEAR) + KOALABEAR) % KOALABEAR),
  };
}

/** 0 .. 2^n - 1. */
export function bitsTable(n: number): NamedTable {
  return { name: `bits-${n}`, rows: 2 ** n, columns: [KEYS] };
}

/** 0 .. rows - 1: spec/training-program.md, as the next two. */
export function rangeTable(rows: number): NamedTable {
  return { name: `range-${rows}`, rows, columns: [KEYS] };
}

/** (y + 2^(bits-1), y cut off at 0 and 2^top - 1, [0 < y < 2^top]). */
export function rampTable(bits: number, top: number): NamedTable {
  return table(`ramp-${bits}-${top}`, () => {
    const y = range(2 ** bits).map((i) => i - 2 ** (bits - 1));
    const x = y.map((v) => Math.min(Math.max(v, 0), 2 ** top - 1));
    return [KEYS, x, y.map((v) => (0 < v && v < 2 ** top ? 1 : 0))];
  });
}

/** The first two columns of it: spec/training-program.md, section 6. */
export function cutTable(bits: number, top: number): NamedTable {
  return {
    ...rampTable(bits, top),
    name: `clamp-${bits}-${top}`,
    columns: rampTable(bits, top).columns.slice(0, 2),
  };
}

/** (v + 2^(bits-1), what rounding by `shift` leaves of v): spec/graph-step-program.md, section 5. */
export function remainderTable(bits: number, shift: number): NamedTable {
  return table(`remainders-${bits}-${shift}`, () => {
    const moved = range(2 ** bits).map((i) => i + 2 ** (shift - 1) - 2 ** (bits - 1));
    return [KEYS, moved.map((v) => v - 2 ** shift * Math.floor(v / 2 ** shift))];
  });
}

/** (q + count / 2, q cut off to so many bits): spec/graph-step-program.md, "Cells". */
export function quotientTable(bits: number, count: number): NamedTable {
  return table(`cut-${bits}-${count}`, () => {
    const [half, q] = [2 ** (bits - 1), range(count).map((i) => i - count / 2)];
    return [KEYS, q.map((x) => Math.min(Math.max(x, -half), half - 1))];
  });
}

/** (t, e, b) of `exp2`, zeros behind it. */
export function distanceTable(): NamedTable {
  const long = (c: number): number[] => range(2 ** 15).map((t) => columnOf('exp2', c)[t] ?? 0);
  return table('distances', () => [KEYS, long(0), long(1)]);
}

/** (x + 2^(N-1), y). */
export function activationTable(id: string): NamedTable {
  return table(id, () => [KEYS, columnOf(id, 0)]);
}

/** (q + 2^(B+g-1), y, the activation of y), y the clamped q; `shown`: with y. */
export function clampTable(bits: number, guard: number, shown: boolean, activation?: string): NamedTable {
  const plain = `clamp-${bits}-${guard}`;
  const name = activation === undefined ? plain : `${plain}-${shown ? 'and' : 'to'}-${activation}`;
  return table(name, () => {
    const [half, all] = [2 ** (bits - 1), 2 ** (bits + guard)];
    const y = range(all).map((i) => Math.min(Math.max(i - all / 2, -half), half - 1));
    const columns = [KEYS, ...(shown ? [y] : [])];
    if (activation === undefined) return columns;
    const entries = columnOf(activation, 0);
    return [...columns, y.map((v) => at(entries, v + entries.length / 2))];
  });
}

/** (x + 2^15, high, low) with x^2 = 2^15 high + low. */
export function squareTable(): NamedTable {
  return table('square-16', () => {
    const squares = range(2 ** 16).map((i) => (i - 2 ** 15) ** 2);
    return [KEYS, squares.map((x) => Math.floor(x / 2 ** 15)), squares.map((x) => x % 2 ** 15)];
  });
}

/** (2^e, 2^b, [a = 1], [a = 2]) with 2e = 15 a + b, e from 0 to 19. */
export function exponentTable(): NamedTable {
  return table('norm-exponent', () => {
    const a = range(20).map((e) => Math.floor((2 * e) / 15));
    const flag = (of: number): number[] => a.map((x) => (x === of ? 1 : 0));
    return [range(20).map((e) => 2 ** e), range(20).map((e) => 2 ** ((2 * e) % 15)), flag(1), flag(2)];
  });
}

/** (m, r, [m < 2^14]). */
export function mantissaTable(): NamedTable {
  return table('rsqrt', () => [KEYS, columnOf('rsqrt', 0), range(2 ** 16).map((m) => (m < 2 ** 14 ? 1 : 0))]);
}

/** (2^e, R1, [e = 0]): (1, 0, 1), and for e from 1 to 19 all R1 up to floor(rsqrt.r[2^14] / 2^(e+11)). */
export function rootTable(): NamedTable {
  return table('norm-root', () => {
    const greatest = at(columnOf('rsqrt', 0), 2 ** 14);
    const rows = range(20).flatMap((e): [number, number, number][] =>
      e === 0
        ? [[1, 0, 1]]
        : range(Math.floor(greatest / 2 ** (e + 11)) + 1).map((high) => [2 ** e, high, 0]),
    );
    return [0, 1, 2].map((c) => rows.map((row) => row[c] as number));
  });
}

/** (r + 2^(s+11) w, [w >= 1]): r below 2^s, w below 2^8, r the faster one. */
export function digitTable(shift: number): NamedTable {
  return table(`octave-digits-${shift}`, () => {
    const rows = range(2 ** (shift + 8));
    const w = rows.map((i) => Math.floor(i / 2 ** shift));
    return [
      rows.map((i) => (i % 2 ** shift) + 2 ** (shift + 11) * at(w, i)),
      w.map((x) => (x === 0 ? 0 : 1)),
    ];
  });
}

/** (t, 0, e, b) with the entries of `exp2`, then (t, 1, 0, 0). */
export function numeratorTable(): NamedTable {
  return table('octave-numerators', () => {
    const t = range(2048);
    const zeros = t.map(() => 0);
    const ones = t.map(() => 1);
    const near = [t, zeros, columnOf('exp2', 0), columnOf('exp2', 1)];
    const far = [t, ones, zeros, zeros];
    return near.map((column, c) => [...column, ...at(far, c)]);
  });
}
