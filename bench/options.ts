/** Options of benchmarks. What cannot be read is a RangeError that names the option. */

export interface Options {
  /** What stands behind an option; undefined where it is not there. */
  text(name: string): string | undefined;
  /** An integer of at least `least`, which is 1 unless it is given. */
  count(name: string, otherwise: number, least?: number): number;
  /** The same; undefined where it is not there. */
  given(name: string): number | undefined;
  /** One of some words; the first where none is given. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T;
  has(name: string): boolean;
}

export function readOptions(args: readonly string[]): Options {
  const text = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const count = (name: string, otherwise: number, least = 1): number => {
    const number = Number(text(name) ?? otherwise);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new RangeError(`${name}: expected an integer of at least ${least}, got ${text(name)}`);
  };
  return {
    text,
    count,
    given: (name) => (text(name) === undefined ? undefined : count(name, 1)),
    choice(name, choices) {
      const word = text(name) ?? choices[0];
      const found = choices.find((own) => own === word);
      if (found !== undefined) return found;
      throw new RangeError(`${name}: expected ${choices.join(' or ')}, got ${word}`);
    },
    has: (name) => args.includes(name),
  };
}

/** Threads of the kernels, as `wasmKernels` takes them. */
export function threadsOf(options: Options): { readonly threads?: number } {
  const threads = options.given('--threads');
  return threads === undefined ? {} : { threads };
}
