/** Names that an announcer chooses as they stand in the program of several steps: no two tensors meet, and every one is read as what it is. */
import { expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder } from '../../src/graph/index.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import { tokensOf } from '../../src/training/backward/batch.ts';
import { stateOf } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { stepsWitness } from '../../src/training/backward/witness.ts';
import { bothDigests } from '../support/twin-lowering.ts';
import { bothStackedPrograms } from '../support/twin-steps.ts';

const TOKENS = Int16Array.of(10, 3, 1, 5, 5, 4, 2, 3);
const BATCHES = [
  { corpus: 8, at: [0, 1, 4], starts: [0, 2] },
  { corpus: 8, at: [4, 5, 6], starts: [0, 2], rate: 7 },
  { corpus: 8, at: [1, 2, 3], starts: [0, 2], rate: 1 },
];
const LONG = 'n'.repeat(56);

/** Four nodes, then a table, a matrix, a bias of two digits. */
test.each([
  [
    ['next', '0', '1', 'data'],
    ['weight', 'rest', 'high'],
  ],
  [
    ['tokens', 'targets', 'numbers', 'back'],
    ['next', '0', 'low'],
  ],
  [
    ['0', '1', '2', '3'],
    ['0', '1', '2'],
  ],
  [
    ['next-weight', 'next.weight', 'weight.next', 'softmax'],
    ['low', 'next', 'momentum'],
  ],
  [['a', 'b', 'c', 'd'].map((own) => LONG + own), ['e', 'f', 'g'].map((own) => LONG + own)],
] as const)('%s, %s', ([h, x, o, y], [E, W, b]) => {
  const g = graphBuilder({ context: 4 });
  const table = g.weight(E!, [11, 2], { bits: 12 });
  const read = g.requantise(x!, g.embedding(h!, table, { width: 2 }), { shift: 3, bits: 9 });
  const heads = { heads: 1, kvHeads: 1, headDim: 2, shift: 3 };
  const seen = g.attention(o!, { query: read, key: read, value: read }, heads);
  const matrix = g.weight(W!, [6, 2], { bits: 12 });
  const bias = g.weight(b!, [6], { bits: 20 });
  const graph = g.build(g.rounded(y!, seen, matrix, { shift: 8, bits: 16, bias }));
  const plan = {
    weights: { [E!]: 9, [W!]: 10, [b!]: 16 },
    ...{ norms: 13, gradient: { bits: 12, fraction: 8, guard: 2 }, low: 15, rate: 3, ratePlaces: 9 },
    momentum: { shift: 3, high: 8, low: 9 },
  };
  const both = bothStackedPrograms(graph, plan, BATCHES, false);
  const [ours, twin] = bothDigests(both);
  expect(twin).toBe(ours);
  checkProgram(koalaBear, both.ours);
  const cells = { [E!]: 22, [W!]: 12, [b!]: 6 };
  const first = stateOf(graph, (name) => Array.from({ length: cells[name]! }, (_, i) => ((i * 97) % 500) - 200), plan); // prettier-ignore
  let state = first;
  const runs = BATCHES.map((batch) => {
    const run = graphStep(graph, plan, state, tokensOf(TOKENS, batch), { hidden: true });
    state = run.next;
    return run;
  });
  const { tensors, statics } = stepsWitness(graph, plan, BATCHES, first, runs);
  const witness = new Map<string, ArrayLike<number>>([...tensors, ...statics, ['data/tokens', TOKENS]]);
  expect(findViolation(koalaBear, both.ours, witness)).toBeUndefined();
  const free = both.ours.tensors.filter(({ kind, name }) => {
    if (kind === 'public') return false;
    const changed = Array.from(witness.get(name)!, (cell, i) => (i === 0 ? cell + 1 : cell));
    return findViolation(koalaBear, both.ours, new Map([...witness, [name, changed]])) === undefined;
  });
  expect(free.map(({ name }) => name)).toEqual([]);
});
