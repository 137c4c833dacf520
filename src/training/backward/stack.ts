/**
 * Several steps as one program: that of each, one behind the other. What a step writes the next one reads, and the proof commits it; so there are one
 * batch of lookups and sumchecks, one opening and one state that is committed for all of them. spec/graph-step-program.md section 6.
 */
import type { Program, Relation, Tensor, Term, Virtual } from '../../relation/program.ts';
import { CORPUS } from './corpus/relations.ts';
import type { StatePart } from './state-parts.ts';
import { nextName } from './state-relations.ts';

/** Which tensor of all steps is a tensor of one. */
export type Renaming = (tensor: string) => string;

/** Name in the program of several steps. @param step from 0 */
export function nameInStep(step: number, name: string): string {
  return `${step}/${name}`;
}

/** What a step reads is what the one before wrote; the corpus is everybody's. */
function renamingOf(step: number, read: ReadonlySet<string>): Renaming {
  return (tensor) => {
    if (tensor === CORPUS) return tensor;
    return step > 0 && read.has(tensor) ? nameInStep(step - 1, `next/${tensor}`) : nameInStep(step, tensor);
  };
}

/**
 * The program of steps one behind the other; of one step that step's.
 *
 * @param programs of each step, the first one of its own kind and all others of steps whose weights a step wrote
 * @param parts of the state
 */
export function stackedProgram(programs: readonly Program[], parts: readonly StatePart[]): Program {
  const [only] = programs;
  if (only !== undefined && programs.length === 1) return only;
  const read = new Set(parts.map(({ name }) => name));
  const written = new Map(parts.map((part) => [nextName(part), part]));
  const tables = new Map(programs.flatMap((program) => program.tables.map((table) => [table.name, table])));
  const last = programs.length - 1;
  /** A tensor of a step as one of all, unless it is another step's. */
  const tensorOf = (step: number, tensor: Tensor): Tensor | undefined => {
    const { name, shape } = tensor;
    if (step > 0 && (read.has(name) || name === CORPUS)) return undefined;
    const own = renamingOf(step, read)(name);
    const part = written.get(name);
    if (part === undefined || step === last) return { ...tensor, name: own };
    return { kind: 'witness', name: own, shape, range: part.range };
  };
  return {
    tensors: programs.flatMap(({ tensors }, step) =>
      tensors.map((tensor) => tensorOf(step, tensor)).filter((tensor) => tensor !== undefined),
    ),
    tables: [...tables.values()],
    virtuals: programs.flatMap(({ virtuals }, step) => virtuals.map(virtualIn(step, renamingOf(step, read)))),
    relations: programs.flatMap(({ relations }, step) =>
      relations.map(relationIn(step, renamingOf(step, read))),
    ),
  };
}

function termIn(rename: Renaming): (term: Term) => Term {
  return (term) => ({
    ...term,
    views: term.views.map((view) => ({ ...view, tensor: rename(view.tensor) })),
  });
}

function virtualIn(step: number, rename: Renaming): (virtual: Virtual) => Virtual {
  return ({ name, terms, ...own }) => ({
    ...own,
    name: nameInStep(step, name),
    terms: terms.map(termIn(rename)),
  });
}

function relationIn(step: number, rename: Renaming): (relation: Relation) => Relation {
  return (relation) => {
    const name = nameInStep(step, relation.name);
    if (relation.kind === 'zero') return { ...relation, name, terms: relation.terms.map(termIn(rename)) };
    return { ...relation, name, entries: relation.entries.map((entry) => entry.map(termIn(rename))) };
  };
}
