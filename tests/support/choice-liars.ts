/** Witnesses of choices by whoever claims other ones: all that follows is filled in. */
import { lowerGraph } from '../../src/graph/lower.ts';
import type { Cells } from './clear.ts';
import type { Lowered } from './lowered.ts';

/** The same graph with choices that the statement claims, and what follows from them. */
export function claiming(
  made: Lowered,
  choices: readonly number[],
): { program: Lowered['program']; cells: Cells } {
  const program = lowerGraph(made.graph, { ...made.pass, choices: { choice: choices } });
  const values = valuesOf(made);
  const chosen = choices.map((id, t) => values[t]![id]!);
  const lead = values.flatMap((row, t) => row.map((v, j) => chosen[t]! - v - (j < choices[t]! ? 1 : 0)));
  return {
    program,
    cells: new Map<string, ArrayLike<number>>([
      ...made.cells,
      ['choice:chosen', chosen],
      ['choice:chosen-high', chosen.map((v) => Math.floor((v + 2 ** 28) / 2 ** 15))],
      ['choice:lead-high', lead.map((v) => Math.floor(v / 2 ** 15))],
    ]),
  };
}

/** Logits with noise, from the honest witness: what leads, and by how much. */
function valuesOf(made: Lowered): number[][] {
  const [chosen, honest] = [made.cells.get('choice:chosen')!, made.pass.choices!['choice']!];
  const lead = made.witness.virtuals!.get('choice:lead')!;
  const width = lead.length / honest.length;
  return Array.from(honest, (id, t) =>
    Array.from({ length: width }, (_, v) => chosen[t]! - lead[t * width + v]! - (v < id ? 1 : 0)),
  );
}
