/** Seeded integer entries with the values at which digits, widths and dot products overflow. */
import { generator } from './words.ts';

/** Random entries of a width, or one pattern of extreme entries. */
export type Entries = 'int8' | 'int14' | 'int16' | (typeof PATTERNS)[number];

/** Entries that make every partial sum as large as it can be. */
export const PATTERNS = [
  '127',
  '-128',
  '8191',
  '-8191',
  '8192',
  '-8192',
  '32767',
  '-32768',
  '-32768,32767',
  '8191,-8191',
] as const;

const EDGES = {
  int8: [0, 1, -1, 127, -127, -128],
  int14: [0, 1, -1, 8191, -8191, 8192],
  int16: [0, 1, -1, 8192, -8192, 8193, 32767, -32767, -32768],
} as const;
const SPAN = { int8: [-128, 255], int14: [-8191, 16383], int16: [-32768, 65535] } as const;

/** n entries; int8 for `int8`, `127` and `-128`, int16 for everything else. */
export function integers(n: number, entries: Entries, seed: number): Int8Array | Int16Array {
  const Type = entries === 'int8' || entries === '127' || entries === '-128' ? Int8Array : Int16Array;
  const out = new Type(n);
  if (entries === 'int8' || entries === 'int14' || entries === 'int16') {
    const next = generator(seed);
    const edges = EDGES[entries];
    const [low, span] = SPAN[entries];
    for (let i = 0; i < n; i++) {
      out[i] = next() % 4 === 0 ? (edges[next() % edges.length] as number) : low + (next() % (span + 1));
    }
    return out;
  }
  const cycle = entries.split(',').map(Number);
  for (let i = 0; i < n; i++) out[i] = cycle[i % cycle.length] as number;
  return out;
}
