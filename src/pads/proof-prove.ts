/** The pad proof, the prover's side of `proof-verify.ts`: the same messages in the same order. */
import { refuse } from '../errors/proof-error.ts';
import type { Ext, ExtensionField } from '../field/field.ts';
import { SALT_WORDS } from '../hash/leaf.ts';
import type { Kernels } from '../kernels/contract.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { commitRows, pickRows, writeRows, type CommittedRows } from '../merkle/rows-prove.ts';
import { distinctPositions } from '../merkle/rows-verify.ts';
import type { PadParameters } from '../params/parameters.ts';
import type { MaskSource } from '../random/masks.ts';
import { publicRandom } from '../secret/released.ts';
import { mapSecret, type Secret } from '../secret/secret.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import type { PadRelations } from './ledger.ts';
import type { ProverPads } from './pads-prove.ts';
import { padTree } from './proof-verify.ts';
import { batchConstraints, innerProduct, productSums, type BatchedForm } from './relations.ts';

/** Streams of a proof's key: the second row r, and the extensions of both rows. */
const ROW_STREAM = 'padr';
const EXTENSION_STREAM = 'padx';
/** The stream that salts stand in, whatever the key; those of the PAD tree come first. */
const SALT_STREAM = 'salt';
const PAD_SALTS_AT = 0;

/** The two rows behind the PAD tree. */
export interface CommittedPads {
  readonly parameters: PadParameters;
  readonly rows: CommittedRows;
  /** h and r, each with its q_H elements of extension. */
  readonly secrets: Secret<{
    readonly h: readonly Ext[];
    readonly r: readonly Ext[];
    readonly codeword: Uint32Array;
  }>;
  readonly salts: Uint32Array;
}

/**
 * Commits the pads and a uniform vector r of the same length, both extended by q_H uniform elements: any q_H rows of the
 * encoded pair are then uniform. Codeword, salts and tree lie in the current scope of the kernel memory.
 */
export function commitPads(
  kernels: Kernels,
  source: MaskSource,
  parameters: PadParameters,
  pads: ProverPads,
): CommittedPads {
  const { field } = source;
  const tree = padTree(field, parameters);
  const extensions = source.exts(EXTENSION_STREAM, 0, 0, 2 * parameters.queries);
  const row = source.exts(ROW_STREAM, 0, 0, parameters.size);
  const secrets = mapSecret([pads.h, row, extensions], (h, r, extension) => {
    const extendedH = [...h, ...extension.slice(0, parameters.queries)];
    const extendedR = [...r, ...extension.slice(parameters.queries)];
    return {
      h: extendedH,
      r: extendedR,
      codeword: encodePair(kernels, field, parameters, extendedH, extendedR),
    };
  });
  const saltWords = SALT_WORDS * 2 ** parameters.logCodeword;
  const stream = source.stream(SALT_STREAM, 0, SALT_WORDS * PAD_SALTS_AT, saltWords);
  let committed: CommittedPads | undefined;
  mapSecret([secrets, stream], ({ codeword }, saltsOfKey) => {
    const salts = hotWords(kernels, saltWords);
    kernels.expandWords(salts, saltsOfKey, SALT_WORDS * PAD_SALTS_AT);
    committed = { parameters, rows: commitRows(kernels, tree, codeword, salts), secrets, salts };
  });
  return committed as unknown as CommittedPads;
}

/** [2^logCodeword][2d] words: the encodings of h and r, limb by limb. */
function encodePair(
  kernels: Kernels,
  field: ExtensionField,
  parameters: PadParameters,
  h: readonly Ext[],
  r: readonly Ext[],
): Uint32Array {
  const d = field.degree;
  const message = new Uint32Array(h.length * 2 * d);
  h.forEach((element, i) => {
    message.set(element, 2 * d * i);
    message.set(r[i] as Ext, 2 * d * i + d);
  });
  const codeword = hotWords(kernels, 2 ** parameters.logCodeword * 2 * d);
  kernels.encode(codeword, message, { logN: parameters.logCodeword, columns: 2 * d });
  return codeword;
}

/**
 * Proves the relations.
 *
 * @param selfCheck false only for the liars of the tests
 * @throws ProofError `SELF_CHECK` when a form does not vanish on h, before anything that depends on it is written
 */
export function provePads(
  kernels: Kernels,
  ch: ProverChannel,
  committed: CommittedPads,
  relations: PadRelations,
  selfCheck = true,
): void {
  mapSecret([committed.secrets], ({ h, r, codeword }) => {
    const { field } = ch;
    const { parameters } = committed;
    const gamma = ch.challengeExt('pads/gamma');
    const chi = ch.challengeExts('pads/chi', relations.plan.products.length);
    const batch = batchConstraints(field, relations, gamma);
    if (selfCheck) requireVanishing(field, batch, h);
    const sums = productSums(field, relations.plan, chi);
    const beta = innerProduct(field, batch.form, r);
    const u = field.add(sums.quadratic(r), sums.star(r));
    const v = field.add(field.sub(sums.cross(r, h), sums.products(r)), sums.star(h));
    ch.writeExts(
      'pads/sums',
      publicRandom(
        [beta, u, v],
        'V is uniform through the star; U and beta then follow from x and public values',
      ),
    );
    const delta = ch.challengeExt('pads/delta');
    const x = r.map((element, i) => field.add(element, field.mul(delta, h[i] as Ext)));
    ch.writeExts('pads/revealed', publicRandom(x, 'x = r + Delta h with r uniform and used once'));

    const drawn = ch.challengePositions('pads/positions', parameters.queries, parameters.logCodeword);
    const positions = distinctPositions(drawn);
    const { words } = committed.rows.tree;
    const opened = {
      values: pickRows(codeword, words, positions),
      salts: pickRows(committed.salts, 4, positions),
    };
    writeRows(
      kernels,
      ch,
      committed.rows,
      positions,
      opened,
      'q_H rows of h are uniform through its extension; r follows from x',
    );
  });
}

/**
 * A form that does not vanish would show how far off it is: anybody computes <c, x> - beta - Delta v = Delta (<c, h> - v), and
 * with it the true value behind a false claim. A proof that no verifier accepts must not tell more than one that all accept.
 */
function requireVanishing(field: ExtensionField, batch: BatchedForm, h: readonly Ext[]): void {
  if (field.equals(innerProduct(field, batch.form, h), batch.value)) return;
  refuse(
    'SELF_CHECK',
    'pads/sums',
    'expected claims that hold on the committed data, got a false claim or changed data: no proof is made',
  );
}
