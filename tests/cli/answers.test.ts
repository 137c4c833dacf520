/** The whole way through the real binary: import, commit, prove, verify, refresh; and every lie about an answer. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAnswer, encodeAnswer, type Answer } from '../../src/answer/envelope.ts';
import type { Prompt, Sequence } from '../../src/answer/statement.ts';
import { complete } from '../../src/quantize/index.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { decodeKey, keyDigest } from '../../src/pcs/key.ts';
import { budgetLimits, budgetStatus, reserve } from '../../src/store/budget.ts';
import { openHome } from '../../src/store/index.ts';
import { readTokenizer } from '../../src/verbs/tokenizers.ts';
import { byteTokenizer } from '../../tools/random-model/tokenizer.ts';
import { FAST, mustSucceed, writeTiny, zkdl, zkdlAlone, type Run } from '../support/cli.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
const SEED = '5a'.repeat(32);
let folder: string;
let digest: string;
let proven: { prompt: number[]; completion: number[]; text: string };
let proofsLeft: number;

const run = (...args: string[]): Run => zkdl(folder, args);
const path = (name: string): string => join(folder, name);
const done = mustSucceed(run);
/** The same in a process of its own. */
const alone = mustSucceed((...args) => zkdlAlone(folder, args));

/** A verdict against a proof: exit code 1, and nothing of what it says. */
function refused(...args: string[]): { code: string; stage: string; detail: string } {
  const { code, stdout, json } = run('verify', ...args, '--json');
  expect(code, stdout).toBe(1);
  const verdict = json() as { verified: boolean; code: string; stage: string; detail: string };
  expect(verdict.verified).toBe(false);
  expect(Object.keys(verdict).sort()).toEqual(['code', 'detail', 'stage', 'verified']);
  return verdict;
}

/** Wrong input: exit code 2, an error that names it. @param changes whether new files are looked for */
function wrong(...args: string[]): { code: string; stage: string; detail: string } {
  const before = readdirSync(folder).sort();
  const { code, stdout, json } = run(...args, '--json');
  expect(code, stdout).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(before);
  return (json() as { error: { code: string; stage: string; detail: string } }).error;
}

