/** Several steps of a graph in one program: spec/graph-step-program.md section 6. */
import type { CheckedGraph } from './graph-checks.ts';
import type { Program, Relation, Tensor, Term } from './program.ts';
import type { StepPlan } from './step-plan.ts';
import { stepProgram, type Batch } from './step-program.ts';
import { rangesOf } from './step-update.ts';

const CORPUS = 'data/tokens';

/** Of one step its own program. @param first whether the first one reads weights that no step wrote of which the verifier knows */
export function stepsProgram(
  checked: CheckedGraph,
  plan: StepPlan,
  batches: readonly Batch[],
  first: boolean,
): Program {
  const all = batches.map((batch, i) => stepProgram(checked, plan, batch, first && i === 0));
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const state = rangesOf(checked.graph, plan);
  const to = { tensors: [] as Tensor[], tables: [] as Program['tables'][number][], virtuals: [] as Program['virtuals'][number][], relations: [] as Relation[] }; // prettier-ignore
  all.forEach((program, i) => {
    const renamed = (name: string): string =>
      name === CORPUS ? name : i > 0 && state.has(name) ? `${i - 1}/next/${name}` : `${i}/${name}`;
    const terms = (own: readonly Term[]): Term[] =>
      own.map((term) => ({ ...term, views: term.views.map((view) => ({ ...view, tensor: renamed(view.tensor) })) })); // prettier-ignore
    for (const tensor of program.tensors) {
      const { name, shape } = tensor;
      if (i > 0 && (name === CORPUS || state.has(name))) continue;
      const range = name.startsWith('next/') ? state.get(name.slice(5)) : undefined;
      const isBetween = range !== undefined && i < all.length - 1;
      to.tensors.push(
        isBetween
          ? { kind: 'witness', name: renamed(name), shape, range }
          : { ...tensor, name: renamed(name) },
      );
    }
    for (const table of program.tables) {
      if (!to.tables.some(({ name }) => name === table.name)) to.tables.push(table);
    }
    for (const own of program.virtuals) to.virtuals.push({ ...own, name: `${i}/${own.name}`, terms: terms(own.terms) }); // prettier-ignore
    for (const own of program.relations) {
      const name = `${i}/${own.name}`;
      to.relations.push(own.kind === 'zero' ? { ...own, name, terms: terms(own.terms) } : { ...own, name, entries: own.entries.map(terms) }); // prettier-ignore
    }
  });
  return to;
}
