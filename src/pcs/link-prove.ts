/** Proves a link between two epochs: the prover's side of `link-verify.ts`. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt } from '../kernels/contract/layout.ts';
import type { MaskedValue } from '../pads/affine.ts';
import { createProverPads } from '../pads/pads-prove.ts';
import { commitPads, provePads } from '../pads/proof-prove.ts';
import type { MaskSource } from '../random/masks.ts';
import { proverChannel, type ProverChannel } from '../transcript/prover.ts';
import type { Observer } from '../transcript/transcript.ts';
import { inBatches, type ColumnSource } from './columns.ts';
import { bindLow } from './fold-prove.ts';
import { checkLinkStatement, linkDomain, linkPlan, type LinkStatement } from './link-statement.ts';
import { maskValue, proveCombination, type OpenableGroup } from './open-prove.ts';
import { commitOwn } from './own-prove.ts';
import { writeRoot } from './whir/prove.ts';

/**
 * @param groups the older and the newer epoch; both have reserved q0 positions for this proof
 * @param source of a fresh proof key
 * @throws RangeError for a malformed statement
 */
export function proveLink(
  kernels: Kernels,
  statement: LinkStatement,
  groups: readonly [older: OpenableGroup, newer: OpenableGroup],
  source: MaskSource,
  observer?: Observer,
): Uint8Array<ArrayBuffer> {
  checkLinkStatement(kernels.ext, statement);
  const ch = proverChannel(linkDomain(kernels.ext, statement), observer);
  kernels.memory.secretScope(() => proveLinkBody(kernels, ch, statement, groups, source));
  return ch.finish();
}

/** The protocol behind the statement; call within a scope of the kernel memory. */
export function proveLinkBody(
  kernels: Kernels,
  ch: ProverChannel,
  statement: LinkStatement,
  groups: readonly [older: OpenableGroup, newer: OpenableGroup],
  source: MaskSource,
  selfCheck = true,
): void {
  const { parameters } = statement;
  const pads = createProverPads(source, linkPlan(statement));
  const own = commitOwn(kernels, source, parameters, 0, new Uint32Array(0));
  const committedPads = commitPads(kernels, source, parameters.pads, pads);
  writeRoot(ch, 'root/AM', own.rows);
  writeRoot(ch, 'root/PAD', committedPads.rows);
  const point = ch.challengeExts('link/r', parameters.code.logData);
  const y = pads.send(ch, 'open/y', evaluateColumns(kernels, groups[0].source, point));
  const mask = maskValue(kernels, evaluateColumns(kernels, own.source, point));
  const yMask = pads.send(ch, 'open/y-mask', [mask])[0] as MaskedValue;
  proveCombination(kernels, ch, pads, { parameters, groups, own }, point, [...y, ...y], yMask);
  provePads(kernels, ch, committedPads, pads.ledger.finish(), selfCheck);
}

/** f~(point) of every column. Secret. */
function evaluateColumns(kernels: Kernels, source: ColumnSource, point: readonly Ext[]): Ext[] {
  const { ext, radix } = kernels;
  const inverse = ext.base.inverse(radix);
  const cells = 2 ** point.length;
  const table = new Uint32Array(extWords(cells, ext.degree));
  kernels.eqTable(table, point, ext.one);
  const out = new Uint32Array(extWords(1, ext.degree));
  const values: Ext[] = [];
  inBatches(source, (first, count) => {
    const data = source.data(first, count);
    for (let c = 0; c < count; c++) {
      bindLow(kernels, out, data, c, 1, cells, table);
      values.push(ext.mulBase(readExt(out, 0, ext.degree), inverse));
    }
  });
  return values;
}
