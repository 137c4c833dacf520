/** Proves a linear opening: the prover's side of `linear-verify.ts`. */
import type { Kernels } from '../kernels/contract.ts';
import { affineAlgebra } from '../pads/affine.ts';
import { createProverPads } from '../pads/pads-prove.ts';
import { commitPads, provePads } from '../pads/proof-prove.ts';
import type { MaskSource } from '../random/masks.ts';
import { proverChannel, type ProverChannel } from '../transcript/prover.ts';
import type { Observer } from '../transcript/transcript.ts';
import {
  checkLinearStatement,
  linearDomain,
  linearPlan,
  type LinearStatement,
  ownColumns,
} from './linear-statement.ts';
import { proveOpening, type OpenableGroup } from './open-prove.ts';
import { commitOwn } from './own-prove.ts';
import { writeRoot } from './whir/prove.ts';

const NO_CELLS = new Uint32Array(0);

/**
 * A proof of a linear opening.
 *
 * The caller has reserved the budget of every long-lived group and derived `source` from the reservation: what is drawn
 * here hides one transcript and no second one. The proof is checked by the caller before it is released.
 *
 * @param groups the statement's groups, in its order
 * @param source of a fresh proof key
 * @param ownCells words of F below p, [ownColumns][2^m]: secret, committed by this proof alone
 * @throws RangeError for a malformed statement, groups or cells that do not fit it; ProofError `SELF_CHECK` for a false claim
 */
export function proveLinear(
  kernels: Kernels,
  statement: LinearStatement,
  groups: readonly OpenableGroup[],
  source: MaskSource,
  observer?: Observer,
  ownCells: Uint32Array = NO_CELLS,
): Uint8Array<ArrayBuffer> {
  checkLinearStatement(kernels.ext, statement);
  statement.groups.forEach((group, i) => {
    if (groups[i]?.source.columns !== group.columns) {
      throw new RangeError(
        `groups[${i}]: expected ${group.columns} columns, got ${groups[i]?.source.columns}`,
      );
    }
  });
  const cells = ownColumns(statement) * 2 ** statement.parameters.code.logData;
  if (ownCells.length !== cells) {
    throw new RangeError(`ownCells: expected ${cells} words, got ${ownCells.length}`);
  }
  const ch = proverChannel(linearDomain(kernels.ext, statement), observer);
  kernels.memory.secretScope(() => proveLinearBody(kernels, ch, statement, groups, source, true, ownCells));
  return ch.finish();
}

/** The protocol behind the statement; call within a scope of the kernel memory. */
export function proveLinearBody(
  kernels: Kernels,
  ch: ProverChannel,
  statement: LinearStatement,
  groups: readonly OpenableGroup[],
  source: MaskSource,
  selfCheck = true,
  ownCells: Uint32Array = NO_CELLS,
): void {
  const { parameters } = statement;
  const algebra = affineAlgebra(kernels.ext);
  const pads = createProverPads(source, linearPlan(statement));
  const own = commitOwn(kernels, source, parameters, ownColumns(statement), ownCells);
  const committedPads = commitPads(kernels, source, parameters.pads, pads);
  writeRoot(ch, 'root/AM', own.rows);
  writeRoot(ch, 'root/PAD', committedPads.rows);
  const claims = statement.claims.map(({ weight, value }) => ({ weight, value: algebra.constant(value) }));
  proveOpening(kernels, ch, pads, { parameters, groups, own }, claims);
  provePads(kernels, ch, committedPads, pads.ledger.finish(), selfCheck);
}
