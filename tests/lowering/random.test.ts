/** DIF-2: what the executor computes satisfies all relations of the lowered graph, for random graphs. */
import { expect, test } from 'vitest';
import { violated } from '../support/clear.ts';
import { randomCase } from '../support/graphs.ts';
import { loweredCase, without } from '../support/lowered.ts';

const GRAPHS = 60;
/** Operators without relations yet. */
const MISSING = ['argmax', 'attention', 'rope'];

test(`DIF-2: ${GRAPHS} random graphs`, { timeout: 120_000 }, () => {
  const operators = new Map<string, number>();
  let made = 0;
  for (let seed = 1; made < GRAPHS; seed++) {
    const testCase = without(randomCase(seed, new Map()), MISSING);
    const lowered = testCase && loweredCase(testCase);
    if (lowered === undefined) continue;
    const { program, cells, graph } = lowered;
    if (program.relations.length === 0) continue;
    made++;
    expect(violated(program, cells), `seed ${seed}`).toEqual([]);
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
  }
  console.log('operators', Object.fromEntries(operators));
  for (const [op, count] of operators) expect(count, op).toBeGreaterThan(5);
});
