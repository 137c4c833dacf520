/**
 * The stored proofs of the suite: honest ones, and every lie with the code that must refuse it. Made once and kept by the
 * content of the sources, so that tests of a changed verifier meet the proofs of the unchanged prover.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { quintic } from '../../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../../src/kernels/index.ts';
import { proveProgram } from '../../../src/relation/prove.ts';
import { testSource } from '../linear.ts';
import type { ProgramFixture } from '../programs.ts';
import { badWords, otherCells } from './committers.ts';
import { chainCorpus, type ChainCorpus } from './chains.ts';
import { honestProof, linkSetting, settings } from './fixtures.ts';
import { proveLie } from './liar.ts';
import { linkLies } from './link-lies.ts';
import { programSettings } from './program-fixtures.ts';
import { proveProgramLie } from './program-liar.ts';
import { programLies as programLiesOf } from './program-lies.ts';
import type { StoredProgram } from './program-statements.ts';
import type { AnyStatement } from './statements.ts';
import { strategies } from './strategies.ts';

export interface Fixture {
  readonly name: string;
  readonly statement: AnyStatement;
  /** Two proofs of it, with different keys. */
  readonly proofs: readonly [Uint8Array, Uint8Array];
}

export interface LieCase {
  readonly name: string;
  readonly statement: AnyStatement;
  readonly proof: Uint8Array;
  /** Codes, one of which refuses; separated by `|`. */
  readonly code: string;
  /** Whether the verifier accepts once this check alone is deleted. */
  readonly alone: boolean;
}

/** A program with two proofs of it. */
export interface StoredProofs {
  readonly name: string;
  readonly statement: StoredProgram;
  readonly proofs: readonly [Uint8Array, Uint8Array];
}

export interface ProgramLieCase {
  readonly name: string;
  readonly statement: StoredProgram;
  readonly proof: Uint8Array;
  readonly code: string;
}

export interface Corpus {
  readonly fixtures: readonly Fixture[];
  readonly lies: readonly LieCase[];
  readonly chains: ChainCorpus;
  readonly programs: readonly StoredProofs[];
  readonly programLies: readonly ProgramLieCase[];
}

/** Settings that the lies are told about. */
const LIED_ABOUT: readonly string[] = ['one group', 'two groups', 'own columns'];

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/zkdl');

/** Digest of everything that a stored proof depends on. */
function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const folder of ['src', 'tests/support']) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => file.endsWith('.ts')).sort()) {
      hash.update(name).update(readFileSync(join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

async function make(): Promise<Corpus> {
  const kernels = await wasmKernels({ threads: 1 });
  try {
    const linear = settings(kernels);
    const link = linkSetting(kernels);
    const fixtures = [...linear, link].map((setting): Fixture => {
      const { name, statement } = setting;
      return {
        name,
        statement,
        proofs: [honestProof(kernels, setting, 1), honestProof(kernels, setting, 2)],
      };
    });
    const lies = [
      ...linear
        .filter(({ name }) => LIED_ABOUT.includes(name))
        .flatMap((setting) =>
          [...strategies(setting), ...otherCells(kernels, setting)].map((strategy) => ({
            ...strategy,
            name: `${setting.name}: ${strategy.name}`,
          })),
        ),
      ...linkLies(kernels, link).map((strategy) => ({ ...strategy, name: `link: ${strategy.name}` })),
      ...badWords(kernels),
    ].map((strategy, i): LieCase => {
      const { name, code, alone, claimed: statement } = strategy;
      return { name, code, alone, statement, proof: proveLie(kernels, strategy, 100 + i) };
    });
    return { fixtures, lies, chains: chainCorpus(kernels), ...programCorpus(kernels) };
  } finally {
    await kernels.close();
  }
}

function programCorpus(kernels: Kernels): Pick<Corpus, 'programs' | 'programLies'> {
  const all = programSettings(kernels);
  const stored = ({ statement, program }: ProgramFixture): StoredProgram => {
    const { parameters, groups, context } = statement;
    return { parameters, program, groups, context };
  };
  const programs = all.map((setting): StoredProofs => {
    const { name, statement, groups, witness } = setting;
    const [first, second] = [1, 2].map((key) =>
      proveProgram(kernels, statement, groups, testSource(quintic, key), witness),
    ) as [Uint8Array, Uint8Array];
    return { name, statement: stored(setting), proofs: [first, second] };
  });
  const programLies = programLiesOf(kernels, all).map((lie, i): ProgramLieCase => {
    const { name, fixture, code } = lie;
    return { name, statement: stored(fixture), proof: proveProgramLie(kernels, lie, 300 + i), code };
  });
  return { programs, programLies };
}

/** The corpus: of the file that ZKDL_CORPUS names, of the cache, or made now. */
export async function corpus(): Promise<Corpus> {
  const given = process.env['ZKDL_CORPUS'];
  if (given !== undefined) return deserialize(readFileSync(given)) as Corpus;
  const name = `soundness-${sourceDigest()}.bin`;
  const file = join(CACHE, name);
  if (existsSync(file)) return deserialize(readFileSync(file)) as Corpus;
  const made = await make();
  mkdirSync(CACHE, { recursive: true });
  const old = readdirSync(CACHE).filter((other) => /^soundness-.*\.bin$/.test(other) && other !== name);
  for (const other of old) rmSync(join(CACHE, other), { force: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, serialize(made));
  renameSync(draft, file);
  return made;
}
