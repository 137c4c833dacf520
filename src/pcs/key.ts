/**
 * The public key of a committed group: what a verifier must hold to believe anything about it. Its digest names the
 * commitment. All integers are little-endian; every length follows from what stands before it or from the file's own.
 *
 *    offset  bytes  field
 *       0      8    magic `zkdl-key`
 *       8      4    version of this layout, 1
 *      12      4    field: 1 = degree 5 over KoalaBear, x^5 + x^2 - 1
 *      16      8    label of the tree, ASCII, padded with zeros
 *      24      8    group, not all zeros
 *      32      8    epoch, u64 below 2^53
 *      40      4    lifetime: 1 = static, 2 = carried
 *      44      4    columns
 *      48      4    uses: proofs that may open a carried group; 1 for a static one
 *      52      4    log2 of the number of cap digests
 *      56     32    layout: digest of what the cells mean, the owner's business
 *      88      .    cap, 32 bytes a digest
 *       .      .    parameters, canonical (src/params/encoding.ts), up to the end
 *
 * The parameters are those the owner chose for his first program. Another proof may use another set with the same profile
 * and column code (m, t, q0), which belong to the tree.
 */
import { refuse } from '../errors/proof-error.ts';
import { blake3, DIGEST_BYTES } from '../hash/blake3.ts';
import { GROUP_BYTES, LABEL_BYTES, labelBytes, MAX_COLUMNS } from '../hash/leaf.ts';
import { exactLog2 } from '../merkle/shape.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import { groupPadLength, type Lifetime } from '../params/instance.ts';
import { budget, LOG_CODE_EXPANSION, type Parameters } from '../params/parameters.ts';
import { S128 } from '../params/profile.ts';
import type { CommittedGroup } from './opening.ts';

/** Everything public about a committed group. */
export interface GroupKey {
  readonly parameters: Parameters;
  /** Identity and cap. Lifetime `static` or `carried`. */
  readonly group: CommittedGroup;
  /** 32 bytes: digest of the meaning of the cells (names, shapes, order), as the owner defines it. */
  readonly layout: Uint8Array;
}

export const KEY_FORMAT_VERSION = 1;

const MAGIC = Uint8Array.from('zkdl-key', (character) => character.charCodeAt(0));
const STAGE = 'key';
/** K = F[x]/(x^5 + x^2 - 1) over KoalaBear, the field of profile S128. */
const FIELD_ID = 1;
const LIFETIMES: readonly Lifetime[] = ['static', 'carried'];
const AT = {
  version: 8,
  field: 12,
  label: 16,
  group: 24,
  epoch: 32,
  lifetime: 40,
  columns: 44,
  uses: 48,
  logCap: 52,
  layout: 56,
  cap: 88,
} as const;
const U32 = 2 ** 32;
/** Trees have at most 2^31 leaves, so more cap digests than that name nothing. */
const LOG_CAP_MAX = 31;

/**
 * The canonical bytes of a key.
 *
 * @throws RangeError for a value that its field cannot hold; ProofError as `decodeKey` for a key that nobody would accept
 * @example
 * const bytes = encodeKey({ parameters, group, layout });
 * const name = keyDigest(bytes);
 */
