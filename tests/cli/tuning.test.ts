/** Training of a graph through the real binary: corpus, run, proofs, answers; interrupted and gone on; every lie about it refused. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { graphStep, tokensOf } from '../../src/training/index.ts';
import { drawnState, readGraphRun, type StartBounds } from '../../src/training/graph-run/index.ts';
import { decodeGraphStep, encodeGraphStep } from '../../src/training/graph-run/step-file.ts';
import { measure } from '../../src/verbs/training/loss.ts';
import { BINARY, zkdl, zkdlAlone, type Run } from '../support/cli.ts';
import { npyWords, TUNING_TOKENS, tuningPlan, writeTuning } from '../support/tuning-inputs.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
const SEED = '5a'.repeat(32);
const STEPS = ['r.1.step', 'r.2.step'] as const;
const MODEL = ['model.json', '--plan', 'plan.json'] as const;
vi.setConfig({ testTimeout: SLOW, hookTimeout: SLOW });
let folder: string;
let digest: string;
let corpus: string;
let weights: string;

const run = (...args: string[]): Run => zkdl(folder, args);
const path = (name: string): string => join(folder, name);
const read = (name: string): Buffer => readFileSync(path(name));

function done(...args: string[]): Record<string, unknown> {
  return succeeds(run, args);
}
/** The same in a process of its own. */
function alone(...args: string[]): Record<string, unknown> {
  return succeeds((...more) => zkdlAlone(folder, more), args);
}
function succeeds(run: (...args: string[]) => Run, args: readonly string[]): Record<string, unknown> {
  const result = run(...args, '--json', '--quiet');
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result.json();
}
interface Told {
  readonly code: string;
  readonly stage: string;
  readonly detail: string;
}
/** A verdict against files: exit code 1, and nothing of what they say. */
function refused(...args: string[]): Told {
  const { code, stdout, json } = run(...args, '--json');
  expect(code, stdout).toBe(1);
  expect(Object.keys(json()).sort()).toEqual(['code', 'detail', 'stage', 'verified']);
  return json() as unknown as Told;
}
/** Refused before anything is made: the exit code, an error that names the thing. */
function wrong(exit: 1 | 2, ...args: string[]): Told {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = run(...args, '--json');
  expect(code, stdout).toBe(exit);
  expect(readdirSync(folder).sort()).toEqual(before);
  const { error } = json() as { error: Told };
  expect(stderr).toContain(`zkdl: ${error.code}: ${error.stage}: ${error.detail}`);
  return error;
}
const commit = (out: string, tokens = 'tokens.npy'): string =>
  done('corpus', 'commit', tokens, '--model', ...MODEL, '-o', out, '--proofs', '30')['digest'] as string;
const tune = (of: string, out: string, ...more: string[]) => done('tune', ...MODEL, '--corpus', of, '-o', out, ...more); // prettier-ignore

