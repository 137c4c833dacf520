/** The name of a hidden witness, by which the masks of its proof are drawn. */
import { blake3Hasher } from '../hash/blake3.ts';
import { GROUP_BYTES, leafFormat } from '../hash/leaf.ts';
import { bytesOfWords, wordsOfBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { DIGEST_WORDS } from '../kernels/contract/hash.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { putWords, type ProgramWitness } from './cells-prove.ts';
import type { CompiledProgram } from './compile.ts';

/** Words of a row that is hashed alone: a chunk of BLAKE3. */
const NAME_ROW = 256;
/** Rows that are hashed in one call, 4 MiB. */
const NAME_ROWS = 2 ** 12;
const NAME_FORMAT = leafFormat(
  { label: 'name', epoch: 0, group: new Uint8Array(GROUP_BYTES) },
  NAME_ROW,
  0,
  false,
);

/**
 * Eight words that name a hidden witness: other cells under one statement must not be hidden by the same masks. Secret. The program fixes
 * how many cells there are, so zeros behind the last ones add no second reading.
 */
export function witnessName(
  kernels: Kernels,
  { program }: CompiledProgram,
  witness: ProgramWitness,
): Uint32Array {
  const hasher = blake3Hasher({ context: 'zkdl program witness 2' });
  kernels.memory.secretScope(() => {
    const rows = hotWords(kernels, NAME_ROWS * NAME_ROW);
    const digests = hotWords(kernels, NAME_ROWS * DIGEST_WORDS);
    for (const { kind, name } of program.tensors) {
      const cells = witness.tensors.get(name);
      if (kind !== 'witness' || cells === undefined) continue;
      for (let at = 0; at < cells.length; at += rows.length) {
        const piece = cells.subarray(at, at + rows.length);
        const count = Math.ceil(piece.length / NAME_ROW);
        putWords(kernels, rows.subarray(0, piece.length), piece);
        rows.fill(0, piece.length, count * NAME_ROW);
        const own = digests.subarray(0, count * DIGEST_WORDS);
        kernels.hashLeaves(own, NAME_FORMAT, rows.subarray(0, count * NAME_ROW), null);
        hasher.update(bytesOfWords(own));
      }
    }
  });
  return wordsOfBytes(new Uint32Array(DIGEST_WORDS), hasher.digest());
}
