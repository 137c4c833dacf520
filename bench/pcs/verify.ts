/**
 * `npm run bench -- verify --proof FILE`: what a fresh process needs for its first verification, and for the next ones. The
 * benchmark of openings starts it on a file that `writeProof` wrote.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { quintic } from '../../src/field/quintic.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { timeVerifier } from '../report.ts';
import { parseOptions } from './options.ts';

const WARM_CALLS = 15;

const BYTES = '__bytes';

export function writeProof(path: string, statement: LinearStatement, proof: Uint8Array): void {
  const asText = (_key: string, value: unknown): unknown =>
    value instanceof Uint8Array ? { [BYTES]: Buffer.from(value).toString('base64') } : value;
  writeFileSync(path, JSON.stringify({ statement, proof }, asText));
}

function readProof(path: string): { statement: LinearStatement; proof: Uint8Array } {
  return JSON.parse(readFileSync(path, 'utf8'), (_key, value) =>
    typeof value === 'object' && value !== null && BYTES in value
      ? new Uint8Array(Buffer.from((value as Record<string, string>)[BYTES] as string, 'base64'))
      : value,
  ) as { statement: LinearStatement; proof: Uint8Array };
}

export async function benchVerify(args: readonly string[]): Promise<void> {
  const { proofFile } = parseOptions(args);
  if (proofFile === undefined) throw new RangeError('--proof: expected a file, got none');
  const { statement, proof } = readProof(proofFile);
  console.log(JSON.stringify(timeVerifier(() => verifyLinear(quintic, statement, proof), WARM_CALLS)));
}