/** Starts a command, kills it as soon as something is there, and waits for its end. */
async function killed(args: readonly string[], there: () => boolean): Promise<void> {
  const env = { ...process.env, XDG_STATE_HOME: path('state') };
  const child = spawn(process.execPath, [BINARY, ...args, '--quiet'], { cwd: folder, env, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_, signal) => resolve(signal)),
  );
  while (child.exitCode === null && !there()) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(path('state'));
  writeTuning(folder);
  corpus = commit('c');
  const first = ['tune', ...MODEL, '--corpus', 'c', '-o', 'r', '--seed', SEED];
  const made = alone(...first, '--until', '1');
  expect(made).toMatchObject({ step: 1, steps: 3, made: 1 });
  digest = made['run'] as string;
  cpSync(path('r'), path('copy'), { recursive: true });
  expect(tune('c', 'r', '--until', '2')).toMatchObject({ run: digest, step: 2, made: 1 });
  expect(done('prove-tuning', 'r', '--corpus', 'c', '--until', '1')).toMatchObject({ step: 1, trained: 2 });
  // A machine that stops in the middle of the second proof: its weights are there, and no step names them.
  await killed(['prove-tuning', 'r', '--corpus', 'c'], () => existsSync(path('r/weights-2')));
  expect(existsSync(path('r/step-2'))).toBe(false);
  expect(existsSync(path('r/at-work'))).toBe(true);
  const proven = alone('prove-tuning', 'r', '--corpus', 'c', '--answers', '3');
  expect(proven).toMatchObject({ run: digest, step: 2, steps: 3, trained: 2 });
  expect(proven['made']).toHaveLength(1);
  weights = proven['weights'] as string;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the whole way', () => {
  test('what is private is readable by its owner only; what is public lies beside it', () => {
    const made = readdirSync(path('r')).sort();
    const numbered = ['step-1', 'step-2', 'weights-1', 'weights-2'];
    expect(made).toEqual(['checkpoint-1', 'checkpoint-2', 'graph.json', 'loss.csv', 'loss.svg', 'run', ...numbered]); // prettier-ignore
    expect(readdirSync(path('c')).sort()).toEqual(['corpus.json', 'epoch-0']);
    for (const name of ['c', 'r', 'r/weights-2']) expect(statSync(path(name)).mode & 0o777).toBe(0o700);
    for (const name of ['r/run', 'r/checkpoint-2', 'r/loss.csv', 'r/weights-1/secret', 'c/epoch-0/data']) {
      expect(statSync(path(name)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['c.key', 'r.run', ...STEPS]));
  });

  test('all proven steps are verified, and any first ones', () => {
    const agreed = ['--digest', digest.toUpperCase(), '--corpus', corpus, '--seed', SEED, '--steps', '2'];
    const verdict = alone('verify-tuning', 'r.run', ...STEPS, ...agreed);
    expect(verdict).toMatchObject({
      verified: true,
      run: digest,
      corpus,
      steps: 2,
      complete: false,
      weights,
    });
    expect(verdict['announcement']).toMatchObject({ tokens: 49, length: 4, batch: 3, steps: 3, seed: SEED });
    const part = done('verify-tuning', 'r.run', STEPS[0]);
    expect(part).toMatchObject({ verified: true, steps: 1 });
    expect(part['weights']).not.toBe(weights);
    // A list of files that came out empty shows nothing.
    expect(refused('verify-tuning', 'r.run')).toMatchObject({ code: 'STEPS' });
    const { stdout, stderr } = run('verify-tuning', 'r.run', '--steps', '0');
    expect(stdout).toMatch(/^nothing is proven: a run, and no step of it/);
    expect(stderr).toContain('verifying');
  });

  test('several steps a proof, the last one at another rate', () => {
    const rates = [{ from: 0, rate: 2 }, { from: 2, rate: 1 }]; // prettier-ignore
    writeFileSync(path('rates.json'), tuningPlan({ rate: undefined, rates }));
    done('tune', 'model.json', '--plan', 'rates.json', '--corpus', 'c', '-o', 'stack', '--seed', SEED);
    expect(read('stack/loss.csv').toString().split('\n').slice(1, 4).map((line) => line.split(',')[2])).toEqual(['2', '2', '1']); // prettier-ignore
    writeFileSync(path('level.json'), tuningPlan({ rate: 2 }));
    const level = ['tune', 'model.json', '--plan', 'level.json', '--corpus', 'c', '-o', 'stack'];
    expect(wrong(2, ...level)).toMatchObject({
      code: 'RUN',
      detail: 'expected the run of these options, got one of another plan',
    });
    expect(run('inspect', 'stack.run').stdout).toMatch(/^ {2}rate +1 \/ 2\^9 from step 2 on$/m);
    const made = done('prove-tuning', 'stack', '--corpus', 'c', '--steps-per-proof', '2');
    expect(made).toMatchObject({ step: 3, steps: 3, made: [{ steps: 2 }, { steps: 1 }] });
    const files = ['stack.2.step', 'stack.3.step'];
    expect(readdirSync(path('stack')).filter((name) => /^(step|weights)/.test(name)).sort()).toEqual(['step-2', 'step-3', 'weights-2', 'weights-3']); // prettier-ignore
    expect(done('verify-tuning', 'stack.run', ...files)).toMatchObject({
      verified: true,
      steps: 3,
      complete: true,
    });
    expect(done('inspect', 'stack.2.step')).toMatchObject({ kind: 'graph step', step: 0, count: 2 });
    expect(run('inspect', 'stack.2.step').stdout).toMatch(/^ {2}steps +0 to 1$/m);
    expect(run('inspect', 'stack.3.step').stdout).toMatch(/^ {2}step +2$/m);
    expect(refused('verify-tuning', 'stack.run', ...files.slice(1))).toMatchObject({ code: 'STEP' });
    expect(run('prove-tuning', 'stack', '--corpus', 'c', '--steps-per-proof', '0').code).toBe(2);
  });

  test('a run that was interrupted is the run that was not: the same checkpoint, byte for byte', () => {
    expect(tune('c', 'copy', '--seed', SEED, '--checkpoint-every', '3')).toMatchObject({
      run: digest,
      made: 2,
    });
    cpSync(path('r'), path('copy2'), { recursive: true });
    expect(tune('c', 'copy2')).toMatchObject({ run: digest, step: 3, made: 1 });
    expect(read('copy/checkpoint-3')).toEqual(read('copy2/checkpoint-3'));
    expect(read('copy.run')).toEqual(read('r.run'));
    expect(read('copy/loss.csv')).toEqual(read('copy2/loss.csv'));
    expect(tune('c', 'copy')).toMatchObject({ step: 3, made: 0 });
    const [head, ...lines] = read('copy/loss.csv').toString().trim().split('\n');
    expect(head).toBe('step,epoch,rate,loss,right');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^2,0,1,\d\.\d{6},\d+$/);
    expect(read('copy/loss.svg').toString()).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  test('inspect shows key, run and step; budget counts proofs', () => {
    expect(done('inspect', 'c.key')).toMatchObject({ kind: 'group key', label: 'D', groupKey: { digest: corpus } }); // prettier-ignore
    const said = { kind: 'graph run', digest, steps: 3, tokens: 49, corpus: { digest: corpus } };
    expect(done('inspect', 'r.run')).toMatchObject(said);
    const step = done('inspect', 'r.2.step') as { parts: { bytes: number }[]; bytes: number };
    expect(step).toMatchObject({ kind: 'graph step', run: digest, step: 1, output: { digest: weights } });
    expect(step.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(step.bytes);
    expect(run('inspect', 'r.run').stdout).toMatch(
      /announces[\s\S]*3 steps of 3 sequences of 4 of 49 tokens/,
    );
    expect(run('inspect', 'r.2.step').stdout).toContain('once verified');
    const { weights: states } = done('budget', 'r') as { weights: { step: number; proofsLeft: number }[] };
    expect(states.map(({ step }) => step)).toEqual([1, 2]);
    expect(states.every(({ proofsLeft }) => proofsLeft >= 1)).toBe(true);
    expect(run('budget', 'r').stdout).toMatch(/^behind 1 step {3}\d+ proofs left\nbehind 2 steps/);
    const { epochs } = done('budget', 'c') as { epochs: { generation: number }[] };
    expect(epochs[0]?.generation).toBeGreaterThanOrEqual(2); // one a step, and perhaps one that was killed
  });

  test('weights of the seed, which everybody draws; a run from the weights of another', () => {
    const seed = '6b'.repeat(32);
    const later = tune('c', 'later', '--seed', seed, '--until', '1');
    expect(later).toMatchObject({ step: 1 });
    expect(later['start']).toBeUndefined();
    expect(existsSync(path('later/weights-0'))).toBe(false);
    // Who has the run file alone comes to the same first loss.
    const { run: announced, batch } = readGraphRun(read('later.run'));
    const { graph, plan, start } = announced;
    const state = drawnState(graph, plan, { ...(start as StartBounds), seed: Buffer.from(seed, 'hex') });
    const tokens = tokensOf(TUNING_TOKENS, batch(0));
    const first = graphStep(graph, plan, state, tokens, { hidden: true });
    const { loss } = measure(first.forward.output.data, Int32Array.from(tokens.targets));
    expect(read('later/loss.csv').toString()).toContain(`0,0,1,${loss.toFixed(6)},`);
    const more = tune('c', 'more', '--start', 'r', '--until', '1');
    expect(more).toMatchObject({ start: weights, step: 1 });
    expect(tune('c', 'more', '--start', 'r', '--until', '1')).toMatchObject({ run: more['run'], made: 0 });
    expect(done('prove-tuning', 'more', '--corpus', 'c')).toMatchObject({ step: 1 });
    const verdict = done('verify-tuning', 'more.run', 'more.1.step');
    expect(verdict).toMatchObject({ verified: true, start: weights, steps: 1 });
    const none = wrong(2, 'tune', ...MODEL, '--corpus', 'c', '-o', 'none', '--start', 'later');
    expect(none).toMatchObject({ code: 'CHAIN', stage: 'later' });
    expect(wrong(2, 'tune', ...MODEL, '--corpus', 'c', '-o', 'r', '--start', 'more').code).toBe('RUN');
  });

  test('a trainer that is killed while it announces, or trains, goes on', async () => {
    const args = ['tune', ...MODEL, '--corpus', 'c', '-o', 'k', '--seed', SEED];
    await killed(args, () => existsSync(path('k/graph.json')));
    expect(tune('c', 'k', '--seed', SEED)).toMatchObject({ step: 3 });
    const long = ['tune', 'model.json', '--plan', 'long.json', '--corpus', 'c', '--checkpoint-every', '5'];
    writeFileSync(path('long.json'), tuningPlan({ steps: 3000 }));
    await killed([...long, '-o', 'l'], () => existsSync(path('l/checkpoint-10')));
    const steps = readdirSync(path('l')).flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? []);
    const last = Math.max(...steps.map(Number));
    expect(last).toBeLessThan(3000);
    const { made } = done(...long, '-o', 'l', '--until', String(last + 10)) as { made: number };
    expect(made).toBeLessThanOrEqual(10);
  });
});

