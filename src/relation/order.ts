/**
 * The order of pins: what is cut is there before its digits. So cells that pins make are functions of the cells that no pin makes.
 * spec/programs.md section 4.
 */
import { refuse } from '../errors/proof-error.ts';
import type { Form } from './form.ts';
import type { Index } from './program.ts';
import type { MadeSlab, Settled } from './settle.ts';
import { readsWithin } from './slabs.ts';

/** A form that is cut into digits, or made a cell of. */
export interface Pin {
  readonly form: Form;
  /** Index of its relation. */
  readonly r: number;
  readonly stage: string;
  readonly indices: readonly Index[];
  /** Tensors of these cells. */
  readonly makes: readonly string[];
}

/**
 * What digits are of must be there before them: of a tensor of which a later relation makes cells they might be the cause. Not of slabs of it
 * that earlier relations made.
 */
export function checkOrder(
  pins: readonly Pin[],
  settled: Settled,
  parts: ReadonlyMap<string, readonly MadeSlab[]>,
): void {
  /** Tensors that nothing settles: the last relation that makes some of their cells. */
  const reached = new Map<string, number>();
  for (const { r, makes } of pins) for (const name of makes) if (!settled.has(name)) reached.set(name, r);
  for (const { form, r, stage, indices, makes } of pins) {
    for (const { views, sums } of form) {
      for (const view of views) {
        const { tensor } = view;
        if (makes.includes(tensor)) continue;
        if ((settled.get(tensor) ?? 0) <= r && (reached.get(tensor) ?? -1) < r) continue;
        const before = (parts.get(tensor) ?? []).filter(({ by }) => by < r);
        if (readsWithin(view, [...indices, ...sums], before)) continue;
        const what = `expected tensors that are settled before, got ${tensor}, settled later`;
        refuse('PROGRAM_RANGE', stage, what);
      }
    }
  }
}
