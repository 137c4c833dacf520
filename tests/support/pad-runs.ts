/** The pad proof by itself, for small plans: hidden values, their products, forms that vanish. */
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import type { MaskedValue } from '../../src/pads/affine.ts';
import { createProverPads } from '../../src/pads/pads-prove.ts';
import { padCount, type PadPlan } from '../../src/pads/plan.ts';
import { commitPads, provePads } from '../../src/pads/proof-prove.ts';
import type { PadParameters } from '../../src/params/parameters.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import { createTape, tabulated, type Tape, type Words } from './tape.ts';

/** F_5 as its own extension: every word of a view can be enumerated. */
export const F5: ExtensionField = tabulated(extensionField(primeField(5), [0]));

export interface PadRun {
  readonly kernels: Kernels;
  readonly plan: PadPlan;
  /** q_H. */
  readonly queries: number;
  /** The hidden values; the statement is their products. */
  readonly values: readonly Ext[];
  /** Or a tape that is at hand already. */
  readonly words: Words | Tape;
  /** A public value that the first hidden one is claimed to have. */
  readonly claimed?: Ext;
}

export function padParameters(plan: PadPlan, queries: number): PadParameters {
  const size = padCount(plan);
  return { size, logCodeword: Math.ceil(Math.log2(size + queries)), queries };
}

/** Sends the values masked, states what their products are, and proves it. */
export function runPads({ kernels, plan, queries, values, words, claimed }: PadRun, ch: ProverChannel): void {
  const tape = typeof words === 'function' ? createTape(kernels, words) : words;
  const source = tape.source('proof');
  const pads = createProverPads(source, plan);
  const committed = commitPads(tape.kernels, source, padParameters(plan, queries), pads);
  const sent = pads.send(ch, 'values', values);
  const { algebra } = pads.ledger;
  const { field } = algebra;
  for (const [a, b] of plan.products) {
    const product = pads.ledger.multiply(sent[a] as MaskedValue, sent[b] as MaskedValue);
    const value = field.mul(values[a] as Ext, values[b] as Ext);
    pads.ledger.assertZero(algebra.sub(product, algebra.constant(value)));
  }
  if (claimed !== undefined) {
    pads.ledger.assertZero(algebra.sub(algebra.value(sent[0] as MaskedValue), algebra.constant(claimed)));
  }
  provePads(tape.kernels, ch, committed, pads.ledger.finish());
}
