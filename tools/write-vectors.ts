/**
 * Writes tests/vectors/transcript.json and format.json: known answers, given by the reference twin alone. `npm run vectors`
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { formatVectors } from './format-vectors.ts';
import { runTwin, type FieldParameters, type Sequence, type Step } from '../reference/sequence.ts';

const LENGTHS = [0, 1, 7, 8, 55, 56, 63, 64, 65, 255, 256, 257, 1_015, 1_016, 65_535, 65_536];
const KOALABEAR: FieldParameters = { modulus: 2_130_706_433, polynomial: [-1, 0, 1, 0, 0] };
const TOYS: readonly FieldParameters[] = [
  { modulus: 7, polynomial: [-3, 0] },
  { modulus: 13, polynomial: [-2, 0] },
  { modulus: 97, polynomial: [-5, 0] },
  { modulus: 257, polynomial: [-3, 0] },
];
/** A challenge of each type: closes most sequences. */
const CHALLENGES: readonly Step[] = [
  { step: 'challengeFes', label: 'c/fes', count: 3 },
  { step: 'challengeExts', label: 'c/exts', count: 2 },
  { step: 'challengePositions', label: 'c/positions', count: 5, logSize: 20 },
];

function sequence(name: string, steps: readonly Step[], field = KOALABEAR): Sequence {
  return { name, field, protocol: 'zkdl', kind: 'vectors', formatVersion: 1, steps };
}

/** All sequences, without answers. */
export function sequences(): Sequence[] {
  const all: Sequence[] = [sequence('no steps', []), sequence('challenges alone', CHALLENGES)];
  for (const step of ['bytes', 'fes', 'exts', 'digests', 'publicBytes', 'publicFes'] as const) {
    const short = step === 'exts' || step === 'digests';
    for (const count of LENGTHS.filter((n) => !short || n <= 257)) {
      all.push(sequence(`${count} ${step}`, [{ step, label: 'm', count, seed: count % 97 }, ...CHALLENGES]));
    }
  }
  for (const count of LENGTHS.filter((n) => n <= 257)) {
    const draws = CHALLENGES.map((step) => ({ ...step, count }));
    all.push(sequence(`challenges of ${count}`, [...draws, ...CHALLENGES]));
  }
  for (const logSize of [0, 1, 8, 24, 31]) {
    all.push(
      sequence(`positions below 2^${logSize}`, [
        { step: 'challengePositions', label: 'q', count: 9, logSize },
      ]),
    );
  }
  for (const label of ['a', 'ab', 'sumcheck/round', 'x'.repeat(56), 'x'.repeat(57), '~'.repeat(255)]) {
    all.push(
      sequence(`label of ${label.length}`, [{ step: 'exts', label, count: 2, seed: 5 }, ...CHALLENGES]),
    );
  }
  for (const field of TOYS) all.push(sequence(`modulus ${field.modulus}`, mixed(), field));
  all.push(sequence('mixed', mixed()));
  return all;
}

/** Every kind of step, messages and challenges in turn. */
function mixed(): Step[] {
  return [
    { step: 'publicDigest', label: 'key', count: 1, seed: 9 },
    { step: 'digests', label: 'root', count: 2, seed: 3 },
    { step: 'challengeExts', label: 'alpha', count: 1 },
    { step: 'exts', label: 'sumcheck/round', count: 2, seed: 11 },
    { step: 'challengeExts', label: 'sumcheck/r', count: 1 },
    { step: 'exts', label: 'sumcheck/round', count: 2, seed: 12 },
    { step: 'challengeExts', label: 'sumcheck/r', count: 1 },
    { step: 'fes', label: 'values', count: 20, seed: 4 },
    { step: 'challengeFes', label: 'weights', count: 40 },
    { step: 'bytes', label: 'note', count: 33, seed: 6 },
    { step: 'challengePositions', label: 'Q0', count: 211, logSize: 22 },
  ];
}

function main(): void {
  const vectors = sequences().map((s) => ({ ...s, ...runTwin(s) }));
  const write = (name: string, of: object): void => {
    const text = JSON.stringify({ generator: 'tools/write-vectors.ts', version: 1, ...of }, null, 1);
    writeFileSync(`tests/vectors/${name}.json`, `${text}\n`);
    console.log(`tests/vectors/${name}.json`);
  };
  write('transcript', { vectors });
  write('format', formatVectors());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
