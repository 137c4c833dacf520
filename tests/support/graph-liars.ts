/** A small model's graph with one part changed, and what refuses it. */
import { expect } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { checkGraph, type Graph, type GraphNode } from '../../src/graph/index.ts';
import { tinyLlama } from './tiny-models.ts';

export const { graph, weights } = tinyLlama({ seed: 1 });

/** What is changed, the code and the stage of its refusal, the change. */
export type Liar = readonly [string, string, RegExp, (copy: any) => unknown];

export const node = (copy: any, name: string): any => copy.nodes.find((n: GraphNode) => n.name === name);

/** The graph, as plain data, with a change is refused with this code, at this stage. */
export function expectLiar(code: string, stage: RegExp, change: (copy: any) => unknown): void {
  const copy = structuredClone(graph) as any;
  change(copy);
  expectRefused(copy as Graph, code, stage);
}

export function expectRefused(bad: Graph, code: string, stage: RegExp): void {
  try {
    checkGraph(bad);
  } catch (error) {
    expect(error).toBeInstanceOf(ProofError);
    expect(`${(error as ProofError).code} at ${(error as ProofError).stage}`).toMatch(
      new RegExp(`^${code} at `),
    );
    expect((error as ProofError).stage).toMatch(stage);
    return;
  }
  throw new Error(`accepted; expected ${code}`);
}
