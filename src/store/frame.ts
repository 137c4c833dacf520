/**
 * The frame around every small file of a state directory: what it is, which version, how long, and a digest, so that a
 * file that was cut, mixed up or damaged is named instead of read.
 *
 *   magic `zkdlstat` | version u32 | kind, 8 bytes | length of the body u32 | body | digest, 32 bytes
 *
 * The digest is derive_key BLAKE3 of everything before it. It guards against accidents; whoever may write the directory
 * owns the state anyhow.
 */
import { refuse } from '../errors/proof-error.ts';
import { blake3, DIGEST_BYTES } from '../hash/blake3.ts';
import { labelBytes } from '../hash/leaf.ts';

export const STATE_FORMAT_VERSION = 1;

const MAGIC = Uint8Array.from('zkdlstat', (character) => character.charCodeAt(0));
const HEADER_BYTES = 24;
/** Bytes of a frame around its body. */
export const FRAME_BYTES = HEADER_BYTES + DIGEST_BYTES;

/** A framed file: its body and the digest of all of it. */
export interface Framed {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly digest: Uint8Array<ArrayBuffer>;
}

/** @param kind 1 to 8 printable ASCII characters */
export function frame(kind: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, STATE_FORMAT_VERSION, true);
  bytes.set(labelBytes(kind), 12);
  view.setUint32(20, body.length, true);
  bytes.set(body, HEADER_BYTES);
  bytes.set(digestOf(bytes.subarray(0, HEADER_BYTES + body.length)), HEADER_BYTES + body.length);
  return bytes;
}

/**
 * Opens a frame.
 *
 * @param path named in refusals
 * @throws ProofError `STATE_MAGIC`, `STATE_VERSION`, `STATE_KIND` for another file, `STATE_LENGTH` for one cut short or
 *   continued, `STATE_DIGEST` for one that was damaged
 */
export function unframe(path: string, kind: string, file: Uint8Array): Framed {
  const bytes = new Uint8Array(file); // `slice` of a Node Buffer would be a view
  if (bytes.length < HEADER_BYTES + DIGEST_BYTES)
    wrongLength(path, HEADER_BYTES + DIGEST_BYTES, bytes.length);
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    refuse('STATE_MAGIC', path, 'expected a file that begins with zkdlstat');
  const view = new DataView(bytes.buffer);
  const version = view.getUint32(8, true);
  if (version !== STATE_FORMAT_VERSION) {
    refuse('STATE_VERSION', path, `expected version ${STATE_FORMAT_VERSION}, got ${version}`);
  }
  if (labelBytes(kind).some((byte, i) => bytes[12 + i] !== byte)) {
    refuse('STATE_KIND', path, `expected a file of kind ${kind}, got another`);
  }
  const end = HEADER_BYTES + view.getUint32(20, true);
  if (bytes.length !== end + DIGEST_BYTES) wrongLength(path, end + DIGEST_BYTES, bytes.length);
  const digest = bytes.slice(end);
  if (digestOf(bytes.subarray(0, end)).some((byte, i) => byte !== digest[i])) {
    refuse('STATE_DIGEST', path, 'expected bytes that fit their digest, got a damaged file');
  }
  return { body: bytes.slice(HEADER_BYTES, end), digest };
}

/** @throws ProofError `STATE_LENGTH` unless a body has the length that its kind has */
export function checkBody(path: string, body: Uint8Array, length: number): void {
  if (body.length !== length)
    refuse('STATE_LENGTH', path, `expected a body of ${length} bytes, got ${body.length}`);
}

function digestOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl state file 1' });
}

function wrongLength(path: string, expected: number, got: number): never {
  const what = got < expected ? 'is cut short' : 'goes on';
  return refuse('STATE_LENGTH', path, `expected ${expected} bytes, got ${got}: the file ${what}`);
}
