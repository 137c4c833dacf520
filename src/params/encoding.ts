/**
 * Canonical bytes of a parameter set: a magic that names the version, then little-endian u32s. Equal sets have
 * equal bytes, and the decoder accepts nothing else, so the digest of these bytes names the set.
 *
 * magic (8 bytes) | profile id | lambda | modulus | degree | powBits | m | t | q0 | s | log2 n_H | q_H |
 * log2 final | levels | per level: k_j | r_j | q_j
 */
import { refuse } from '../errors/proof-error.ts';
import { checkStructure } from './check.ts';
import { S128, TOY_PROFILE_ID, type Profile } from './profile.ts';
import type { Level, Parameters } from './parameters.ts';

/** `zkdlprm` and the version of the layout. */
const MAGIC = Uint8Array.of(0x7a, 0x6b, 0x64, 0x6c, 0x70, 0x72, 0x6d, 0x31);
const HEADER_WORDS = 13;
const LEVEL_WORDS = 3;
const STAGE = 'parameters';
/** More than any set has: a level binds at least one variable, of at most 25. A length is believed only below it. */
const MAX_LEVELS = 32;

function headerLength(levels: number): number {
  return MAGIC.length + 4 * (HEADER_WORDS + LEVEL_WORDS * levels);
}

/**
 * The canonical bytes of a structurally valid parameter set, also the input of its digest.
 *
 * @throws ProofError `WEAK_PARAMS` for a malformed set
 * @example
 * const bytes = encodeParameters(parameters); // 8 + 4 * (13 + 3 * levels) bytes
 */
export function encodeParameters(parameters: Parameters): Uint8Array<ArrayBuffer> {
  checkStructure(parameters);
  const { profile, code, levels, logFinal, pads } = parameters;
  const words = [profile.id, profile.lambda, profile.field.modulus, profile.field.degree, profile.powBits];
  words.push(code.logData, code.padLength, code.queries);
  words.push(pads.size, pads.logCodeword, pads.queries, logFinal, levels.length);
  for (const level of levels) words.push(level.logFold, level.logInverseRate, level.queries);
  const bytes = new Uint8Array(headerLength(levels.length));
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(MAGIC.length + 4 * i, word, true));
  return bytes;
}

/**
 * Decodes a parameter set. Total: any bytes give a structurally valid set or an error. A toy set decodes, with
 * its profile marked; `checkParameters` refuses it.
 *
 * @throws ProofError `VERSION` for another magic, `LENGTH` for another length than the level count implies,
 *   `WEAK_PARAMS` for more levels than any set has, an unknown profile or a malformed set
 */
export function decodeParameters(bytes: Uint8Array): Parameters {
  if (bytes.length < headerLength(0)) {
    refuse('LENGTH', STAGE, `expected at least ${headerLength(0)} bytes, got ${bytes.length}`);
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) refuse('VERSION', STAGE, 'expected magic zkdlprm1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i: number) => view.getUint32(MAGIC.length + 4 * i, true);
  const count = word(HEADER_WORDS - 1);
  if (count > MAX_LEVELS) refuse('WEAK_PARAMS', STAGE, `expected at most ${MAX_LEVELS} levels, got ${count}`);
  if (bytes.length !== headerLength(count)) {
    refuse('LENGTH', STAGE, `expected ${headerLength(count)} bytes, got ${bytes.length}`);
  }
  const levels: Level[] = [];
  for (let i = HEADER_WORDS; levels.length < count; i += LEVEL_WORDS) {
    levels.push({ logFold: word(i), logInverseRate: word(i + 1), queries: word(i + 2) });
  }
  const parameters: Parameters = {
    profile: decodeProfile(word),
    code: { logData: word(5), padLength: word(6), queries: word(7) },
    levels,
    logFinal: word(11),
    pads: { size: word(8), logCodeword: word(9), queries: word(10) },
  };
  checkStructure(parameters);
  return parameters;
}

/** The values as they stand; `checkStructure` refuses unknown profiles and S128 with other values. */
function decodeProfile(word: (i: number) => number): Profile {
  const names: Record<number, string> = { [S128.id]: S128.name, [TOY_PROFILE_ID]: 'toy' };
  return {
    id: word(0),
    name: names[word(0)] ?? 'unknown',
    lambda: word(1),
    field: { modulus: word(2), degree: word(3) },
    powBits: word(4),
  };
}
