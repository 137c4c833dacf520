/** Several prompts, private ones and revealed logits through the real binary. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAnswer } from '../../src/answer/envelope.ts';
import { FAST, mustSucceed, writeTiny, zkdl, type Run } from '../support/cli.ts';

const SLOW = 600_000;
let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);
const done = mustSucceed(run);
const KEY = ['--key', 'm.key'];
const TEXT = ['--tokenizer', 'm.tokenizer.json'];

interface Shown {
  readonly prompt: number[] | { readonly privateTokens: number };
  readonly completion: number[];
  readonly text: string;
  readonly promptText?: string;
  readonly completionText?: string;
}
interface Logits {
  readonly sequence: number;
  readonly position: number;
  readonly values: number[];
  readonly top: {
    readonly id: number;
    readonly logit: number;
    readonly nats: number;
    readonly text: string;
  }[];
}
const sequencesOf = (of: Run): Shown[] => of.json()['sequences'] as Shown[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-prompts-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  done('import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST);
  done('commit', 'm.zkq', '-o', 'm', '--tokens', '8', '--proofs', '12');
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Exit code 2 and nothing new in the folder. */
function wrong(...args: string[]): { code: string; stage: string; detail: string } {
  const before = readdirSync(folder).sort();
  const { code, json, stdout } = run(...args, '--json');
  expect(code, stdout).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(before);
  return (json() as { error: { code: string; stage: string; detail: string } }).error;
}

describe('a private prompt', () => {
  const SECRET = 'Qz7~Kx';
  let proven: Run;
  beforeAll(() => {
    writeFileSync(path('secret.txt'), `${SECRET}\n`);
    const prove = ['prove', 'm', '--prompts', 'secret.txt', '--private-prompt', '--tokens', '3'];
    proven = done(...prove, '-o', 'p.zkp', '--json');
  }, SLOW);

  test('shows its length alone: in results, progress, proof file, inspection, verdict', () => {
    const [shown] = sequencesOf(proven) as [Shown];
    expect(shown.prompt).toEqual({ privateTokens: 6 });
    const verified = done('verify', 'p.zkp', ...KEY, ...TEXT);
    expect(verified.stdout).toContain('prompt: private, 6 tokens\n');
    expect(verified.stdout).toContain(`completion ids  ${shown.completion.join(' ')}`);
    const json = done('verify', 'p.zkp', ...KEY, ...TEXT, '--completion', shown.text, '--json');
    expect(sequencesOf(json)[0]).toEqual({
      prompt: { privateTokens: 6 },
      completion: shown.completion,
      completionText: shown.text,
    });
    const inspected = done('inspect', 'p.zkp');
    expect(inspected.stdout).toContain('private, 6 tokens');
    const ids = [...Buffer.from(SECRET)].map((byte) => byte);
    const file = readFileSync(path('p.zkp'));
    expect(file.includes(SECRET)).toBe(false);
    expect(file.includes(Buffer.from(Uint32Array.from(ids).buffer))).toBe(false);
    for (const { stdout, stderr } of [proven, verified, json, inspected]) {
      expect(stdout + stderr).not.toContain(SECRET);
      expect(stdout + stderr).not.toContain(ids.join(' '));
      expect(stdout + stderr).not.toContain(ids.join(','));
    }
    expect(decodeAnswer(file).statement.sequences[0]?.prompt).toEqual({ privateTokens: 6 });
  });

  test('is no prompt that a verifier could compare', () => {
    for (const guess of [SECRET, 'Hello!']) {
      const { code, json } = run('verify', 'p.zkp', ...KEY, ...TEXT, '--prompt', guess, '--json');
      expect(code).toBe(1);
      expect(json()).toEqual({
        verified: false,
        code: 'PROMPT',
        stage: 'p.zkp',
        detail: 'expected the given prompt, got a proof that keeps its prompt private',
      });
    }
  });

  test('stages of the prover are told while it works', () => {
    const stages = [...proven.stderr.matchAll(/proving 3 tokens: (.*)$/gm)].map(([, stage]) => stage);
    expect(stages).toEqual([
      'execution',
      'commitment',
      'lookup argument',
      'products',
      'opening',
      'own verification',
    ]);
  });
});

