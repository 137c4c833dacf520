/** Keys of committed groups: spec/state.md section 1. */
import { deriveKey } from './blake3.ts';
import { ascii, readInteger } from './bytes.ts';
import { checkSet } from './gate.ts';
import { decodeParameters, logLength, type ParameterSet } from './parameter-set.ts';
import { refuse, require } from './refusal.ts';
import type { CommittedGroup } from './statement.ts';

export interface GroupKey {
  readonly parameters: ParameterSet;
  readonly group: CommittedGroup;
  /** Digest of what the cells mean. */
  readonly layout: Uint8Array;
}

/** The name of a commitment. */
export function keyDigest(bytes: Uint8Array): Uint8Array {
  return deriveKey('zkdl key 1', bytes);
}

/** Reads a key: the fields in the order of the table, then what they say together. */
export function decodeKey(bytes: Uint8Array): GroupKey {
  const u32 = (offset: number): number => Number(readInteger(bytes, offset, 4));
  require(bytes.length >= 88, 'KEY_LENGTH', `${bytes.length} bytes`);
  require(ascii('zkdl-key').every((byte, i) => byte === bytes[i]), 'KEY_MAGIC', 'zkdl-key');
  require(u32(8) === 1, 'KEY_VERSION', `${u32(8)}`);
  require(u32(12) === 1, 'KEY_FIELD', `${u32(12)}`);
  const logCap = u32(52);
  require(logCap <= 31, 'KEY_CAP', `2^${logCap} digests`);
  const end = 88 + 32 * 2 ** logCap;
  require(bytes.length >= end, 'KEY_LENGTH', `${bytes.length} bytes`);
  const parameters = decodeParameters(bytes.slice(end));
  checkSet(parameters);
  const label = labelOf(bytes.slice(16, 24));
  const epoch = readInteger(bytes, 32, 8);
  require(epoch < 2n ** 53n, 'KEY_EPOCH', `${epoch}`);
  require(u32(40) === 1 || u32(40) === 2, 'KEY_LIFETIME', `${u32(40)}`);
  const group: CommittedGroup = {
    label,
    group: bytes.slice(24, 32),
    epoch: Number(epoch),
    lifetime: u32(40) === 1 ? 'static' : 'carried',
    columns: u32(44),
    uses: u32(48),
    cap: bytes.slice(88, end),
  };
  checkGroup(parameters, group, logCap);
  return { parameters, group, layout: bytes.slice(56, 88) };
}

function labelOf(bytes: Uint8Array): string {
  const [, label] = /^([\x21-\x7e]{1,8})\0*$/.exec(String.fromCharCode(...bytes)) ?? [];
  return label ?? refuse('KEY_LABEL', 'label');
}

/** A group that proofs can open. */
function checkGroup({ profile, code }: ParameterSet, group: CommittedGroup, logCap: number): void {
  const { lifetime, columns, uses } = group;
  require(profile.id === 1, 'WEAK_PARAMS', 'the profile is S128');
  require(group.group.some((byte) => byte !== 0), 'KEY_GROUP', 'a name');
  require(columns >= 1 && columns <= 2 ** 24, 'KEY_COLUMNS', `${columns}`);
  require(uses >= 1 && (lifetime === 'carried' || uses === 1), 'KEY_USES', `${uses}`);
  require(logCap <= logLength(code), 'KEY_CAP', `2^${logCap} digests`);
  // A static group has room for a proof and two links.
  const needed = lifetime === 'carried' ? uses * code.queries : 3 * code.queries;
  require(needed <= code.padLength, 'WEAK_PARAMS', `${needed} positions`);
}
