/** Which tests a deleted check must make red. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const STORED = 'tests/soundness/stored.test.ts';

const RANGES =
  /^src\/relation\/(cut|order|pins|ranges|settle|slabs|decompose|interval|columns|row-sums|witness-ranges)/;

/** Tests of mutants in some files. */
const TESTS = [
  [/^src\/merkle\//, ['tests/merkle/merkle.test.ts']],
  [/^src\/field\//, ['tests/field/encoding.test.ts']],
  [/^src\/params\//, ['tests/params/check.test.ts', 'tests/params/encoding.test.ts']],
  [/^src\/transcript\//, ['tests/transcript/channel.test.ts']],
  [/^src\/pads\//, ['tests/soundness/pads.test.ts']],
  [/^src\/pcs\/(?!key|chain)/, ['tests/soundness/statement.test.ts']],
  [/^src\/pcs\/link/, ['tests/soundness/link-statement.test.ts']],
  [/^src\/pcs\/key/, ['tests/store/key.test.ts']],
  [/^src\/pcs\/chain/, ['tests/soundness/chain.test.ts']],
  [/^src\/(relation\/(verify|statement|arguments)|tlookup)/, ['tests/soundness/program-stored.test.ts']],
  [/^src\/relation\/(verify|statement)/, ['tests/soundness/program-statement.test.ts']],
  [/^src\/relation\/verify-program/, ['tests/soundness/sources.test.ts']],
  [/^src\/tlookup\//, ['tests/tlookup/program.test.ts', 'tests/tlookup/soundness.test.ts']],
  [/^src\/relation\/check-terms/, ['tests/relation/check-terms.test.ts']],
  [/^src\/relation\/check(?!-witness)/, ['tests/relation/check.test.ts', 'tests/relation/backing.test.ts']],
  [
    RANGES,
    [
      'tests/relation/deciders.test.ts',
      'tests/relation/slabs.test.ts',
      'tests/relation/ranges.test.ts',
      'tests/relation/backing.test.ts',
      'tests/relation/digits.test.ts',
      'tests/relation/integers.test.ts',
    ],
  ],
  [
    /^src\/(graph|ops)\//,
    ['refusals', 'shapes', 'ranges', 'rows', 'encoding', 'passes'].map(
      (name) => `tests/graph/${name}.test.ts`,
    ),
  ],
  // What is bound and what programs say: answers of the twin, and proofs that are kept.
  [
    /^src\/(answer\/(link|statement)|ops\/\w+\/(relations|private)|relation\/(digest|statement)|training\/(program|softmax-relations|segment-file|state))/,
    ['tests/reference/vectors.test.ts'],
  ],
  [/^src\/ops\/\w+\/(relations|private)/, ['tests/reference/lowering.test.ts']],
  [/^src\/training\/(program|softmax-relations)/, ['tests/training/liars.test.ts']],
  [
    /^src\/training\/backward\/(answer|layouts|verify|parts|state-relations|graph-relations|\w+\/relations)/,
    ['tests/reference/vectors.test.ts'],
  ],
  [/^src\/relation\/digest/, ['tests/relation/digest.test.ts']],
  [/^src\/quantize\/report/, ['tests/quantize/quantize.test.ts']],
  [/^src\/quantize\/(?!report)/, ['tests/quantize/model-file.test.ts']],
  [/^src\/import\//, ['tests/import/json.test.ts']],
  [/^src\/answer\//, ['tests/answer/damage.test.ts', 'tests/answer/groups.test.ts']],
  [
    /^src\/answer\/(agreed|statement|verify)/,
    ['tests/answer/private-prompts.test.ts', 'tests/answer/revealed-logits.test.ts'],
  ],
  [
    /^src\/training\/graph-run/,
    [
      'graph-run/chain',
      'graph-run/first-weights',
      'graph-run/stacked',
      'graph-run/seed',
      'soundness/graph-run-tamper',
    ].map((name) => `tests/${name}.test.ts`),
  ],
  [
    /^src\/training\/(?!backward|graph-run|prediction|verify-prediction)/,
    ['plan', 'chain', 'momentum'].map((name) => `tests/training/${name}.test.ts`),
  ],
  [/^src\/training\/(prediction|verify-prediction)/, ['tests/training/prediction.test.ts']],
  [/^src\/training\/backward\/drawn/, ['tests/graph-run/seed.test.ts']],
  [/^src\/training\/backward\/answer/, ['tests/backward/answer.test.ts']],
  [
    /^src\/training\/backward\/(?!answer)/,
    ['corpus', 'first-weights', 'step', 'momentum', 'guard', 'answering', 'prove', 'operators', 'answer'].map(
      (name) => `tests/backward/${name}.test.ts`,
    ),
  ],
];

/** Files whose checks no stored opening gets to: their own tests alone. */
const WITH_OWN_TESTS =
  /^src\/(answer|training|graph|ops|quantize|import|relation\/(check|columns|cut|decompose|interval|order|ranges|pins|row-sums|settle|slabs|witness-ranges)|tlookup\/shape)/;

/** The tests of a check; of those that end in a proof the stored ones too. */
export function testsOf({ file }) {
  const own = TESTS.filter(([where]) => where.test(file)).flatMap(([, tests]) => tests);
  return WITH_OWN_TESTS.test(file) && own.length > 0 ? own : [STORED, ...own];
}

const SOUNDNESS = new URL('../../tests/support/soundness/', import.meta.url);
const LIES = readdirSync(SOUNDNESS)
  .map((name) => readFileSync(new URL(name, SOUNDNESS), 'utf8'))
  .filter((text) => /\balone\b/.test(text));

/** Whether a stored lie can be one that a check of this code refuses: the code stands where lies are written down. */
export function hasLies(code) {
  return code !== undefined && LIES.some((text) => text.includes(`'${code}'`));
}

/** By file and the beginning of a check: the test that missed it before, where that took seconds to find out. */
const RED_FILE = new URL('red.json', import.meta.url);
const RED = JSON.parse(readFileSync(RED_FILE, 'utf8'));
const startOf = (call) => call.slice(0, 120);

/** The test file and the test to try first; what it does not miss is tried with all tests. */
export function redBefore({ file, call }) {
  return RED[file]?.[startOf(call)];
}

/** Writes down which test missed which check, beside what is written for the others. */
export function writeHints(hints) {
  for (const [{ file, call }, red] of hints) (RED[file] ??= {})[startOf(call)] = red;
  const sorted = Object.fromEntries(Object.entries(RED).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(RED_FILE, JSON.stringify(sorted));
  spawnSync('npx', ['prettier', '--write', fileURLToPath(RED_FILE)]);
}

/** Checks whose deletion changes nothing, each with the reason; by file and the beginning of the call. */
export const EQUIVALENT = [
  {
    file: 'src/quantize/model.ts',
    call: 'part: canonical.length !== bytes.length',
    reason: 'longer bytes differ from what is behind the end; no object is the beginning of another',
  },
  {
    file: 'src/relation/pins.ts',
    call: "part: typeof digits === 'string'",
    reason: 'tells the compiler; letters of a name have no coefficient, and never decompose',
  },
  {
    file: 'src/relation/row-sums.ts',
    call: "part: !('interval' in sum)",
    reason:
      'tells the compiler; a tensor without an interval has no dimensions, which the part before it refuses',
  },
];