describe('several prompts and their logits', () => {
  const PROMPTS = ['Hello', 'You', 'Why not?'];
  let shown: Shown[];
  let verdict: Run;
  beforeAll(() => {
    writeFileSync(path('prompts.json'), JSON.stringify(PROMPTS));
    const prove = ['prove', 'm', '--prompts', 'prompts.json', '--tokens', '3', '--reveal-logits', '1,3:2-3'];
    shown = sequencesOf(done(...prove, '-o', 's.zkp', '--json'));
    verdict = done('verify', 's.zkp', ...KEY, ...TEXT, '--json');
  }, SLOW);

  test('are what single proofs say of each', () => {
    const [prompt] = PROMPTS as [string];
    const single = done('prove', 'm', '--prompt', prompt, '--tokens', '3', '-o', 'one.zkp', '--json');
    expect(sequencesOf(single)[0]).toEqual(shown[0]);
    const again = PROMPTS.flatMap((text) => ['--prompt', text]);
    const flags = done('prove', 'm', ...again, '--tokens', '3', '-o', 'two.zkp', '--json');
    expect(sequencesOf(flags)).toEqual(shown);
    expect(sequencesOf(verdict)).toEqual(
      shown.map(({ prompt: ids, completion, text }, i) => ({
        prompt: ids,
        completion,
        promptText: PROMPTS[i],
        completionText: text,
      })),
    );
    const lines = done('verify', 's.zkp', ...KEY, ...TEXT).stdout;
    for (let i = 0; i < 3; i++)
      expect(lines).toContain(`sequence ${i + 1} of 3\nprompt\n  | ${PROMPTS[i]}\n`);
  });

  test('are compared one by one', () => {
    const given = (what: string, texts: readonly string[]) => texts.flatMap((text) => [`--${what}`, text]);
    const verify = (...args: string[]) => run('verify', 's.zkp', ...KEY, ...TEXT, ...args, '--json');
    const completions = shown.map(({ text }) => text);
    expect(verify(...given('prompt', PROMPTS), ...given('completion', completions)).code).toBe(0);
    const refused = (...args: string[]) => {
      const { code, json } = verify(...args);
      expect(code).toBe(1);
      return json() as { code: string; detail: string };
    };
    expect(refused('--prompt', 'Hello')).toMatchObject({
      code: 'PROMPT',
      detail: 'expected the given 1 prompt, got a proof about 3 prompts',
    });
    expect(refused(...given('prompt', ['You', 'Hello', 'Why not?']))).toMatchObject({ code: 'PROMPT' });
    expect(refused(...given('completion', [...completions.slice(0, 2), 'x']))).toMatchObject({
      code: 'COMPLETION',
    });
  });

  test('logits: all in JSON, the greatest for people, with the chosen token first', () => {
    const logits = verdict.json()['logits'] as Logits[];
    expect(logits.map(({ sequence, position }) => [sequence, position])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 2],
      [3, 3],
    ]);
    for (const { sequence, position, values, top } of logits) {
      expect(values).toHaveLength(272);
      expect(top).toHaveLength(5);
      expect(top[0]!.id).toBe(shown[sequence - 1]!.completion[position - 1]); // greedy
      expect(top[0]!.logit).toBe(Math.max(...values));
      top.forEach(({ id, logit, nats }, i) => {
        expect(values[id]).toBe(logit);
        expect(nats / top[0]!.nats).toBeCloseTo(logit / top[0]!.logit);
        if (i > 0) expect(logit).toBeLessThanOrEqual(top[i - 1]!.logit);
      });
    }
    const lines = done('verify', 's.zkp', ...KEY).stdout;
    expect(lines.match(/^logits of token \d, \d+: the greatest$/gm)).toHaveLength(5);
    expect(done('inspect', 's.zkp').stdout).toMatch(/logits of +1:1 2:1 3:1 3:2 3:3\n/);
  });
});

