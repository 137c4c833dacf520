/**
 * Tables by name. An id says everything about a table, and only ids of these forms exist; spec/tables.md pins the digests
 * of the standard ones.
 */
import { activationId, activationTable, type Activation, type ActivationParameters } from './activation.ts';
import { EXP2_ROWS, exp2Table } from './exp2.ts';
import { GUMBEL_OCTAVES, GUMBEL_PARTS, gumbelTable } from './gumbel.ts';
import { ropeId, ropeTable, type RopeParameters } from './rope.ts';
import { RSQRT_ROWS, rsqrtTable } from './rsqrt.ts';
import { tableDigest, type Table } from './table.ts';

/** Greatest number of positions of a rotary table: the greatest context. */
export const MAX_POSITIONS = 16384;

/** A table by kind and parameters. */
export type TableForm =
  | { readonly kind: 'exp2' | 'rsqrt' | 'gumbel' }
  | { readonly kind: 'rope'; readonly rope: RopeParameters }
  | { readonly kind: 'activation'; readonly activation: ActivationParameters };

/** Ids whose digests spec/tables.md pins. */
export const STANDARD_TABLES: readonly string[] = [
  'exp2',
  'rsqrt',
  'gumbel',
  ...[12, 14, 16].flatMap((bits) => [
    ...(['silu', 'gelu-tanh', 'gelu-erf'] as const).flatMap((kind) =>
      [3, 4, 5].map((range) => activationId({ kind, bits, range })),
    ),
    activationId({ kind: 'relu', bits }),
  ]),
  ropeId({ base: 10000, headDim: 8, positions: 512 }),
  ropeId({ base: 10000, headDim: 64, positions: 1024 }),
  ropeId({ base: 1000000, headDim: 128, positions: 256 }),
];

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;

function parseRope(id: string): TableForm | undefined {
  const match = /^rope-(\d{1,10})-(\d{1,4})-(\d{1,5})$/.exec(id);
  if (match === null) return undefined;
  const rope = { base: Number(match[1]), headDim: Number(match[2]), positions: Number(match[3]) };
  const fits =
    within(rope.base, 2, 2 ** 31 - 1) &&
    within(rope.headDim, 2, 1024) &&
    rope.headDim % 2 === 0 &&
    within(rope.positions, 1, MAX_POSITIONS);
  return fits && ropeId(rope) === id ? { kind: 'rope', rope } : undefined;
}

function parseActivation(id: string): TableForm | undefined {
  const match = /^(silu|gelu-tanh|gelu-erf|relu)-(\d{1,2})(?:-r(\d))?$/.exec(id);
  if (match === null) return undefined;
  const kind = match[1] as Activation;
  const bits = Number(match[2]);
  if (!within(bits, 2, 16) || (kind === 'relu') !== (match[3] === undefined)) return undefined;
  if (kind === 'relu') return activationId({ kind, bits }) === id ? form({ kind, bits }) : undefined;
  const range = Number(match[3]);
  if (!within(range, 0, Math.min(8, bits - 1))) return undefined;
  return activationId({ kind, bits, range }) === id ? form({ kind, bits, range }) : undefined;
}

const form = (activation: ActivationParameters): TableForm => ({ kind: 'activation', activation });

/** What an id stands for; undefined for anything that is not an id, leading zeros included. */
export function parseTableId(id: string): TableForm | undefined {
  if (id === 'exp2' || id === 'rsqrt' || id === 'gumbel') return { kind: id };
  return parseRope(id) ?? parseActivation(id);
}

/** Rows of a table, without making it. @throws RangeError for anything that is not an id */
export function tableRows(id: string): number {
  const parsed = parsedId(id);
  if (parsed.kind === 'rope') return (parsed.rope.positions * parsed.rope.headDim) / 2;
  if (parsed.kind === 'activation') return 2 ** parsed.activation.bits;
  return FIXED_ROWS[parsed.kind];
}

const FIXED_ROWS = { exp2: EXP2_ROWS, rsqrt: RSQRT_ROWS, gumbel: GUMBEL_PARTS * GUMBEL_OCTAVES } as const;
const FIXED = { exp2: exp2Table, rsqrt: rsqrtTable, gumbel: gumbelTable } as const;

function parsedId(id: string): TableForm {
  const parsed = parseTableId(id);
  if (parsed === undefined) throw new RangeError(`id: expected the id of a table, got ${id}`);
  return parsed;
}

function build(id: string): Table {
  const parsed = parsedId(id);
  if (parsed.kind === 'rope') return ropeTable(parsed.rope);
  if (parsed.kind === 'activation') return activationTable(parsed.activation);
  return FIXED[parsed.kind]();
}

const tables = new Map<string, Table>();
const digests = new Map<string, string>();
/** Rows that are kept: those of any one graph. Keys of strangers may name any number of tables, one after the other. */
const MAX_KEPT_ROWS = 2 ** 24;
/** What a table counts beside its rows: names and digests take memory, too. */
const ROWS_OF_NAME = 64;
let keptRows = 0;

/**
 * The table of an id, computed once (20 to 1000 ms for the larger ones) and again where others have taken its place.
 *
 * @throws RangeError for anything that is not an id
 * @example
 * column(tableOf('silu-14-r4'), 'y')[8192]; // silu(0) = 0
 */
export function tableOf(id: string): Table {
  const known = tables.get(id);
  if (known !== undefined) return known;
  const table = build(id);
  const rows = table.rows + ROWS_OF_NAME;
  if (keptRows + rows > MAX_KEPT_ROWS) {
    tables.clear();
    digests.clear();
    keptRows = 0;
  }
  tables.set(id, table);
  keptRows += rows;
  return table;
}

/** Its digest, in hexadecimal. @throws RangeError as `tableOf` */
export function tableDigestOf(id: string): string {
  const known = digests.get(id) ?? tableDigest(tableOf(id));
  digests.set(id, known);
  return known;
}
