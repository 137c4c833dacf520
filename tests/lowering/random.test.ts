/** DIF-2: what the executor computes satisfies all relations of the lowered graph, for random graphs. */
import { expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { violated } from '../support/clear.ts';
import { randomCase } from '../support/graphs.ts';
import { loweredCase } from '../support/lowered.ts';

const GRAPHS = 60;

test(`DIF-2: ${GRAPHS} random graphs`, { timeout: 120_000 }, () => {
  const operators = new Map<string, number>();
  let made = 0;
  for (let seed = 1; made < GRAPHS; seed++) {
    const lowered = loweredCase(randomCase(seed, new Map()));
    if (lowered === undefined) continue;
    const { program, cells, graph } = lowered;
    if (program.relations.length === 0) continue;
    made++;
    checkProgram(koalaBear, program);
    expect(violated(program, cells), `seed ${seed}`).toEqual([]);
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
  }
  console.log('operators', Object.fromEntries(operators));
  // Attention has few inputs with a witness in such graphs; attention.test.ts has many of its own.
  for (const [op, count] of operators) expect(count, op).toBeGreaterThan(op === 'attention' ? 0 : 5);
});
