/** OPS-6: random graphs, executed by the library and by the twin. */
import { expect, test } from 'vitest';
import { HALF_FIELD } from '../../src/ops/operator.ts';
import { checkGraph, decodeGraph, encodeGraph } from '../../src/graph/index.ts';
import { compare, failingNode, randomCase, run } from '../support/graphs.ts';

const GRAPHS = 200;

test(`OPS-6: ${GRAPHS} random graphs agree with the twin on every tensor`, () => {
  const refusals = new Map<string, number>();
  const operators = new Map<string, number>();
  let [same, unprovable, empty, residues, wide] = [0, 0, 0, 0, 0];
  for (let seed = 1; same < GRAPHS; seed++) {
    const testCase = randomCase(seed, refusals);
    const outcome = compare(testCase);
    if (outcome === 'unprovable') {
      unprovable++;
      // Inference knew: the node is listed as partial (or is an input from outside).
      const failed = failingNode(testCase);
      const { partial } = checkGraph(testCase.graph);
      const input = testCase.graph.nodes.some(({ name, op }) => name === failed && op === 'input');
      if (!input) expect(partial.map(({ node }) => node)).toContain(failed);
    } else {
      same++;
      for (const { op } of testCase.graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
      const { tensors, residues: names } = checkGraph(testCase.graph);
      const results = run(testCase);
      if (typeof results === 'string') throw new Error(results);
      for (const [name, { min, max, norm, width }] of tensors) {
        const { data } = results.tensors.get(name) as { data: Int32Array };
        data.forEach((v, i) => {
          if (v < min || v > max) throw new Error(`seed ${seed}: ${name}[${i}] leaves [${min}, ${max}]`);
        });
        for (let i = 0; norm !== undefined && i < data.length; i += width) {
          expect(Math.hypot(...data.subarray(i, i + width))).toBeLessThanOrEqual(norm);
        }
        if (names.includes(name)) {
          residues++;
          if (data.some((v) => Math.abs(v) > HALF_FIELD / 2)) wide++;
        }
      }
      if (testCase.rows.tokens.length === 0) empty++;
    }
    expect(decodeGraph(encodeGraph(testCase.graph))).toEqual(testCase.graph);
  }
  console.log(
    `${same} agree, ${unprovable} without witness on both sides; ${empty} with no rows; ${residues} residue`,
  );
  console.log(`tensors, ${wide} in the outer half; refused blocks`, Object.fromEntries(refusals));
  console.log('operators', Object.fromEntries(operators));
  expect(unprovable).toBeLessThan(2 * GRAPHS);
  expect(unprovable).toBeGreaterThan(5);
  expect(empty).toBeGreaterThan(5);
  expect(wide).toBeGreaterThan(5);
  expect(operators.size).toBe(15);
  for (const [op, count] of operators) expect(count, op).toBeGreaterThan(5);
  for (const code of ['GRAPH_SHAPE', 'GRAPH_RANGE']) expect(refusals.get(code)).toBeGreaterThan(0);
});