/** The proof file with another statement under the same proof. */
function forged(name: string, change: (answer: Answer) => Answer): string {
  writeFileSync(path(name), encodeAnswer(change(decodeAnswer(readFileSync(path('a.zkp'))))));
  return name;
}
function withSequence(change: (sequence: Sequence) => Partial<Sequence>): (answer: Answer) => Answer {
  return (answer) => {
    const [sequence] = answer.statement.sequences as [Sequence];
    const statement = { ...answer.statement, sequences: [{ ...sequence, ...change(sequence) }] };
    return { ...answer, statement };
  };
}
const ids = (prompt: Prompt): readonly number[] => prompt as readonly number[];
const changed = (ids: readonly number[], at: number): number[] =>
  ids.map((id, i) => (i === at ? (id + 1) % 272 : id));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  alone('import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST);
  const made = alone('commit', 'm.zkq', '-o', 'm', '--tokens', '8', '--proofs', '3', '--json').json();
  digest = made['digest'] as string;
  const sampled = ['--seed', SEED, '--temperature', '0.8', '--context', 'request 7'];
  const prove = alone(
    'prove',
    'm',
    '--prompt',
    'Hello',
    '--tokens',
    '4',
    ...sampled,
    '-o',
    'a.zkp',
    '--json',
  );
  [proven] = prove.json()['sequences'] as [typeof proven];
  proofsLeft = prove.json()['proofsLeft'] as number;
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the whole way', () => {
  test('what is private is readable by its owner only, and all in one directory', () => {
    expect(readdirSync(path('m')).sort()).toEqual(['epoch-0', 'model.zkq', 'tokenizer.json']);
    expect(statSync(path('m')).mode & 0o777).toBe(0o700);
    for (const name of ['model.zkq', 'epoch-0/secret', 'epoch-0/data']) {
      expect(statSync(path(`m/${name}`)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
  });

  test('a proof is verified, and what it says stands beside the verdict', () => {
    const agreed = ['--tokenizer', 'm.tokenizer.json', '--prompt', 'Hello', '--completion', proven.text];
    const more = ['--model', digest.toUpperCase(), '--context', 'request 7'];
    const verdict = alone('verify', 'a.zkp', '--key', 'm.key', ...agreed, ...more, '--json').json();
    expect(verdict).toMatchObject({
      verified: true,
      model: digest,
      choice: { seed: SEED, temperature: 800 },
      context: Buffer.from('request 7').toString('hex'),
      sequences: [{ prompt: proven.prompt, completion: proven.completion, promptText: 'Hello' }],
    });
    const ids = done('verify', 'a.zkp', '--key', 'm.key').stdout;
    expect(ids).toMatch(/^verified: /);
    expect(ids).toContain(`completion ids  ${proven.completion.join(' ')}`);
    expect(proven.completion).toHaveLength(4);
  });

  test('the tokens are those that the model chooses with this seed, and no other', async () => {
    const model = loadModel(path('m/model.zkq'));
    const { tokenizer } = await readTokenizer(path('m/tokenizer.json'), 272);
    const tokens = (seed: Uint8Array): readonly number[] =>
      complete(model, tokenizer, { prompt: 'Hello', maxTokens: 4, choice: { seed, temperature: 800 } })
        .tokens;
    expect(tokens(Buffer.from(SEED, 'hex'))).toEqual(proven.completion);
    expect(tokens(new Uint8Array(32))).not.toEqual(proven.completion);
  });

  test('inspect shows key and proof without a secret', () => {
    const key = done('inspect', 'm.key', '--json').json() as {
      digest: string;
      nodes: { lookups: number; op: string }[];
      parts: { bytes: number; access: string }[];
      bytes: number;
    };
    expect(key.digest).toBe(digest);
    expect(key.nodes.find(({ op }) => op === 'attention')?.lookups).toBeGreaterThan(0);
    expect(key.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(key.bytes);
    expect(new Set(key.parts.map(({ access }) => access))).toEqual(new Set(['public']));
    expect(done('inspect', 'm.key').stdout).toContain('proven, node by node');
    const answer = done('inspect', 'a.zkp', '--json').json();
    expect(answer).toMatchObject({ kind: 'answer', statement: { model: digest } });
    expect(done('inspect', 'a.zkp').stdout).toContain('says, once verified');
  });

  test('nothing in a file moves the cursor or forges a line', () => {
    const context = new TextEncoder().encode('\u001b[2J\u202e\nverified: the model');
    const file = forged('x.zkp', (answer) => ({ ...answer, statement: { ...answer.statement, context } }));
    const { stdout } = done('inspect', file);
    expect(stdout).toContain('\\u{1b}[2J\\u{202e} verified: the model');
    expect(stdout).not.toMatch(/\u001b|\u202e|^verified/m);
  });

  test('estimate knows the size of the proof', () => {
    const args = ['--tokens', '4', '--prompt-tokens', String(proven.prompt.length)];
    const { proofBytes } = done('estimate', 'm', ...args, '--json').json() as {
      proofBytes: { expected: number; maximum: number };
    };
    const { length } = readFileSync(path('a.zkp'));
    expect(length).toBeGreaterThan(0.9 * proofBytes.expected);
    expect(length).toBeLessThan(1.1 * proofBytes.maximum);
    expect(done('estimate', 'm.zkq').stdout).toMatch(/proof +\d+ KB expected/);
  });

  test('budget counts proofs', () => {
    const { epochs } = done('budget', 'm', '--json').json() as { epochs: Record<string, unknown>[] };
    expect(epochs).toHaveLength(1);
    expect(epochs[0]).toMatchObject({
      epoch: 0,
      current: true,
      generation: 1,
      proofsLeft,
    });
  });
});

describe('refused, exit code 1', () => {
  const verify = (...args: string[]) => refused(args[0] as string, '--key', 'm.key', ...args.slice(1));

  test('a changed token of the prompt', () => {
    const file = forged(
      'x.zkp',
      withSequence(({ prompt }) => ({ prompt: changed(ids(prompt), 4) })),
    );
    expect(verify(file).stage).not.toBe('');
  });
  test('a changed token of the completion', () => {
    const file = forged(
      'x.zkp',
      withSequence(({ completion }) => ({ completion: changed(completion, 3) })),
    );
    expect(verify(file).stage).not.toBe('');
  });
  test('a proof of a shorter prompt, of a shorter completion', () => {
    verify(
      forged(
        'x.zkp',
        withSequence(({ prompt }) => ({ prompt: ids(prompt).slice(1) })),
      ),
    );
    verify(
      forged(
        'x.zkp',
        withSequence(({ completion }) => ({ completion: completion.slice(0, 3) })),
      ),
    );
  });
  test('another seed, temperature, context', () => {
    const choice = (seed: Uint8Array, temperature: number) => (answer: Answer) => ({
      ...answer,
      statement: { ...answer.statement, choice: { seed, temperature } },
    });
    verify(forged('x.zkp', choice(new Uint8Array(32), 800)));
    verify(forged('x.zkp', choice(Buffer.from(SEED, 'hex'), 801)));
    const context = new TextEncoder().encode('request 8');
    verify(forged('x.zkp', (answer) => ({ ...answer, statement: { ...answer.statement, context } })));
  });
  test('a token that the model does not have', () => {
    const file = forged(
      'x.zkp',
      withSequence(({ completion }) => ({ completion: [...completion.slice(1), 272] })),
    );
    expect(verify(file).code).toBe('PASS_VALUES');
  });
  test('a truncated proof, and one that goes on', () => {
    const bytes = readFileSync(path('a.zkp'));
    for (const length of [4, 60, bytes.length - 1]) {
      writeFileSync(path('x.zkp'), bytes.subarray(0, length));
      expect(verify('x.zkp').code).toBe(length < 8 ? 'FORMAT' : 'LENGTH');
    }
    writeFileSync(path('x.zkp'), Buffer.concat([bytes, Buffer.alloc(1)]));
    expect(verify('x.zkp').code).toBe('LENGTH');
  });
  test('a changed byte of the proof', () => {
    const bytes = readFileSync(path('a.zkp'));
    bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] as number) ^ 1;
    writeFileSync(path('x.zkp'), bytes);
    verify('x.zkp');
  });
  test('files that are something else', () => {
    const proof = { code: 'FORMAT', stage: 'm.key', detail: 'expected a proof file, got a model key' };
    expect(verify('m.key')).toMatchObject(proof);
    const key = { code: 'FORMAT', stage: 'a.zkp', detail: 'expected a model key, got a proof file' };
    expect(refused('a.zkp', '--key', 'a.zkp')).toMatchObject(key);
    writeFileSync(path('x.key'), readFileSync(path('m.key')).subarray(0, 1000));
    expect(refused('a.zkp', '--key', 'x.key')).toMatchObject({ code: 'LENGTH', stage: 'x.key' });
    writeFileSync(path('x.key'), '');
    expect(refused('a.zkp', '--key', 'x.key').detail).toBe('expected a model key, got an empty file');
    expect(refused('a.zkp', '--key', 'm.key', '--link', 'a.zkp')).toMatchObject({ code: 'FORMAT' });
  });
  test(
    "another model's key",
    async () => {
      await writeTiny(folder, 'other', 1, 2);
      done('import', 'other', '-o', 'other.zkq', '--profile', 'P12', ...FAST);
      done('commit', 'other.zkq', '-o', 'other.dir', '--key', 'other.key', '--tokens', '8', '--proofs', '3');
      expect(refused('a.zkp', '--key', 'other.key')).toMatchObject({ code: 'MODEL', stage: 'a.zkp' });
      expect(refused('a.zkp', '--key', 'other.key', '--model', digest)).toMatchObject({ code: 'MODEL' });
      const model = done('inspect', 'other.key', '--json').json()['digest'] as string;
      expect(verify('a.zkp', '--model', model)).toMatchObject({ code: 'MODEL', stage: 'm.key' });
      // The proof put under the other key's name.
      const renamed = (answer: Answer): Answer => ({
        ...answer,
        statement: { ...answer.statement, model: Buffer.from(model, 'hex') },
      });
      refused(forged('x.zkp', renamed), '--key', 'other.key');
    },
    SLOW,
  );
  test('another tokenizer', () => {
    writeFileSync(
      path('tok.json'),
      byteTokenizer(272).replace('"add_prefix_space": false', '"add_prefix_space": true'),
    );
    expect(verify('a.zkp', '--tokenizer', 'tok.json')).toMatchObject({
      code: 'TOKENIZER_FIT',
      stage: 'tok.json',
    });
  });
  test('another prompt, completion, context than the caller knows', () => {
    const text = ['a.zkp', '--tokenizer', 'm.tokenizer.json'];
    expect(verify(...text, '--prompt', 'Hallo')).toMatchObject({ code: 'PROMPT' });
    expect(verify(...text, '--completion', `${proven.text}.`)).toMatchObject({ code: 'COMPLETION' });
    expect(verify('a.zkp', '--context', 'request 8')).toMatchObject({ code: 'CONTEXT' });
  });
});

describe('wrong input, exit code 2', () => {
  test('verify: missing files, a text without a tokenizer, a digest that is none', () => {
    expect(wrong('verify', 'no.zkp', '--key', 'm.key')).toMatchObject({
      code: 'FILE_MISSING',
      stage: 'no.zkp',
    });
    expect(wrong('verify', 'a.zkp', '--key', 'no.key')).toMatchObject({
      code: 'FILE_MISSING',
      stage: 'no.key',
    });
    const args = ['verify', 'a.zkp', '--key', 'm.key'];
    expect(wrong(...args, '--tokenizer', 'no.json')).toMatchObject({ stage: 'no.json' });
    expect(wrong(...args, '--prompt', 'Hello')).toMatchObject({ code: 'USAGE', stage: 'tokenizer' });
    expect(wrong(...args, '--model', 'abc')).toMatchObject({ code: 'USAGE', stage: 'model' });
  });

  test('prove: prompts and options that cannot be; no budget is spent', () => {
    const before = done('budget', 'm', '--json').stdout;
    const prove = (...args: string[]) => wrong('prove', 'm', '-o', 'b.zkp', ...args);
    expect(prove('--prompt', '')).toMatchObject({ code: 'PROMPT', stage: 'prompt' });
    const long = prove('--prompt', 'x'.repeat(65));
    expect(long).toMatchObject({ code: 'CONTEXT', stage: 'prompt' });
    expect(long.detail).toBe('expected at most 64 tokens, got 65');
    expect(prove('--prompt', 'x', '--seed', 'abc')).toMatchObject({ code: 'USAGE', stage: 'seed' });
    expect(prove('--prompt', 'x', '--seed', SEED, '--greedy')).toMatchObject({ stage: 'greedy' });
    expect(prove('--prompt', 'x', '--temperature', '0')).toMatchObject({ stage: 'temperature' });
    expect(prove('--prompt', 'x', '--context', 'c'.repeat(65_537))).toMatchObject({ stage: 'context' });
    expect(wrong('prove', 'm', '--prompt', 'x', '-o', 'a.zkp')).toMatchObject({
      code: 'FILE_EXISTS',
      stage: 'a.zkp',
    });
    expect(wrong('prove', 'm', '--prompt', 'x', '-o', 'no/b.zkp')).toMatchObject({ stage: 'no/b.zkp' });
    expect(done('budget', 'm', '--json').stdout).toBe(before);
  });

  test('commit: names that are taken, another tokenizer, none; nothing is left', () => {
    expect(wrong('commit', 'm.zkq', '-o', 'm')).toMatchObject({ code: 'FILE_EXISTS', stage: 'm' });
    const taken = wrong('commit', 'm.zkq', '-o', 'new', '--key', 'm.key');
    expect(taken).toMatchObject({ code: 'FILE_EXISTS', stage: 'm.key' });
    writeFileSync(
      path('tok.json'),
      byteTokenizer(272).replace('"add_prefix_space": false', '"add_prefix_space": true'),
    );
    const tokenizer = wrong('commit', 'm.zkq', '-o', 'new', '--tokenizer', 'tok.json');
    expect(tokenizer).toMatchObject({ code: 'TOKENIZER_FIT' });
    expect(tokenizer.stage).toContain('tok.json');
    copyFileSync(path('m.zkq'), path('alone.zkq'));
    expect(wrong('commit', 'alone.zkq', '-o', 'new')).toMatchObject({
      code: 'TOKENIZER_MISSING',
      stage: 'alone.zkq',
    });
  });

  test('a disk that takes no more: commit leaves nothing', () => {
    const before = readdirSync(folder).sort();
    const { code, stderr } = zkdlAlone(folder, ['commit', 'm.zkq', '-o', 'full'], 'ulimit -f 8');
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/zkdl: DISK_FULL: .*full.*EFBIG/);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a damaged directory', () => {
    cpSync(path('m'), path('damaged'), { recursive: true });
    writeFileSync(path('damaged/model.zkq'), readFileSync(path('m/model.zkq')).subarray(0, -7));
    const prove = ['prove', 'damaged', '--prompt', 'x', '-o', 'b.zkp'];
    expect(wrong(...prove)).toMatchObject({
      code: 'MODEL_DIGEST',
      stage: expect.stringContaining('damaged'),
    });
    copyFileSync(path('m/model.zkq'), path('damaged/model.zkq'));
    rmSync(path('damaged/tokenizer.json'));
    expect(wrong(...prove)).toMatchObject({ code: 'TOKENIZER_MISSING', stage: 'damaged' });
    rmSync(path('damaged/epoch-0'), { recursive: true });
    expect(wrong(...prove)).toMatchObject({ code: 'FOLDER', stage: 'damaged' });
    rmSync(path('damaged'), { recursive: true });
  });
});