describe('wrong input, exit code 2', () => {
  const prove = (...args: string[]) => wrong('prove', 'm', '-o', 'b.zkp', ...args);
  test('prompts: none, twice, files that are none; what a file holds is not told', () => {
    expect(prove()).toMatchObject({ code: 'USAGE', stage: 'prompt' });
    writeFileSync(path('x.txt'), 'a\n\nb\n');
    expect(prove('--prompt', 'x', '--prompts', 'x.txt')).toMatchObject({ code: 'USAGE', stage: 'prompt' });
    expect(prove('--prompts', 'x.txt')).toMatchObject({ code: 'PROMPT', stage: 'x.txt' });
    expect(prove('--prompts', 'no.txt')).toMatchObject({ code: 'FILE_MISSING', stage: 'no.txt' });
    for (const text of ['["secret"', '[1]', '[]', '["a", ""]']) {
      writeFileSync(path('x.txt'), text);
      const { code, detail } = prove('--prompts', 'x.txt');
      expect(code).toBe('PROMPT');
      expect(detail).not.toContain('secret');
    }
    writeFileSync(path('x.txt'), Uint8Array.of(0xff, 0xfe, 0xfd));
    expect(prove('--prompts', 'x.txt')).toMatchObject({ code: 'PROMPT', stage: 'x.txt' });
  });
  test('positions of logits that are none, before budget is spent', () => {
    const before = done('budget', 'm', '--json').stdout;
    for (const list of ['0', '1,', '3-1', 'x', '1:2:3']) {
      expect(prove('--prompt', 'x', '--reveal-logits', list)).toMatchObject({ code: 'USAGE' });
    }
    const beyond = prove('--prompt', 'x', '--tokens', '2', '--reveal-logits', '3');
    expect(beyond).toMatchObject({ code: 'USAGE', stage: 'revealLogits' });
    expect(prove('--prompt', 'x', '--tokens', '2', '--reveal-logits', '2:1')).toMatchObject({
      code: 'USAGE',
    });
    expect(done('budget', 'm', '--json').stdout).toBe(before);
  });
});

describe('a limit of memory', () => {
  const needed = (tokens: number, ...more: string[]): number => {
    const args = ['estimate', 'm', '--tokens', String(tokens), '--prompt-tokens', '2', ...more];
    return (done(...args, '--json').json()['memoryBytes'] as { prove: number }).prove;
  };
  const prove = ['prove', 'm', '--prompt', 'Hi', '--tokens', '60', '-o', 'limited.zkp'];

  test('refuses what is estimated to take more, and says what would fit', () => {
    const limit = Math.ceil(needed(20) / 1e6);
    expect(needed(60)).toBeGreaterThan(1e6 * limit);
    const refused = wrong(...prove, '--memory', `${limit}MB`);
    expect(refused).toMatchObject({ code: 'MEMORY', stage: 'a proof' });
    const fits = Number(/; (\d+) new tokens would fit: --tokens \1$/.exec(refused.detail)?.[1]);
    expect(fits).toBeGreaterThanOrEqual(20);
    expect(needed(fits)).toBeLessThanOrEqual(1e6 * limit);
    expect(needed(fits + 1)).toBeGreaterThan(1e6 * limit);
    expect(wrong(...prove, '--memory', '1MB').detail).toContain('not even one new token would fit');
    expect(wrong(...prove, '--memory', '1')).toMatchObject({ code: 'USAGE' });
    const within = ['--prompt', 'Hi', '--tokens', '1', '--memory', `${Math.ceil(needed(1) / 1e6)}MB`];
    done('prove', 'm', ...within, '-o', 'limited.zkp');
  });

  test('for a commitment as well; a private prompt takes more than a public one', () => {
    const commit = wrong('commit', 'm.zkq', '-o', 'large', '--memory', '1MB');
    expect(commit).toMatchObject({ code: 'MEMORY', stage: 'a commitment' });
    const cells = (...more: string[]) => done('estimate', 'm', ...more, '--json').json()['cells'] as number;
    expect(cells('--private-prompt')).toBeGreaterThan(cells());
  });
});