describe('verify-tuning refuses, exit code 1', () => {
  const verify = (...files: string[]): Told => refused('verify-tuning', 'r.run', ...files);
  const [first, second] = STEPS;

  test('another order, a step left out, one twice', () => {
    expect(verify(second, first)).toMatchObject({ code: 'STEP', stage: `${second}: step file` });
    expect(verify(second)).toMatchObject({ code: 'STEP' });
    expect(verify(first, first)).toMatchObject({ code: 'STEP', stage: `${first}: step file` });
  });
  test('a changed byte, a file cut short, a file that goes on, another file', () => {
    const bytes = read(first);
    const change = (changed: Uint8Array): Told => {
      writeFileSync(path('x.step'), changed);
      return verify('x.step');
    };
    const at = bytes.length - 1000;
    expect(change(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))).stage).toContain('x.step');
    expect(change(bytes.subarray(0, -1))).toMatchObject({ code: 'LENGTH', stage: 'x.step: step file' });
    expect(change(bytes.subarray(0, 4))).toMatchObject({ code: 'FORMAT' });
    expect(change(Buffer.concat([bytes, Buffer.alloc(1)]))).toMatchObject({ code: 'LENGTH' });
    expect(verify('c.key')).toMatchObject({ code: 'FORMAT' });
    expect(refused('verify-tuning', first, first)).toMatchObject({
      code: 'FORMAT',
      stage: first,
      detail: 'expected a run of training a graph, got a step of training a graph',
    });
    expect(refused('verify-training', 'r.run')).toMatchObject({ code: 'FORMAT', stage: 'r.run' });
    const tuned = refused('verify-tuned', first, '--run', 'r.run', '--steps', ...STEPS);
    expect(tuned).toMatchObject({ stage: first, detail: expect.stringMatching(/^expected a proof file, got a step/) as string }); // prettier-ignore
  });
  test('another run, corpus or seed than the caller knows, fewer steps', () => {
    const other = '00'.repeat(32);
    expect(verify(first, '--digest', other)).toMatchObject({ code: 'RUN' });
    expect(verify(first, '--corpus', other)).toMatchObject({ code: 'CORPUS' });
    expect(verify(first, '--seed', other)).toMatchObject({ code: 'SEED' });
    expect(verify(first, '--steps', '2')).toMatchObject({ code: 'STEPS' });
  });
  test('a step of another plan, of another run over the same corpus, posed as one of this', () => {
    writeFileSync(path('rate.json'), tuningPlan({ rate: 2 }));
    const args = ['tune', 'model.json', '--plan', 'rate.json', '--corpus', 'c', '-o', 'rate', '--until', '1'];
    done(...args, '--seed', SEED);
    done('prove-tuning', 'rate', '--corpus', 'c');
    expect(done('verify-tuning', 'rate.run', 'rate.1.step')).toMatchObject({ verified: true });
    expect(verify('rate.1.step')).toMatchObject({ code: 'RUN' });
    const posed = { ...decodeGraphStep(read('rate.1.step')), run: decodeGraphStep(read(first)).run };
    writeFileSync(path('posed.step'), encodeGraphStep(posed));
    expect(verify('posed.step')).toMatchObject({ code: 'WEIGHTS' });
    const { input } = decodeGraphStep(read(first));
    writeFileSync(path('posed.step'), encodeGraphStep({ ...posed, input }));
    expect(verify('posed.step').stage).toContain('posed.step');
  });
});

