/**
 * ZKP-8 as a lint: which files of src/ may use each door between secrets and bytes. A new file is a line here, with
 * its reason; a door without a line is shut.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) => /\.(ts|js)$/.test(name) && !name.includes('wasm/assembly') && !name.includes('wasm/generated'),
  )
  .map((name) => ({ name: name.replaceAll('\\', '/'), text: readFileSync(join(SRC, name), 'utf8') }));

/** Without comments: what the machine runs. Strings are kept. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

/** Files that name an identifier outside of a message. */
function users(identifier: string): string[] {
  const word = new RegExp(`(?<![\\w$])${identifier}(?![\\w$])`);
  return files
    .filter(({ text }) => word.test(code(text).replace(/'[^'\n]*'/g, "''")))
    .map(({ name }) => name);
}

/** Door, the file that defines it, and who may use it: folders end in a slash. */
const DOORS: Record<string, readonly [definition: string, ...allowed: string[]]> = {
  // Secret -> Exposed: the layer of pads, which keeps one role per mask.
  expose: ['secret/expose.ts', 'pads/'],
  // Secret -> bare value, and the parts that expose is made of.
  unwrap: ['secret/secret.ts', 'secret/expose.ts'],
  spendMask: ['secret/secret.ts', 'secret/expose.ts'],
  exposedValue: ['secret/released.ts', 'secret/expose.ts'],
  // A drawn word becomes a mask where the ledger has seen it.
  maskFrom: ['secret/secret.ts', 'random/masks.ts'],
  // Bare value -> PublicRandom, each with its reason at the call.
  publicRandom: [
    'secret/released.ts',
    'merkle/rows-prove.ts', // rows within the budget of their tree, salts and siblings of opened leaves
    'pads/proof-prove.ts', // x = r + Delta h, and what follows from it
    'pcs/open-prove.ts', // a function of g', which the mask makes uniform
    'pcs/whir/prove.ts', // functions of g'; roots
  ],
  // Unauthenticated -> value: the Merkle check.
  authenticate: ['transcript/unauthenticated.ts', 'merkle/'],
  unauthenticatedValue: ['transcript/unauthenticated.ts', 'transcript/verifier.ts'],
  // Proof bytes without absorbing them.
  proofReader: ['transcript/reader.ts', 'transcript/verifier.ts'],
  verifierChannelOn: ['transcript/verifier.ts'],
  // The chain behind the channels.
  createTranscript: ['transcript/transcript.ts', 'transcript/prover.ts', 'transcript/verifier.ts'],
  createChain: ['transcript/chain.ts', 'transcript/statement.ts'],
  // Randomness.
  getRandomValues: ['random/os.ts'],
  // In the store for names that must differ: groups, directories, records. None of them is secret.
  osBytes: [
    'random/os.ts',
    'random/keys.ts',
    'store/durable.ts',
    'store/counter.ts',
    'store/group-plan.ts',
    'verbs/choice.ts',
    'verbs/training/train.ts', // the seed of a run: public
    'verbs/tuning/tune.ts', // likewise
    'verbs/tuning/first-weights.ts', // what weights are drawn from: kept nowhere
  ],
};

test.each(Object.entries(DOORS))('%s is used where it may be', (door, [definition, ...allowed]) => {
  const found = users(door);
  expect(found).toContain(definition); // a door that was renamed must not pass unseen
  const strangers = found.filter(
    (name) =>
      name !== definition && !allowed.some((a) => (a.endsWith('/') ? name.startsWith(a) : name === a)),
  );
  expect(strangers).toEqual([]);
});

test('nobody casts a value into a brand', () => {
  const cast = /\bas\s+(unknown\s+as\s+)?(Exposed|PublicRandom|Released|Secret|Mask|Unauthenticated)\b/;
  const makers = ['secret/secret.ts', 'secret/released.ts', 'transcript/unauthenticated.ts'];
  expect(files.filter(({ name, text }) => cast.test(code(text)) && !makers.includes(name))).toEqual([]);
});

test('a prover looks at its claims first: nothing in src/ turns the look off', () => {
  // Bodies take `selfCheck`, true unless said; liars of the tests say false.
  const takers = /\b(proveLinearBody|proveLinkBody|proveProgramBody|provePads)\(/g;
  const calls = files.flatMap(({ name, text }) =>
    [...code(text).matchAll(takers)].map((match) => {
      let [end, depth] = [match.index + match[0].length, 1];
      for (; depth > 0; end++) depth += { '(': 1, ')': -1 }[code(text)[end] as '('] ?? 0;
      return { name, call: code(text).slice(match.index, end) };
    }),
  );
  const definitions = calls.filter(({ call }) => call.includes('ch: ProverChannel'));
  expect(definitions.length).toBe(4);
  for (const { call } of definitions) expect(call).toContain('selfCheck = true');
  const uses = calls.filter((one) => !definitions.includes(one));
  expect(uses.length).toBeGreaterThanOrEqual(4); // two kinds of proof, each with its body and the pad proof
  expect(uses.filter(({ call }) => /\bfalse\b/.test(call))).toEqual([]);
  const names = files.filter(({ text }) => /\bselfCheck\b/.test(code(text))).map(({ name }) => name);
  expect(names).toEqual([
    'pads/proof-prove.ts',
    'pcs/linear-prove.ts',
    'pcs/link-prove.ts',
    'relation/prove.ts',
  ]);
});

test('no other randomness', () => {
  const random = /Math\.random|randomBytes|randomInt|randomUUID|randomFill|node:crypto/;
  expect(files.filter(({ text }) => random.test(code(text))).map(({ name }) => name)).toEqual([]);
});

describe("what the verifier's transcript is made of", () => {
  /** Files reached from one by imports; types count, so the closure is never too small. */
  function closure(entry: string): string[] {
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const text = files.find((file) => file.name === name)?.text;
      if (text === undefined) throw new Error(`${name}: imported, not found`);
      for (const [, path] of text.matchAll(/from '([^']+)'/g)) {
        if (!path!.startsWith('.')) throw new Error(`${name} imports ${path}`);
        visit(new URL(path!, `file:///${name}`).pathname.slice(1));
      }
    };
    visit(entry);
    return [...seen];
  }
  const verifier = closure('transcript/verifier.ts');

  test('errors, field, hash and transcript, nothing else', () => {
    expect(verifier.filter((name) => !/^(errors|field|hash|transcript)\//.test(name))).toEqual([]);
    expect(verifier).not.toContain('transcript/prover.ts');
  });

  test('no platform, clock, randomness or unfinished part', () => {
    const banned = /\b(process|globalThis|Buffer|Date|performance|setTimeout|fetch|console|eval|import\()\b/;
    const unfinished = /TODO|FIXME|XXX/;
    for (const name of verifier) {
      const { text } = files.find((file) => file.name === name)!;
      expect([name, banned.exec(code(text))?.[0], unfinished.exec(text)?.[0]]).toEqual([
        name,
        undefined,
        undefined,
      ]);
    }
  });
});