export function encodeKey(key: GroupKey): Uint8Array<ArrayBuffer> {
  const { group, layout } = key;
  const parameters = encodeParameters(key.parameters);
  const logCap = exactLog2(group.cap.length / DIGEST_BYTES);
  if (logCap === undefined) {
    throw new RangeError(`cap: expected 2^c digests of ${DIGEST_BYTES} bytes, got ${group.cap.length} bytes`);
  }
  if (!Number.isSafeInteger(group.epoch) || group.epoch < 0) {
    throw new RangeError(`epoch: expected an integer in [0, 2^53), got ${group.epoch}`);
  }
  const bytes = new Uint8Array(AT.cap + group.cap.length + parameters.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(AT.version, KEY_FORMAT_VERSION, true);
  view.setUint32(AT.field, FIELD_ID, true);
  bytes.set(labelBytes(group.label), AT.label);
  bytes.set(ofLength('group', group.group, GROUP_BYTES), AT.group);
  view.setUint32(AT.epoch, group.epoch % U32, true);
  view.setUint32(AT.epoch + 4, Math.floor(group.epoch / U32), true);
  view.setUint32(AT.lifetime, LIFETIMES.indexOf(group.lifetime) + 1, true); // `proof` becomes 0, refused below
  view.setUint32(AT.columns, u32('columns', group.columns), true);
  view.setUint32(AT.uses, u32('uses', group.uses), true);
  view.setUint32(AT.logCap, logCap, true);
  bytes.set(ofLength('layout', layout, DIGEST_BYTES), AT.layout);
  bytes.set(group.cap, AT.cap);
  bytes.set(parameters, AT.cap + group.cap.length);
  decodeKey(bytes);
  return bytes;
}

/**
 * Decodes a key. Total: any bytes give a key that a verifier may use or a refusal, and only `encodeKey`'s bytes are accepted.
 *
 * @throws ProofError `KEY_MAGIC`, `KEY_VERSION`, `KEY_LENGTH`, `KEY_FIELD`, `KEY_LABEL`, `KEY_GROUP`, `KEY_EPOCH`,
 *   `KEY_LIFETIME`, `KEY_COLUMNS`, `KEY_USES`, `KEY_CAP`; as `decodeParameters` for the parameters; `WEAK_PARAMS` for a
 *   toy profile and for pads that do not cover the group's life
 */
export function decodeKey(bytes: Uint8Array): GroupKey {
  const copy = new Uint8Array(bytes); // ours does not change; `slice` of a Node Buffer would be a view
  const view = new DataView(copy.buffer);
  if (copy.length < AT.cap) tooShort(AT.cap, copy.length);
  if (MAGIC.some((byte, i) => copy[i] !== byte))
    refuse('KEY_MAGIC', STAGE, 'expected a file that begins with zkdl-key');
  const version = view.getUint32(AT.version, true);
  if (version !== KEY_FORMAT_VERSION) {
    refuse('KEY_VERSION', STAGE, `expected version ${KEY_FORMAT_VERSION}, got ${version}`);
  }
  const field = view.getUint32(AT.field, true);
  if (field !== FIELD_ID) refuse('KEY_FIELD', STAGE, `expected field ${FIELD_ID}, got ${field}`);
  const logCap = view.getUint32(AT.logCap, true);
  if (logCap > LOG_CAP_MAX)
    refuse('KEY_CAP', STAGE, `expected at most 2^${LOG_CAP_MAX} digests, got 2^${logCap}`);
  const end = AT.cap + DIGEST_BYTES * 2 ** logCap;
  if (copy.length < end) tooShort(end, copy.length);
  const key: GroupKey = {
    parameters: decodeParameters(copy.subarray(end)),
    group: {
      label: decodeLabel(copy.subarray(AT.label, AT.label + LABEL_BYTES)),
      group: copy.slice(AT.group, AT.group + GROUP_BYTES),
      epoch: decodeEpoch(view),
      lifetime: decodeLifetime(view.getUint32(AT.lifetime, true)),
      columns: view.getUint32(AT.columns, true),
      uses: view.getUint32(AT.uses, true),
      cap: copy.slice(AT.cap, end),
    },
    layout: copy.slice(AT.layout, AT.layout + DIGEST_BYTES),
  };
  checkGroup(key, logCap);
  return key;
}

/** The 32 bytes that name a commitment. @param bytes of `encodeKey` */
export function keyDigest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl key 1' });
}

/** Values that are well formed by themselves and together make no group. */
function checkGroup({ parameters, group }: GroupKey, logCap: number): void {
  const { profile, code } = parameters;
  if (profile.id !== S128.id)
    refuse('WEAK_PARAMS', STAGE, `profile: expected ${S128.name}, got ${profile.name}`);
  if (group.group.every((byte) => byte === 0)) refuse('KEY_GROUP', STAGE, 'expected a name, got eight zeros');
  if (group.columns < 1 || group.columns > MAX_COLUMNS) {
    refuse('KEY_COLUMNS', STAGE, `expected 1 to ${MAX_COLUMNS} columns, got ${group.columns}`);
  }
  if (group.uses < 1 || (group.lifetime === 'static' && group.uses > 1)) {
    refuse('KEY_USES', STAGE, `expected uses from 1 on, and 1 for a static group, got ${group.uses}`);
  }
  if (logCap > code.logData + LOG_CODE_EXPANSION) {
    refuse(
      'KEY_CAP',
      STAGE,
      `expected at most 2^${code.logData + LOG_CODE_EXPANSION} digests, got 2^${logCap}`,
    );
  }
  const pads = groupPadLength({ ...group, name: group.label }, code); // uses * queries < 2^64: compared, never used
  if (pads > code.padLength || (group.lifetime === 'static' && budget(code).firstEpoch < 1)) {
    refuse(
      'WEAK_PARAMS',
      STAGE,
      `t: expected pads for every opening of the group's life, got ${code.padLength}`,
    );
  }
}

function decodeLabel(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  const label = /^([\x21-\x7e]{1,8})\0*$/.exec(text)?.[1];
  if (label === undefined)
    refuse('KEY_LABEL', STAGE, 'expected 1 to 8 printable ASCII characters, then zeros');
  return label;
}

function decodeEpoch(view: DataView): number {
  const epoch = view.getUint32(AT.epoch + 4, true) * U32 + view.getUint32(AT.epoch, true);
  if (!Number.isSafeInteger(epoch)) refuse('KEY_EPOCH', STAGE, 'expected an epoch below 2^53');
  return epoch;
}

function decodeLifetime(id: number): Lifetime {
  const lifetime = LIFETIMES[id - 1];
  if (lifetime === undefined) refuse('KEY_LIFETIME', STAGE, `expected 1 (static) or 2 (carried), got ${id}`);
  return lifetime;
}

function tooShort(expected: number, got: number): never {
  return refuse(
    'KEY_LENGTH',
    STAGE,
    `expected at least ${expected} bytes, got ${got}: the file is cut short`,
  );
}

function u32(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= U32) {
    throw new RangeError(`${name}: expected an integer in [0, 2^32), got ${value}`);
  }
  return value;
}

function ofLength(name: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${name}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