describe('a corpus with one other token', () => {
  beforeAll(() => {
    writeFileSync(path('other.npy'), npyWords(TUNING_TOKENS.map((id, i) => (i === 20 ? (id + 1) % 12 : id))));
    commit('other', 'other.npy');
    tune('other', 'o', '--seed', SEED, '--until', '1');
    done('prove-tuning', 'o', '--corpus', 'other');
  });
  test('its steps are none of the run', () => {
    const own = done('verify-tuning', 'o.run', 'o.1.step');
    expect(own).toMatchObject({ verified: true, steps: 1 });
    expect(own['corpus']).not.toBe(corpus);
    expect(refused('verify-tuning', 'r.run', 'o.1.step')).toMatchObject({ code: 'RUN' });
    expect(refused('verify-tuning', 'o.run', 'o.1.step', '--corpus', corpus)).toMatchObject({
      code: 'CORPUS',
    });
  });
  test('no run goes on over it; a run of another plan, model or seed', () => {
    const other = ['tune', ...MODEL, '--corpus', 'other', '-o', 'r'];
    expect(wrong(2, ...other)).toMatchObject({ code: 'CORPUS', stage: 'r' });
    expect(wrong(2, 'prove-tuning', 'r', '--corpus', 'other')).toMatchObject({ code: 'CORPUS', stage: 'r' });
    writeFileSync(path('four.json'), tuningPlan({ steps: 4 }));
    const four = ['tune', 'model.json', '--plan', 'four.json', '--corpus', 'c', '-o', 'r'];
    expect(wrong(2, ...four)).toMatchObject({
      code: 'RUN',
      detail: expect.stringContaining('plan') as string,
    });
    writeFileSync(path('wide.json'), read('model.json').toString().replace('"width":4', '"width":8'));
    const wide = ['tune', 'wide.json', '--plan', 'plan.json', '--corpus', 'c', '-o', 'r'];
    expect(wrong(2, ...wide)).toMatchObject({
      code: 'RUN',
      detail: expect.stringContaining('model') as string,
    });
    const seed = ['tune', ...MODEL, '--corpus', 'c', '-o', 'r', '--seed', '00'.repeat(32)];
    expect(wrong(2, ...seed)).toMatchObject({
      code: 'RUN',
      detail: expect.stringContaining('seed') as string,
    });
  });
  test('a step, a checkpoint, weights of another chain', () => {
    const prover = ['prove-tuning', 'mixed', '--corpus', 'c'];
    const restore = (): void => {
      rmSync(path('mixed'), { recursive: true, force: true });
      cpSync(path('r'), path('mixed'), { recursive: true });
    };
    cpSync(path('r.run'), path('mixed.run'));
    const chain = (): Told => wrong(2, ...prover);
    restore();
    cpSync(path('o/step-1'), path('mixed/step-1'));
    expect(chain()).toMatchObject({ code: 'CHAIN', stage: expect.stringContaining('step-1') as string });
    restore();
    rmSync(path('mixed/step-1'));
    expect(chain().detail).toMatch(/expected steps from 0 on, behind which 2 are done, got 1 from step 1 on/);
    restore();
    renameSync(path('mixed/step-2'), path('mixed/step-3'));
    expect(chain()).toMatchObject({ code: 'CHAIN' });
    restore();
    cpSync(path('o/checkpoint-1'), path('mixed/checkpoint-2'));
    expect(chain()).toMatchObject({
      code: 'CHECKPOINT',
      detail: expect.stringContaining('another') as string,
    });
    expect(wrong(2, 'tune', ...MODEL, '--corpus', 'c', '-o', 'mixed')).toMatchObject({ code: 'CHECKPOINT' });
    restore();
    rmSync(path('mixed/weights-2'), { recursive: true });
    cpSync(path('mixed/weights-1'), path('mixed/weights-2'), { recursive: true });
    expect(chain()).toMatchObject({ code: 'CHAIN', stage: expect.stringContaining('weights-2') as string });
    rmSync(path('mixed'), { recursive: true });
  });
  test('a start that does not fit leaves nothing', () => {
    writeFileSync(
      path('heavy.json'),
      tuningPlan({ momentum: true, gradient: { fraction: 8 }, ratePlaces: 11 }),
    );
    const args = ['tune', 'model.json', '--plan', 'heavy.json', '--corpus', 'c', '-o', 'heavy'];
    expect(wrong(2, ...args, '--start', 'r')).toMatchObject({ code: 'KEY_LAYOUT' });
    expect(existsSync(path('heavy'))).toBe(false);
  });
  test('a start whose place is another one, or gone', () => {
    tune('c', 'heir', '--start', 'r', '--until', '1');
    const prover = ['prove-tuning', 'heir', '--corpus', 'c'];
    const kept = JSON.parse(read('heir/start.json').toString()) as object;
    writeFileSync(path('heir/start.json'), JSON.stringify({ ...kept, step: 1 }));
    expect(wrong(2, ...prover)).toMatchObject({
      code: 'CHAIN',
      stage: expect.stringContaining('weights-1') as string,
    });
    rmSync(path('heir/start.json'));
    expect(wrong(2, ...prover)).toMatchObject({ code: 'CHAIN', stage: 'heir' });
    writeFileSync(path('heir/start.json'), JSON.stringify(kept));
    expect(done(...prover)).toMatchObject({ step: 1 });
  });
});

