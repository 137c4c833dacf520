/** Tables against the twin, against spec/tables.md and against their own laws. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../reference/blake3.ts';
import * as twin from '../../reference/tables.ts';
import { decided, roundHalfUp } from '../../src/tables/rounding.ts';
import {
  column,
  parseTableId,
  STANDARD_TABLES,
  tableBytes,
  tableDigestOf,
  tableOf,
  tableRows,
} from '../../src/tables/index.ts';
import { expectSame } from '../support/words.ts';

const spec = readFileSync(new URL('../../spec/tables.md', import.meta.url), 'utf8');
const pins = [...spec.matchAll(/^\| `([a-z0-9-]+)`\s+\| `([0-9a-f]{64})` \|$/gm)].map((m) => [m[1], m[2]]);
const closest: twin.Closest = { bits: 0 };

/** The digest of a twin's table by the twin's own BLAKE3 and by bytes put together here. */
function twinDigest(id: string, firstKey: number, columns: readonly (readonly number[])[]): string {
  const words = [firstKey, columns[0]?.length ?? 0, columns.length, ...columns.flat()];
  const bytes = new Uint8Array(4 + id.length + 4 * words.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, id.length, true);
  [...id].forEach((c, i) => (bytes[4 + i] = c.charCodeAt(0)));
  words.forEach((w, i) => view.setInt32(4 + id.length + 4 * i, w, true));
  return Buffer.from(blake3(bytes)).toString('hex');
}

function sameColumns(id: string, columns: Readonly<Record<string, readonly number[]>>): void {
  const table = tableOf(id);
  expect(table.columns.map((c) => c.name)).toEqual(Object.keys(columns));
  for (const [name, entries] of Object.entries(columns))
    expectSame(column(table, name), entries, `${id} ${name}`);
}

describe('digests', () => {
  test('spec/tables.md pins exactly the standard tables', () => {
    expect(pins.map(([id]) => id)).toEqual(STANDARD_TABLES);
    for (const [id, digest] of pins) expect(`${id} ${tableDigestOf(id as string)}`).toBe(`${id} ${digest}`);
  });

  test('the twin computes the same bytes', () => {
    expect(twinDigest('exp2', 0, Object.values(twin.exp2()))).toBe(tableDigestOf('exp2'));
    const small = { cos: [16384, 16384, 8852, 16383], sin: [0, 0, 13787, 164] };
    expect(twinDigest('rope-10000-4-2', 0, Object.values(small))).toBe(tableDigestOf('rope-10000-4-2'));
  });

  test('one entry changed changes the digest', () => {
    const table = tableOf('exp2');
    const bytes = tableBytes(table);
    expect(bytes.length).toBe(4 + 4 + 12 + 4 * 2 * 2048);
    bytes[bytes.length - 1] = 1;
    expect(Buffer.from(blake3(bytes)).toString('hex')).not.toBe(tableDigestOf('exp2'));
  });
});

describe('QNT-4: every entry rebuilt by other series in 224 bits', () => {
  test('exp2', () => sameColumns('exp2', twin.exp2()));
  test('rsqrt', () => sameColumns('rsqrt', { r: twin.rsqrt() }));
  test('gumbel', () => sameColumns('gumbel', { g: twin.gumbel(closest) }));
  test('rope', () => {
    sameColumns('rope-10000-8-512', twin.rope(10000, 8, 512, closest));
    sameColumns('rope-10000-64-1024', twin.rope(10000, 64, 1024, closest));
    sameColumns('rope-1000000-128-256', twin.rope(1000000, 128, 256, closest));
    sameColumns('rope-500000-6-33', twin.rope(500000, 6, 33, closest));
  });
  const tails = twin.tails();
  for (const kind of ['silu', 'gelu-tanh', 'gelu-erf'] as const) {
    test(kind, () => {
      const tail = twin.memoised(tails[kind]);
      for (const range of [3, 4, 5]) {
        for (const bits of [12, 14, 16]) {
          sameColumns(`${kind}-${bits}-r${range}`, { y: twin.activation(tail, bits, range, closest) });
        }
      }
    });
  }
  test('the bound', () => {
    console.log(`tables: |entry - value| <= 1/2; closest value to a tie: 2^-${closest.bits} of a unit`);
    expect(closest.bits).toBeGreaterThan(14); // 10^5 entries come closer than 2^-14, or the count is broken
  });
});

