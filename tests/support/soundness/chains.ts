/** A stored chain of three epochs, and chains whose keys or links lie. */
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import type { ChainLink } from '../../../src/pcs/chain.ts';
import { commitGroup, type OwnedGroup } from '../../../src/pcs/group-prove.ts';
import { encodeKey, type GroupKey } from '../../../src/pcs/key.ts';
import type { GroupIdentity } from '../../../src/pcs/opening.ts';
import type { Parameters } from '../../../src/params/parameters.ts';
import { S128 } from '../../../src/params/profile.ts';
import { codeOf, linearParameters, randomCells, testSource } from '../linear.ts';
import { identity, linkParameters } from './fixtures.ts';
import { proveLie } from './liar.ts';

export interface Chain {
  /** Bytes of the key that the verifier trusts. */
  readonly trusted: Uint8Array;
  readonly links: readonly ChainLink[];
}

export interface ChainLie extends Chain {
  readonly name: string;
  readonly code: string;
  /** The link that is refused. */
  readonly stage: string;
  /** Whether the verifier accepts once the check of this code is deleted. */
  readonly alone: boolean;
}

export interface ChainCorpus {
  readonly honest: Chain;
  /** Other valid proofs of the same links. */
  readonly again: readonly Uint8Array[];
  readonly lies: readonly ChainLie[];
}

const LAYOUT = new Uint8Array(32).fill(9);
const CONTEXT = Uint8Array.of(6);

/** An owner of a group, epoch by epoch. */
function owner(kernels: Kernels, m: number, t: number, columns: number) {
  const n = 2 ** m;
  const first = identity('W', { columns });
  const parameters = linearParameters(S128, codeOf(S128, m, t), [first], 1);
  const link = linkParameters(m, t, columns);
  const cells = randomCells(columns * n, 90);
  const commit = (epoch: number, of = cells): OwnedGroup =>
    commitGroup(
      kernels,
      testSource(quintic, 90 + epoch),
      parameters,
      { ...first, epoch },
      (from, count) => of.subarray(from * n, (from + count) * n),
      1,
    );
  const committed = (group: OwnedGroup) => ({ ...group.identity, cap: group.cap });
  const key = (group: OwnedGroup, change: Partial<GroupKey> = {}): Uint8Array =>
    encodeKey({ parameters, group: committed(group), layout: LAYOUT, ...change });
  const step = (older: OwnedGroup, newer: OwnedGroup, seed: number, over: Parameters = link): ChainLink => {
    const claimed = {
      parameters: over,
      older: committed(older),
      newer: committed(newer),
      context: CONTEXT,
    };
    const proof = proveLie(kernels, { claimed, groups: [older, newer] }, seed);
    return { key: key(newer), parameters: over, context: CONTEXT, proof };
  };
  return { n, cells, parameters, commit, committed, key, step };
}

export function chainCorpus(kernels: Kernels): ChainCorpus {
  const { commit, key, step, cells, n } = owner(kernels, 10, 1024, 2);
  const [zero, one, two] = [0, 1, 2].map((epoch) => commit(epoch)) as [OwnedGroup, OwnedGroup, OwnedGroup];
  const links = [step(zero, one, 120), step(one, two, 121)] as const;
  const honest = { trusted: key(zero), links };
  const other = cells.slice();
  other[n + 5]! += 1;
  const lies = [
    {
      name: 'the last epoch holds other cells',
      code: 'PAD_LINEAR',
      stage: 'link 1: pads/revealed',
      alone: true,
      trusted: honest.trusted,
      links: [links[0], step(one, commit(2, other), 122)],
    },
    ...renamed(honest, one),
    ...otherCodes(kernels),
  ];
  return { honest, again: [step(zero, one, 123).proof, step(one, two, 124).proof], lies };
}

/** The honest proof of the first link beside a key that is not the next of the trusted one. */
function renamed(honest: Chain, one: OwnedGroup): ChainLie[] {
  const [first] = honest.links as [ChainLink];
  const lie = (name: string, key: Uint8Array, alone: boolean, trusted = honest.trusted): ChainLie => ({
    name,
    ...{ code: 'LINK_IDENTITY', stage: 'link 0', alone, trusted },
    links: [{ ...first, key }],
  });
  const key = (change: Partial<GroupIdentity>, layout = LAYOUT): Uint8Array =>
    encodeKey({
      parameters: linearParameters(S128, codeOf(S128, 10, 1024), [one.identity], 1),
      group: { ...one.identity, cap: one.cap, ...change },
      layout,
    });
  const group = Uint8Array.from(one.identity.group, (byte, i) => (i === 7 ? byte ^ 1 : byte));
  const carried = key({ epoch: 0, lifetime: 'carried', uses: 1 });
  return [
    lie('a key of another layout', key({}, new Uint8Array(32)), true),
    lie('a key of another label', key({ label: 'V' }), false),
    lie('a key of another group', key({ group }), false),
    lie('a key of an epoch too far', key({ epoch: 2 }), false),
    lie('a key of the same epoch', key({ epoch: 0 }), false),
    lie('a key with a column more', key({ columns: 3 }), false),
    lie('a key of a carried group', key({ lifetime: 'carried', uses: 1 }), false),
    lie('a carried group has no next epoch', first.key, false, carried),
  ];
}

/** Two radii: the same trees read as words of a longer message. */
function otherCodes(kernels: Kernels): ChainLie[] {
  const [m, t] = [11, 1024];
  const { commit, committed, key, step } = owner(kernels, m, t, 1);
  const [zero, one] = [commit(0), commit(1)];
  const trusted = key(zero);
  const longer = linearParameters(S128, codeOf(S128, m, 2 * t), [one.identity], 1);
  const newer = encodeKey({ parameters: longer, group: committed(one), layout: LAYOUT });
  const base = { alone: true, trusted };
  return [
    {
      ...base,
      name: 'a link over a longer code than that of its groups',
      code: 'LINK_CODE',
      stage: 'link 0',
      links: [step(zero, one, 125, linkParameters(m, 2 * t, 1))],
    },
    {
      ...base,
      name: 'a key of a longer code behind a link over the older',
      code: 'LINK_IDENTITY',
      stage: 'link 0',
      links: [{ ...step(zero, one, 126), key: newer }],
    },
  ];
}
