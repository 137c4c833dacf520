/** Which of this library's files bytes are, by their first eight. */
import type { Verdict } from '../pcs/linear-verify.ts';

export type FileKind =
  | 'model'
  | 'key'
  | 'answer'
  | 'link'
  | 'groupKey'
  | 'run'
  | 'segment'
  | 'prediction'
  | 'graphRun'
  | 'graphStep'
  | 'checkpoint';

const MAGICS: Readonly<Record<string, FileKind>> = {
  zkdlmodl: 'model',
  'zkdl-mdl': 'key',
  'zkdl-ans': 'answer',
  'zkdl-lnk': 'link',
  'zkdl-key': 'groupKey',
  'zkdl-run': 'run',
  'zkdl-seg': 'segment',
  'zkdl-prd': 'prediction',
  'zkdl-tun': 'graphRun',
  'zkdl-stp': 'graphStep',
  'zkdl-chk': 'checkpoint',
};

const NAMES: Readonly<Record<FileKind, string>> = {
  model: 'a model file',
  key: 'a model key',
  answer: 'a proof file',
  link: 'a link',
  groupKey: 'the key of a dataset, of a corpus or of weights',
  run: 'a run of training',
  segment: 'a segment of training',
  prediction: 'a prediction',
  graphRun: 'a run of training a graph',
  graphStep: 'a step of training a graph',
  checkpoint: 'a checkpoint of training',
};

/** What tells a kind from the others. */
export const MAGIC_BYTES = 8;

/** Undefined for files of others. Says nothing about what follows the first bytes. */
export function kindOf(bytes: Uint8Array): FileKind | undefined {
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC_BYTES));
  return Object.hasOwn(MAGICS, magic) ? MAGICS[magic] : undefined;
}

/** What a file is where another was expected, for errors: "expected a model key, got a proof file". */
export function otherKind(expected: string, bytes: Uint8Array): string {
  const kind = kindOf(bytes);
  const got = bytes.length === 0 ? 'an empty file' : kind === undefined ? 'another file' : NAMES[kind];
  return `expected ${expected}, got ${got}`;
}

/** Undefined where bytes begin as this kind does, else what is wrong. */
export function wrongKind(kind: FileKind, bytes: Uint8Array): string | undefined {
  return kindOf(bytes) === kind ? undefined : otherKind(NAMES[kind], bytes);
}

/** The refusal of the first file that is not of its kind. */
export function differentKind(
  ...files: readonly (readonly [kind: FileKind, file: string, bytes: Uint8Array])[]
): Extract<Verdict, { ok: false }> | undefined {
  for (const [kind, file, bytes] of files) {
    const detail = wrongKind(kind, bytes);
    if (detail !== undefined) return { ok: false, code: 'FORMAT', stage: file, detail };
  }
  return undefined;
}