describe('laws', () => {
  test('exp2: one octave up is 2e + b, b small, monotone', () => {
    const [e, b] = [column(tableOf('exp2'), 'e'), column(tableOf('exp2'), 'b')];
    for (let t = 0; t < 2048; t++) {
      expect(Math.abs(b[t] as number)).toBeLessThanOrEqual(1);
      if (t >= 64) expect(2 * (e[t] as number) + (b[t] as number)).toBe(e[t - 64]);
      if (t > 0) expect(e[t]).toBeLessThanOrEqual(e[t - 1] as number);
    }
    expect([e[0], e[1024], e[1025], e[2047]]).toEqual([32768, 1, 0, 0]);
  });

  test('smooth activations: f(-x) = f(x) - x up to rounding, zero at zero, entries of 15 bits', () => {
    for (const id of STANDARD_TABLES.filter((name) => /^(silu|gelu)/.test(name))) {
      const y = column(tableOf(id), 'y');
      const half = y.length / 2;
      const unit = 2 ** (15 - Math.log2(y.length)); // entry units per key
      expect(y[half]).toBe(0);
      for (let n = 1; n < half; n++) {
        const drift = (y[half + n] as number) - (y[half - n] as number) - n * unit;
        if (Math.abs(drift) > 1) throw new Error(`${id} at ${n}: ${drift}`);
      }
      expect(Math.max(...y)).toBeLessThan(2 ** 14);
      expect(Math.min(...y)).toBeGreaterThanOrEqual(-(2 ** 14));
    }
  });

  test('a narrower key of the same range sees every fourth entry', () => {
    const [wide, narrow] = [column(tableOf('silu-16-r4'), 'y'), column(tableOf('silu-14-r4'), 'y')];
    expectSame(
      narrow,
      wide.filter((_, i) => i % 4 === 0),
    );
  });

  test('values just below a tie round down, where doubles do not', () => {
    // x = 14567 / 2^11 = 7.11..: f(x) = x - 10^-13 or so, 2^10 x = 7283.5.
    expect(column(tableOf('gelu-tanh-16-r4'), 'y')[32768 + 14567]).toBe(7283);
  });
});

describe('rounding', () => {
  test('half up, from exclusive upper bounds', () => {
    expect(roundHalfUp({ low: 3n, high: 4n, scale: 1n })).toBe(2); // 1.5 <= v < 2
    expect(roundHalfUp({ low: 2n, high: 3n, scale: 1n })).toBe(1); // 1 <= v < 1.5
    expect(roundHalfUp({ low: -1n, high: 0n, scale: 1n })).toBe(0); // -0.5 <= v < 0
    expect(roundHalfUp({ low: 2n, high: 4n, scale: 1n })).toBe(undefined);
  });
  test('a tie that no precision separates is an error', () => {
    expect(() => decided((P) => ({ low: (1n << P) - 1n, high: (1n << P) + 1n, scale: P + 1n }))).toThrow(
      RangeError,
    );
  });
});

test('ids: only the forms of the specification', () => {
  for (const id of STANDARD_TABLES) expect(parseTableId(id)).toBeDefined();
  const bad = [
    '',
    'exp',
    'silu-14',
    'silu-17-r4',
    'silu-014-r4',
    'silu-4-r5',
    'silu-14-r9',
    'relu-14-r4',
    'relu-1',
  ];
  bad.push(
    'rope-1-8-4',
    'rope-10000-7-4',
    'rope-10000-8-16385',
    'rope-10000-8-0',
    'rope-010-8-4',
    'gelu-14-r4',
  );
  bad.push('silu-14-r4 ', 'rope-2147483648-8-4', 'constructor');
  for (const id of bad) {
    expect(parseTableId(id)).toBe(undefined);
    expect(() => tableOf(id)).toThrow(RangeError);
  }
});

test('rows of a table are known before it is made', () => {
  for (const id of STANDARD_TABLES) expect(`${id} ${tableRows(id)}`).toBe(`${id} ${tableOf(id).rows}`);
  expect(() => tableRows('rope-1-8-8')).toThrow(RangeError);
});

test('tables of strangers take no more memory than those of a graph', () => {
  const own = tableOf('exp2');
  expect(tableOf('exp2')).toBe(own);
  for (const base of [2, 3]) tableOf(`rope-${base}-1024-16384`);
  expect(tableOf('exp2')).not.toBe(own);
  expect(tableOf('exp2')).toEqual(own);
});
