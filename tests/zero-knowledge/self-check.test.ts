/**
 * A prover looks at its claims before the pad proof's first message, from which the distance to the truth could be computed: for
 * every kind of proof what a false claim makes it write is what a true one makes it write, up to there.
 */
import { expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinkBody } from '../../src/pcs/link-prove.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, testSource } from '../support/linear.ts';
import { groupOf, KOALA } from '../support/scenarios.ts';
import { viewChannel } from '../support/view.ts';

const kernels = referenceKernels(KOALA.ext);
const field = kernels.ext;
const profile = unsafeToyProfile(1, { modulus: field.base.modulus, degree: field.degree });
const code = codeOf(profile, 3, 8);
const cells = Uint32Array.from({ length: 8 }, (_, i) => i + 1);
const context = new Uint8Array(0);

type Prove = (ch: ProverChannel) => void;

/** A claim about one column, of a group or of the proof's own, that is off by `by`. */
function proveClaim(own: boolean, by: Ext): Prove {
  const identity = groupOf('W', 1);
  const parameters = linearParameters(profile, code, own ? [] : [identity], 1, own ? 1 : 0);
  const weight = exampleWeights(field, 1, 3, 1)[1]!;
  const claims = [{ weight, value: field.add(applyWeight(field, weight, cells, 3), by) }];
  const group = commitGroup(
    kernels,
    testSource(field, 40),
    parameters,
    identity,
    () => Int16Array.from(cells),
    0,
  );
  const statement: LinearStatement = own
    ? { parameters, groups: [], ownColumns: 1, claims, context }
    : { parameters, groups: [{ ...identity, cap: group.cap }], claims, context };
  return (ch) =>
    own
      ? proveLinearBody(kernels, ch, statement, [], testSource(field, 41), true, cells)
      : proveLinearBody(kernels, ch, statement, [group], testSource(field, 41));
}

/** A link between epochs that differ by `by` in one cell. */
function proveChange(by: number): Prove {
  const { parameters } = completeInstance(linkInstance(1), code, profile)!;
  const groups = [0, 1].map((epoch) => {
    const data = Int16Array.from(cells, (x, i) => (epoch === 1 && i === 5 ? x + by : x));
    const identity = groupOf('W', 1, { epoch });
    return commitGroup(kernels, testSource(field, 42 + epoch), parameters, identity, () => data, 0);
  }) as [OwnedGroup, OwnedGroup];
  const [older, newer] = groups.map(({ identity, cap }) => ({ ...identity, cap }));
  const statement = { parameters, older: older!, newer: newer!, context };
  return (ch) => proveLinkBody(kernels, ch, statement, groups, testSource(field, 44));
}

/** Labels of what was written, and the error at its end, if any. */
function sent(prove: Prove): { labels: string[]; message: string } {
  const ch = viewChannel(field, { seed: 8 });
  let message = '';
  try {
    prove(ch);
  } catch (error) {
    message = String(error);
  }
  return { labels: ch.written.map(({ label }) => label), message };
}

test.each<[string, Prove, Prove]>([
  ['a column of a group', proveClaim(false, field.zero), proveClaim(false, field.one)],
  ['a column of its own', proveClaim(true, field.zero), proveClaim(true, field.one)],
  ['a link', proveChange(0), proveChange(1)],
])('%s', (_, honest, lying) => {
  const complete = sent(honest);
  expect(complete.message).toBe('');
  expect(complete.labels).toContain('pads/sums');
  const stopped = sent(lying);
  expect(stopped.message).toContain('SELF_CHECK at pads/sums');
  expect(stopped.labels).toEqual(complete.labels.slice(0, complete.labels.indexOf('pads/sums')));
});
