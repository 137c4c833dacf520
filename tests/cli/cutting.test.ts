/** How many cells a group gets where its owner names a limit of memory, or nothing. */
import { expect, test } from 'vitest';
import type { GraphNode } from '../../src/graph/index.ts';
import { chooseModelParameters } from '../../src/prover/commit-model.ts';
import { commitMemory } from '../../src/verbs/costs.ts';
import { chosenCells } from '../../src/verbs/cutting.ts';
import { cutOf } from '../../src/verbs/weights.ts';
import { complete } from '../support/graphs.ts';

const SMALL = { tokens: 1, proofs: 1 };

/** Layers of weights of 2^20 cells, declared and never made. */
function model(layers: number, width = 1024): { readonly graph: ReturnType<typeof complete> } {
  const nodes: unknown[] = [
    { name: 'h0', op: 'embedding', table: 'E', width, level: 'residue' },
    { name: 'x0', op: 'requantise', input: 'h0', shift: 4, bits: 8, guard: 2 },
  ];
  const weights = [{ name: 'E', shape: [256, width], bits: 8 }];
  for (let i = 1; i <= layers; i++) {
    weights.push({ name: `w${i}.`, shape: [width, width], bits: 8 });
    nodes.push({ name: `h${i}`, op: 'linear', input: `x${i - 1}`, weight: `w${i}.`, level: 'residue' });
    nodes.push({ name: `x${i}`, op: 'requantise', input: `h${i}`, shift: 12, bits: 8, guard: 2 });
  }
  nodes.push({ name: 'last', op: 'emit', input: `x${layers}` });
  nodes.push({ name: 'logits', op: 'linear', input: 'last', weight: 'head', level: 'residue' });
  nodes.push({ name: 'choice', op: 'argmax', input: 'logits', unit: 0 });
  weights.push({ name: 'head', shape: [256, width], bits: 8 });
  return { graph: complete(4, nodes as GraphNode[], weights) };
}

test('what is asked for; else one group, or for a larger model groups of 2^29', () => {
  expect(chosenCells(model(3), { ...SMALL, groupCells: 5 })).toBe(5);
  expect(chosenCells(model(3), SMALL)).toBe(Infinity);
  expect(chosenCells(model(1, 2 ** 14), SMALL)).toBe(Infinity);
  expect(chosenCells(model(2, 2 ** 14), SMALL)).toBe(2 ** 29); // 2^29 and two tables
});

test('halves until a commitment fits, and nothing where none does or a key holds no more groups', () => {
  const small = model(12);
  const need = (of: typeof small, cells: number): number => {
    const wishes = { groupCells: cells, minProofs: SMALL.proofs, tokens: SMALL.tokens };
    return commitMemory(of, chooseModelParameters(of, wishes).parameters, cells);
  };
  const chosen = (of: typeof small, memory: number): number => chosenCells(of, { ...SMALL, memory });
  expect(chosen(small, need(small, Infinity))).toBe(Infinity);
  expect(chosen(small, need(small, Infinity) - 1)).toBe(2 ** 23);
  expect(chosen(small, need(small, 2 ** 21))).toBe(2 ** 21);
  expect(chosen(small, need(small, 2 ** 20) - 1)).toBe(Infinity);
  const deep = model(260);
  const cells = chosen(deep, need(deep, 2 ** 20));
  expect(cells).toBe(Infinity);
  expect(cutOf({ graph: deep.graph } as never, cells).count).toBe(1);
});