describe('refresh', () => {
  test(
    'a verifier of the older key follows the link to proofs of the newer one',
    () => {
      const made = alone('refresh', 'm', '--json').json();
      expect(made).toMatchObject({ epoch: 1 });
      expect(made['digest']).not.toBe(digest);
      const { epochs } = done('budget', 'm', '--json').json() as { epochs: Record<string, unknown>[] };
      expect(epochs.map(({ current }) => current)).toEqual([false, true]);
      done('prove', 'm', '--prompt', 'Hi', '--tokens', '2', '-o', 'late.zkp');
      expect(refused('late.zkp', '--key', 'm.key')).toMatchObject({ code: 'MODEL' });
      done('verify', 'late.zkp', '--key', 'm.1.key');
      const linked = ['--key', 'm.key', '--link', 'm.1.link', '--model', digest];
      const { json } = done('verify', 'late.zkp', ...linked, '--json');
      expect(json()).toMatchObject({ verified: true, model: made['digest'] });
      done('verify', 'a.zkp', '--key', 'm.key'); // proofs that were made stay good
      expect(refused('a.zkp', ...linked)).toMatchObject({ code: 'MODEL' });
      expect(refused('late.zkp', '--key', 'm.1.key', '--link', 'm.1.link')).toMatchObject({
        code: 'MODEL',
        stage: 'm.1.link',
      });
      const bytes = readFileSync(path('m.1.link'));
      bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] as number) ^ 1;
      writeFileSync(path('x.link'), bytes);
      expect(refused('late.zkp', '--key', 'm.key', '--link', 'x.link').stage).toContain('x.link: ');
      writeFileSync(path('x.link'), bytes.subarray(0, 100));
      const cut = { code: 'LENGTH', stage: 'x.link' };
      expect(refused('late.zkp', '--key', 'm.key', '--link', 'x.link')).toMatchObject(cut);
      expect(done('inspect', 'm.1.link', '--json').json()).toMatchObject({ kind: 'link', older: digest });
    },
    SLOW,
  );

  test(
    'an interrupted refresh goes on where it stopped',
    () => {
      const key = readFileSync(path('m.1.key'));
      for (const name of ['m/epoch-1.link', 'm.1.key', 'm.1.link']) rmSync(path(name));
      const { epochs } = done('budget', 'm', '--json').json() as { epochs: unknown[] };
      expect(epochs).toHaveLength(1); // an epoch without its link is not in use
      done('refresh', 'm');
      expect(readFileSync(path('m.1.key'))).toEqual(key);
      done('verify', 'late.zkp', '--key', 'm.key', '--link', 'm.1.link');
    },
    SLOW,
  );

  test('public files that are there are not replaced, and nothing is spent', () => {
    writeFileSync(path('m.2.link'), 'mine');
    const before = done('budget', 'm', '--json').stdout;
    expect(wrong('refresh', 'm')).toMatchObject({ code: 'FILE_EXISTS' });
    expect(done('budget', 'm', '--json').stdout).toBe(before);
    expect(readFileSync(path('m.2.link'), 'utf8')).toBe('mine');
  });

  test('a budget that is spent is refused, exit code 1', () => {
    const home = openHome(path('state/zkdl'));
    const { epochs } = done('budget', 'm', '--json').json() as { epochs: { epoch: number }[] };
    const place = path(`m/epoch-${epochs.length - 1}`);
    const bytes = readFileSync(join(place, 'group.key'));
    const limits = budgetLimits(decodeKey(bytes));
    const budget = { path: place, keyDigest: keyDigest(bytes), limits };
    while (budgetStatus(home, budget).proofsLeft > 0) reserve(home, budget, limits.queries, 'proof');
    const { code, json } = run('prove', 'm', '--prompt', 'x', '--tokens', '1', '-o', 'b.zkp', '--json');
    expect(code).toBe(1);
    const { error } = json() as { error: { code: string; stage: string; detail: string } };
    expect(error).toMatchObject({ code: 'BUDGET_SPENT', stage: place });
    expect(error.detail).toContain('refresh the commitment');
    expect(readdirSync(folder)).not.toContain('b.zkp');
    expect(done('budget', 'm').stdout).toContain('warning: ');
  });
});
