/** Groups and statement digests: spec/commitment.md sections 2 and 4, spec/proof-format.md section "Statement leaves". */
import type { Algebra } from './algebra.ts';
import type { Lifetime } from './gate.ts';
import { logLength, parametersDigest, type ParameterSet } from './parameter-set.ts';
import { wellFormed } from './refusal.ts';
import * as transcript from './transcript.ts';

/** A long-lived group as a verifier knows it. */
export interface CommittedGroup {
  /** The label in the leaves of its tree. */
  readonly label: string;
  /** 8 bytes that name it over all epochs. */
  readonly group: Uint8Array;
  readonly epoch: number;
  readonly lifetime: Lifetime;
  readonly columns: number;
  /** Proofs that may open a carried group; 1 otherwise. */
  readonly uses: number;
  /** 2^C digests. */
  readonly cap: Uint8Array;
}

export type Leaf =
  | readonly [label: string, type: 'text', value: string]
  | readonly [label: string, type: 'integer', value: number]
  | readonly [label: string, type: 'digest', value: Uint8Array]
  | readonly [label: string, type: 'bytes', value: Uint8Array]
  | readonly [label: string, type: 'fes', value: readonly bigint[]];

/** spec/transcript.md section 4: the last state of a chain that takes the leaves as public entries. */
export function digestOfLeaves(context: string, leaves: readonly Leaf[]): Uint8Array {
  const { TAGS, absorb } = transcript;
  const chain = transcript.start(context, { p: 0n, low: [] });
  for (const [label, type, value] of leaves) {
    if (type === 'text') transcript.absorbText(chain, label, value);
    else if (type === 'integer') transcript.absorbInteger(chain, label, BigInt(value));
    else if (type === 'digest') absorb(chain, TAGS.publicDigest, label, 32, 1, value);
    else if (type === 'bytes') absorb(chain, TAGS.publicBytes, label, 1, value.length, value);
    else absorb(chain, TAGS.publicFes, label, 4, value.length, transcript.elements(value));
  }
  return chain.state;
}

export function statementDigest(leaves: readonly Leaf[]): Uint8Array {
  return digestOfLeaves('zkdl statement 1', leaves);
}

export function groupDigest(group: CommittedGroup, { code }: ParameterSet): Uint8Array {
  return statementDigest([
    ['label', 'text', group.label],
    ['group', 'bytes', group.group],
    ['epoch', 'integer', group.epoch],
    ['lifetime', 'text', group.lifetime],
    ['columns', 'integer', group.columns],
    ['uses', 'integer', group.uses],
    ['log-data', 'integer', code.logData],
    ['pad-length', 'integer', code.padLength],
    ['cap', 'bytes', group.cap],
  ]);
}

/** spec/transcript.md section 4: the domain of a proof. */
export function domain(
  K: Algebra,
  kind: string,
  parameters: ParameterSet,
  leaves: readonly Leaf[],
): transcript.Domain {
  return {
    protocol: 'zkdl',
    kind,
    formatVersion: 1n,
    field: K.field,
    parametersDigest: parametersDigest(parameters),
    statementDigest: statementDigest(leaves),
  };
}

/** Section 4, what makes a statement about groups well formed: identities that a tree can have, a cap that fits. */
export function checkGroups(K: Algebra, parameters: ParameterSet, groups: readonly CommittedGroup[]): void {
  const { modulus, degree } = parameters.profile.field;
  wellFormed(BigInt(modulus) === K.p && degree === K.degree, 'the field is that of the profile');
  for (const { label, group, epoch, lifetime, columns, uses, cap } of groups) {
    wellFormed(/^[\x21-\x7e]{1,8}$/.test(label) && !/^(AM|PAD|G[0-9]*)$/.test(label), `label ${label}`);
    wellFormed(group.length === 8, 'eight bytes name a group');
    wellFormed(Number.isSafeInteger(epoch) && epoch >= 0, 'epoch');
    wellFormed(['static', 'carried', 'proof'].includes(lifetime), `lifetime ${lifetime}`);
    wellFormed(Number.isInteger(columns) && columns >= 1 && columns <= 2 ** 24, 'columns');
    wellFormed(Number.isSafeInteger(uses) && uses >= 1, 'uses');
    const logCap = Math.log2(cap.length / 32);
    wellFormed(Number.isInteger(logCap) && logCap >= 0 && logCap <= logLength(parameters.code), 'cap');
  }
}
