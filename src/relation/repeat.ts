/** A batch: several independent instances of one program over the same static tensors, as one program. */
import type { Coordinate, Program, Relation, Tensor, Term } from './program.ts';

export interface RepeatOptions {
  /** Names of public tensors that all instances share; static tensors always are. */
  readonly shared?: readonly string[];
  /** Values of the other public tensors, instance by instance; without it those of the program. */
  readonly values?: (instance: number, name: string) => ArrayLike<number>;
  /** Positions of gathers and masks belong to an instance as well: replaces the views and masks of a term. */
  readonly term?: (instance: number, term: Term) => Term;
}

/**
 * `count` instances of a program. Everything that is not shared gets the suffix `#0`, `#1`, ..: nothing of one instance can be read
 * by another.
 *
 * @throws RangeError unless count is a positive integer and every shared name a public tensor
 * @example
 * const batch = repeatProgram(program, 8, { values: (i, name) => inputs[i][name] });
 */
export function repeatProgram(program: Program, count: number, options: RepeatOptions = {}): Program {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`count: expected a positive integer, got ${count}`);
  }
  const common = new Set(options.shared ?? []);
  for (const name of common) {
    if (!program.tensors.some((tensor) => tensor.kind === 'public' && tensor.name === name)) {
      throw new RangeError(`shared: expected names of public tensors, got ${name}`);
    }
  }
  for (const tensor of program.tensors) if (tensor.kind === 'static') common.add(tensor.name);
  const instances = Array.from({ length: count }, (_, i) => instanceOf(program, i, common, options));
  return {
    tensors: [
      ...program.tensors.filter(({ name }) => common.has(name)),
      ...instances.flatMap(({ tensors }) => tensors),
    ],
    tables: program.tables,
    virtuals: instances.flatMap(({ virtuals }) => virtuals),
    relations: instances.flatMap(({ relations }) => relations),
  };
}

/** The name of a tensor, virtual tensor or relation in one instance. */
export function instanceName(name: string, instance: number): string {
  return `${name}#${instance}`;
}

function instanceOf(
  program: Program,
  instance: number,
  common: ReadonlySet<string>,
  { values, term }: RepeatOptions,
): Pick<Program, 'tensors' | 'virtuals' | 'relations'> {
  const named = (name: string): string => (common.has(name) ? name : instanceName(name, instance));
  const termOf = (of: Term): Term => {
    const own = term?.(instance, of) ?? of;
    const views = own.views.map(({ tensor, coordinates }) => {
      return { tensor: named(tensor), coordinates: coordinates as readonly Coordinate[] };
    });
    return { ...own, views };
  };
  const relationOf = (relation: Relation): Relation => {
    const name = instanceName(relation.name, instance);
    return relation.kind === 'zero'
      ? { ...relation, name, terms: relation.terms.map(termOf) }
      : { ...relation, name, entries: relation.entries.map((terms) => terms.map(termOf)) };
  };
  return {
    tensors: program.tensors
      .filter(({ name }) => !common.has(name))
      .map((tensor): Tensor => {
        const name = named(tensor.name);
        if (tensor.kind !== 'public') return { ...tensor, name };
        return { ...tensor, name, values: values?.(instance, tensor.name) ?? tensor.values };
      }),
    virtuals: program.virtuals.map((virtual) => {
      return { ...virtual, name: named(virtual.name), terms: virtual.terms.map(termOf) };
    }),
    relations: program.relations.map(relationOf),
  };
}
