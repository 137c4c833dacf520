/** What inspections of all kinds of files share. */
import { encodeParameters } from '../params/encoding.ts';
import { budget } from '../params/index.ts';
import type { Parameters } from '../params/parameters.ts';
import { encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { hexOf } from './verify.ts';

/** A part of a file. */
export interface FilePart {
  readonly name: string;
  readonly bytes: number;
  readonly access: 'public' | 'private';
}

/** Of every file. */
export interface Parts {
  readonly bytes: number;
  readonly parts: readonly FilePart[];
}

/** A committed group by its key. */
export interface GroupSummary {
  readonly digest: string;
  readonly group: string;
  readonly epoch: number;
  readonly columns: number;
  readonly rows: number;
  /** Proofs that one epoch allows; of carried weights all that they allow. */
  readonly proofs: number;
  readonly parameters: ParameterSummary;
}

export interface ParameterSummary {
  readonly profile: string;
  readonly logData: number;
  readonly padLength: number;
  readonly queries: number;
  readonly levels: number;
  readonly pads: number;
}

export function part(name: string, bytes: number, access: FilePart['access'] = 'public'): FilePart {
  return { name, bytes, access };
}

/** What every file with a proof ends with. */
export function proofParts(parameters: Parameters, proof: Uint8Array): readonly FilePart[] {
  return [part('parameters', encodeParameters(parameters).length), part('proof', proof.length)];
}

/** Adds what the parts leave of the file. */
export function withRest(bytes: number, parts: readonly FilePart[]): readonly FilePart[] {
  const rest = bytes - parts.reduce((sum, { bytes: of }) => sum + of, 0);
  return [...parts, part('magic, versions, lengths', rest)];
}

export function groupOf(key: GroupKey): GroupSummary {
  const { group, parameters } = key;
  const { firstEpoch, laterEpochs } = budget(parameters.code);
  return {
    digest: hexOf(keyDigest(encodeKey(key))),
    group: hexOf(group.group),
    epoch: group.epoch,
    columns: group.columns,
    rows: 2 ** parameters.code.logData,
    proofs: group.lifetime === 'carried' ? group.uses : group.epoch === 0 ? firstEpoch : laterEpochs,
    parameters: parametersOf(parameters),
  };
}

export function parametersOf({ profile, code, levels, pads }: Parameters): ParameterSummary {
  return { profile: profile.name, ...code, levels: levels.length, pads: pads.size };
}
