/**
 * The main job, once through: the model in the box is imported, committed, asked, and its answer proven and verified; then one
 * token of the answer is changed, and the proof is refused. Run it with `npm run demo`; every step names the command that does
 * the same.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeAnswer, encodeAnswer } from '../src/answer/envelope.ts';
import type { Sequence } from '../src/answer/statement.ts';
import { chooseKernels } from '../src/index.ts';
import { openHome } from '../src/store/index.ts';
import {
  commitToFolder,
  importModel,
  proveText,
  verifyFile,
  type FileVerdict,
  type OnStep,
  type ProvenSequence,
} from '../src/verbs/index.ts';

const MODEL = 'models/zkdl-3m';
const PROMPT = 'It is a truth universally';
const TOKENS = 32;

const say = (text: string): void => console.log(text);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const kilobytes = (file: string): string => `${Math.round(statSync(file).size / 1000)} KB`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

let step = '';
const onStep: OnStep = (name) => {
  if (name !== step) process.stderr.write(`    .. ${name}\n`);
  step = name;
};
const tell = (verdict: FileVerdict): string =>
  verdict.ok ? 'verified' : `refused (${verdict.code} at ${verdict.stage})`;

const folder = mkdtempSync(join(tmpdir(), 'zkdl-demo-'));
const at = (name: string): string => join(folder, name);
const start = performance.now();
const { kernels, notice } = await chooseKernels();
if (notice !== undefined) say(notice);
try {
  const home = openHome(at('home'));

  say(`\nzkdl import ${MODEL} -o story.zkq`);
  let since = performance.now();
  const imported = await importModel(kernels, {
    from: fileURLToPath(new URL(`../../${MODEL}`, import.meta.url)),
    out: at('story.zkq'),
    samples: {
      calibrationSamples: { sequences: 3, tokens: 256 },
      evaluationSamples: { sequences: 3, tokens: 256 },
    },
    onStep,
  });
  const { report } = imported.model.info;
  say(
    `  ${imported.parameters} parameters became integers in ${seconds(since)}; on ${report.tokens} tokens the`,
  );
  say(`  integer model differs from the float model by ${report.klNano / 1e9} nats a token`);

  say('\nzkdl commit story.zkq -o story');
  since = performance.now();
  const committed = await commitToFolder(kernels, home, { model: at('story.zkq'), out: at('story'), onStep });
  say(`  committed in ${seconds(since)}; the key has ${kilobytes(at('story.key'))} and the digest`);
  say(`  ${hex(committed.digest)}`);

  say(`\nzkdl prove story --prompt "${PROMPT}" --tokens ${TOKENS} --temperature 0.8 -o answer.zkp`);
  const proven = await proveText(kernels, home, {
    folder: at('story'),
    prompt: PROMPT,
    tokens: TOKENS,
    temperature: 0.8,
    out: at('answer.zkp'),
    onStep,
  });
  const [{ text, completion: tokens }] = proven.sequences as [ProvenSequence];
  for (const line of `${PROMPT}${text}`.split('\n')) say(`  | ${line}`);
  say(`  ${tokens.length} tokens, generated in ${proven.seconds['generating']} s and proven in`);
  say(
    `  ${proven.seconds['proving']} s; the proof has ${kilobytes(at('answer.zkp'))}, ${proven.proofsLeft} more are left`,
  );

  say('\nzkdl verify answer.zkp --key story.key --tokenizer story.tokenizer.json');
  const question = { key: at('story.key'), tokenizer: at('story.tokenizer.json'), prompt: PROMPT };
  const verdict = await verifyFile({ proof: at('answer.zkp'), ...question });
  say(`  ${tell(verdict)}${verdict.ok ? ` in ${verdict.milliseconds} ms` : ''}`);

  say('\nThe same proof for an answer with one other token:');
  const answer = decodeAnswer(readFileSync(at('answer.zkp')));
  const [sequence] = answer.statement.sequences as [Sequence];
  const completion = sequence.completion.map((id, i) =>
    i === 5 ? (id + 1) % imported.model.info.vocab : id,
  );
  const statement = { ...answer.statement, sequences: [{ ...sequence, completion }] };
  writeFileSync(at('changed.zkp'), encodeAnswer({ ...answer, statement }));
  const caught = await verifyFile({ proof: at('changed.zkp'), ...question });
  say(`  ${tell(caught)}`);

  say(`\n${seconds(start)} in all`);
  if (!verdict.ok || caught.ok) process.exitCode = 1;
} finally {
  await kernels.close();
  rmSync(folder, { recursive: true, force: true });
}
