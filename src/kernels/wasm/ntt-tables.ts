/** The tables of splitting roots that the transforms read: see assembly/ntt/twiddles.ts for their layout. */
import type { BaseField, Fe } from '../../field/field.ts';
import type { Engine } from './engine.ts';

const PREFIX_BITS = 12;
const PREFIX = 2 ** PREFIX_BITS;
const HIGH = 2 ** 11;

/** Layers that one task can do: the depth of the heap of roots. */
export const MAX_TASK_LAYERS = PREFIX_BITS + 1;

export interface NttTables {
  /** Addresses of the roots and of their inverses. */
  readonly forward: number;
  readonly inverse: number;
}

/** Writes both tables, 80 KiB, to the bottom of the arena, where they stay. */
export function nttTables(engine: Engine, F: BaseField, radix: Fe): NttTables {
  // w_l = rootOfUnity(l) and its inverse: every root is a product of some of them.
  const generators = Array.from({ length: F.twoAdicity + 1 }, (_, l) => F.rootOfUnity(l));
  const write = (roots: readonly Fe[]): number => {
    const words = engine.arena.u32(2 * PREFIX + HIGH);
    const prefix = expand(F, roots.slice(2, 2 + PREFIX_BITS), radix);
    for (let layer = 0; layer <= PREFIX_BITS; layer++) words.set(prefix.slice(0, 2 ** layer), 2 ** layer);
    // z_(4096 i): bit b of i stands for bit 12 + b of the index, i.e. for the root of order 2^(14 + b).
    words.set(expand(F, roots.slice(2 + PREFIX_BITS, 2 + PREFIX_BITS + Math.log2(HIGH)), radix), 2 * PREFIX);
    return words.byteOffset;
  };
  return { forward: write(generators), inverse: write(generators.map((w) => F.inverse(w))) };
}

/** Entry i = radix * product of factors[b] over the set bits b of i. */
function expand(F: BaseField, factors: readonly Fe[], radix: Fe): Fe[] {
  let entries: Fe[] = [radix];
  for (const factor of factors) entries = [...entries, ...entries.map((entry) => F.mul(entry, factor))];
  return entries;
}
