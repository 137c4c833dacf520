/**
 * The prover's home: what belongs to a user and not to one group. Two things stand in it:
 *
 *   long-term   a secret of 32 bytes that every key of a tree and of a proof is derived from, beside fresh bytes
 *   spent/      for every group, what was ever reserved of it: the witness against a restored or copied group directory
 *
 * It must not be restored from a backup together with group directories, and a group must not be used under two homes: then
 * nothing remembers what was spent. Neither can be detected (see budget.ts).
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { blake3 } from '../hash/blake3.ts';
import { freshLongTermSecret, MIN_SECRET_BYTES } from '../random/keys.ts';
import { mapSecret, secretOf, type Secret } from '../secret/secret.ts';
import { ensureDirectory, hasCode, publishOnce, readWhole, syncAncestors } from './durable.ts';
import { refusingFiles, type FileSystem } from './files.ts';
import { checkBody, frame, unframe } from './frame.ts';
import { nodeFiles } from './node-files.ts';

/** Bytes of the name of a long-term secret. */
export const SECRET_ID_BYTES = 16;

const LONG_TERM = 'long-term';
const LONG_TERM_KIND = 'longterm';

export interface Home {
  readonly path: string;
  readonly files: FileSystem;
  readonly longTerm: Secret<Uint8Array>;
  /** 16 bytes that name the secret and say nothing about it. */
  readonly secretId: Uint8Array;
}

/** `$XDG_STATE_HOME/zkdl`, or `~/.local/state/zkdl`. */
export function defaultHome(): string {
  const state = process.env['XDG_STATE_HOME'];
  return join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'zkdl');
}

/**
 * Opens the home, and makes it where there is none.
 *
 * @param files for tests; the platform's by default
 * @throws ProofError `DISK_FULL`, `FILE_ACCESS`, `STATE_*` naming the file
 * @example
 * const home = openHome();
 */
export function openHome(path: string = defaultHome(), files: FileSystem = nodeFiles): Home {
  const where = resolve(path);
  const checked = refusingFiles(files);
  ensureDirectory(checked, where);
  const longTerm = readLongTerm(checked, where) ?? makeLongTerm(checked, where);
  // Whoever made these names may have died before they were durable, and groups will depend on the secret.
  checked.syncDirectory(where);
  syncAncestors(checked, where);
  return { path: where, files: checked, longTerm, secretId: secretIdOf(longTerm) };
}

function readLongTerm(files: FileSystem, directory: string): Secret<Uint8Array> | undefined {
  const path = join(directory, LONG_TERM);
  let bytes: Uint8Array;
  try {
    bytes = readWhole(files, path);
  } catch (error) {
    if (hasCode(error, 'FILE_MISSING')) return undefined;
    throw error;
  }
  const { body } = unframe(path, LONG_TERM_KIND, bytes);
  checkBody(path, body, MIN_SECRET_BYTES);
  return secretOf<Uint8Array>(body);
}

/** Of two processes that start at once, both end up with the secret of the one that was first. */
function makeLongTerm(files: FileSystem, directory: string): Secret<Uint8Array> {
  mapSecret([freshLongTermSecret()], (bytes) => {
    publishOnce(files, directory, LONG_TERM, frame(LONG_TERM_KIND, bytes));
  });
  const made = readLongTerm(files, directory);
  if (made === undefined) throw new Error('home: the long-term secret vanished');
  return made;
}

/** A derived name: 16 of the 32 bytes of a derivation from a uniform secret, in a context of its own. */
function secretIdOf(longTerm: Secret<Uint8Array>): Uint8Array {
  const id = new Uint8Array(SECRET_ID_BYTES);
  mapSecret([longTerm], (bytes) => {
    id.set(blake3(bytes, { context: 'zkdl long-term secret id 1', outBytes: SECRET_ID_BYTES }));
  });
  return id;
}