describe('answers', () => {
  const verify = (...args: string[]): Told => refused('verify-tuned', ...args);
  const custody = ['--run', 'r.run', '--steps', ...STEPS];
  let completions: number[][];
  beforeAll(() => {
    const made = alone('prove-tuned', 'r', '--prompt', '7,3', '--tokens', '2', '-o', 'a.zkp', '--context', 'request 7'); // prettier-ignore
    completions = made['completions'] as number[][];
    expect(made).toMatchObject({ run: digest, step: 2, weights });
    writeFileSync(path('prompts.json'), '[[7, 3]]');
    const hidden = ['--prompts', 'prompts.json', '--private-prompt', '--tokens', '1', '-o', 'hidden.zkp'];
    done('prove-tuned', 'r', ...hidden, '--reveal-logits');
  });

  test('one line of custody from the corpus to the tokens', () => {
    const expected = ['--context', 'request 7', '--corpus', corpus, '--digest', digest, '--prompt', '7,3'];
    const tokens = ['--completion', completions[0]!.join()];
    const verdict = done('verify-tuned', 'a.zkp', ...custody, ...expected, ...tokens);
    const sequences = [{ prompt: [7, 3], completion: completions[0] }];
    expect(verdict).toMatchObject({ verified: true, run: digest, step: 2, weights, sequences });
    const known = done(
      'verify-tuned',
      'a.zkp',
      '--run',
      'r.run',
      '--steps',
      'r.2.step',
      '--weights',
      weights,
    );
    expect(known).toMatchObject({ verified: true, sequences });
    expect(known['step']).toBeUndefined();
    expect(run('verify-tuned', 'a.zkp', ...custody).stdout).toMatch(
      /^verified: the weights behind 2 proven steps chose these tokens/,
    );
    expect(done('inspect', 'a.zkp')).toMatchObject({ kind: 'answer' });
  });
  test('a private prompt is in no output; logits are, where they are shown', () => {
    const verdict = done('verify-tuned', 'hidden.zkp', ...custody);
    expect(verdict).toMatchObject({ sequences: [{ prompt: { privateTokens: 2 } }] });
    const [{ values }] = verdict['logits'] as [{ values: number[] }];
    expect(values).toHaveLength(12);
    expect(run('verify-tuned', 'hidden.zkp', ...custody).stdout).toMatch(/prompt +private, 2 tokens/);
  });
  test('other prompts, tokens, context, weights; steps that do not reach the weights', () => {
    expect(verify('a.zkp', ...custody, '--prompt', '7,4').code).toBe('PROMPT');
    expect(verify('hidden.zkp', ...custody, '--prompt', '7,3').code).toBe('PROMPT');
    expect(verify('a.zkp', ...custody, '--completion', '1').code).toBe('COMPLETION');
    expect(verify('a.zkp', ...custody, '--context', 'request 8').code).toBe('CONTEXT');
    expect(verify('a.zkp', '--run', 'r.run', '--steps', 'r.1.step').code).toBe('WEIGHTS');
    const one = ['a.zkp', '--run', 'r.run', '--steps', 'r.1.step', '--weights'];
    expect(verify(...one, weights).code).toBe('WEIGHTS');
    expect(verify('a.zkp', '--run', 'r.run', '--steps', ...[...STEPS].reverse())).toMatchObject({
      code: 'STEP',
      stage: 'r.2.step: step file',
    });
    expect(verify('a.zkp', '--run', 'o.run', '--steps', ...STEPS).code).toBe('RUN');
    expect(verify('a.zkp', ...custody, '--corpus', '00'.repeat(32)).code).toBe('CORPUS');
    expect(verify('r.1.step', ...custody).code).toBe('FORMAT');
    writeFileSync(path('x.zkp'), read('a.zkp').subarray(0, -1));
    expect(verify('x.zkp', ...custody).code).toBe('LENGTH');
  });
  test('wrong use, before anything is spent', () => {
    const before = readdirSync(path('r/weights-2')); // a proof leaves a record
    const ask = (...args: string[]): Told => wrong(2, 'prove-tuned', 'r', '-o', 'b.zkp', ...args);
    expect(ask().stage).toBe('prompt');
    expect(ask('--prompt', '7', '--prompts', 'prompts.json').stage).toBe('prompt');
    expect(ask('--prompt', '7;3')).toMatchObject({ code: 'PROMPT' });
    expect(ask('--prompt', '7,99')).toMatchObject({ code: 'TOKEN' });
    expect(ask('--prompt', '1,2,3,4,5')).toMatchObject({ code: 'CONTEXT' });
    expect(ask('--prompt', '7', '--step', '3')).toMatchObject({ code: 'CHAIN' });
    writeFileSync(path('bad.json'), '[[1, "x"]]');
    expect(ask('--prompts', 'bad.json')).toMatchObject({ code: 'PROMPT', stage: 'bad.json' });
    expect(wrong(2, 'prove-tuned', 'r', '--prompt', '7', '-o', 'a.zkp').code).toBe('FILE_EXISTS');
    const two = ['--run', 'r.run', '--steps', ...STEPS, '--weights', weights];
    expect(wrong(2, 'verify-tuned', 'a.zkp', ...two)).toMatchObject({ stage: 'steps' });
    expect(readdirSync(path('r/weights-2'))).toEqual(before);
  });
  test('weights in the middle of a run keep the proofs that the run needs', () => {
    const ask = (out: string): string[] => ['prove-tuned', 'o', '--prompt', '1', '--tokens', '1', '-o', out];
    const made = done(...ask('m0.zkp'));
    expect(made).toMatchObject({ step: 1 });
    for (let left = made['answersLeft'] as number, i = 1; left > 2; left--, i++) done(...ask(`m${i}.zkp`));
    expect(wrong(1, ...ask('b.zkp'))).toMatchObject({ code: 'BUDGET_KEPT' });
    tune('other', 'o');
    expect(done('prove-tuning', 'o', '--corpus', 'other', '--until', '2')).toMatchObject({ step: 2 });
  });
});
