/** Commits the benchmark's weights; with `keep`, their codeword goes to disk as the store writes it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { chooseParameters, type Choice } from '../../src/params/choose.ts';
import { columnCode, type Parameters } from '../../src/params/parameters.ts';
import { commitGroup, groupColumns, ownedGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { linearInstance } from '../../src/pcs/linear-statement.ts';
import { drawSalts } from '../../src/pcs/masks-prove.ts';
import { freshLongTermSecret, freshTreeKey, treeKey } from '../../src/random/keys.ts';
import { maskSource } from '../../src/random/masks.ts';
import { openCodeword, writeCodeword } from '../../src/store/codeword.ts';
import type { CodewordChoice } from '../../src/store/index.ts';
import { nodeFiles } from '../../src/store/node-files.ts';
import { CLAIMS } from './claims.ts';
import type { Weights } from './weights.ts';

/** Proofs that the key must allow: a model in use. */
const MIN_PROOFS = 1000;

/** Parameters of the openings that are measured. */
export function weightParameters(count: number): Choice {
  return chooseParameters(
    {
      ...linearInstance({ groups: [], claims: new Array(CLAIMS), context: new Uint8Array(0) }),
      groups: [
        { name: 'W', lifetime: 'static', cells: count },
        { name: 'AM', lifetime: 'proof', cells: 0 },
      ],
    },
    { minProofs: MIN_PROOFS },
  );
}

export interface CommittedWeights {
  readonly group: OwnedGroup;
  /** On disk. */
  readonly codewordBytes: number;
  close(): void;
}

/** The cap of a long-lived tree: it is in the key, so the proofs leave those layers out. */
const LOG_CAP = 12;

export function commitWeights(
  kernels: Kernels,
  parameters: Parameters,
  weights: Weights,
  codeword: CodewordChoice,
): CommittedWeights {
  const { logData } = parameters.code;
  const code = columnCode(parameters.code);
  const sources = {
    longTerm: freshLongTermSecret(),
    tree: 'W',
    group: 'bench',
    epoch: 0,
    codeLength: code.length,
    messageLength: code.dimension,
  };
  const { key, fresh } = freshTreeKey(sources);
  const identity = {
    label: 'W',
    group: new Uint8Array(8).fill(1),
    epoch: 0,
    lifetime: 'static',
    columns: Math.ceil(weights.count / 2 ** logData),
    uses: 1,
  } as const;
  const read = weights.reader(logData);
  const logCap = Math.min(LOG_CAP, logData);
  const source = maskSource(key, quintic);
  if (codeword === 'recompute') {
    const group = commitGroup(kernels, source, parameters, identity, read, logCap);
    return { group, codewordBytes: 0, close: () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  const digest = new Uint8Array(32);
  const writer = writeCodeword(nodeFiles, folder);
  const keep = { absentLayers: 0, codeword: false, sink: writer.sink };
  const { rows, cap } = commitGroup(kernels, source, parameters, identity, read, logCap, keep);
  writer.finish(digest);
  writer.close();
  const groupKey = { parameters, group: { ...identity, cap }, layout: digest };
  const file = openCodeword(nodeFiles, folder, groupKey, digest, undefined) ?? null;
  // As a group that is opened again: columns and salts of a source of its own.
  const again = maskSource(treeKey(fresh, sources), quintic);
  const columns = groupColumns(kernels, again, parameters, identity, read);
  const salts = drawSalts(again, 0, code.length);
  return {
    group: ownedGroup(kernels, parameters, identity, columns, { ...rows, codeword: file }, salts),
    codewordBytes: statSync(join(folder, 'codeword')).size,
    close() {
      file?.close();
      rmSync(folder, { recursive: true });
    },
  };
}
