/** Graphs and passes in the words of the twin. */
import { lower } from '../../reference/lower.ts';
import type { Graph as TwinGraph } from '../../reference/graph-file.ts';
import type { Pass as TwinPass } from '../../reference/pass.ts';
import { programDigest as twinDigest, type Program as TwinProgram } from '../../reference/program.ts';
import { KOALABEAR } from '../../reference/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Graph } from '../../src/graph/index.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import type { Pass } from '../../src/graph/pass.ts';
import { programDigest } from '../../src/relation/digest.ts';
import type { Program } from '../../src/relation/program.ts';
import { twinRelations } from './twin-program.ts';

/** The same pass. */
export function twinPass({ rows, tokens, starts, emit, choice, choices, revealed }: Pass): TwinPass {
  const plain = Object.entries(choices ?? {}).map(([name, ids]) => [name, Array.from(ids)] as const);
  return {
    rows,
    ...(tokens !== undefined && { tokens: Array.from(tokens, (id) => (id === PRIVATE_TOKEN ? null : id)) }),
    starts,
    emit,
    choice: choice ?? 'greedy',
    choices: Object.fromEntries(plain),
    revealed: (revealed ?? []).map((of) => ({ ...of, values: Array.from(of.values) })),
  };
}

export interface BothPrograms {
  readonly ours: Program;
  readonly twin: TwinProgram;
}

/** A pass lowered by both. */
export function lowerTwice(graph: Graph, pass: Pass): BothPrograms {
  return { ours: lowerGraph(graph, pass), twin: lower(graph as unknown as TwinGraph, twinPass(pass)) };
}

/** Both digests, in hexadecimal, each by its own code. */
export function bothDigests({ ours, twin }: BothPrograms): [string, string] {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return [hex(programDigest(koalaBear, ours)), hex(twinDigest(KOALABEAR, twin))];
}

/** The first record in which two programs differ, for messages; undefined where they are equal. */
export function firstDifference({ ours, twin }: BothPrograms): unknown {
  const own = twinRelations(ours);
  for (const part of ['tensors', 'tables', 'virtuals', 'relations'] as const) {
    const count = Math.max(own[part].length, twin[part].length);
    for (let i = 0; i < count; i++) {
      const [a, b] = [own[part][i], twin[part][i]].map(text);
      if (a !== b) return { part, i, ours: a, twin: b };
    }
  }
  return undefined;
}

/** Keys in one order, lists of numbers as such. */
function text(of: unknown): string {
  return JSON.stringify(of, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
