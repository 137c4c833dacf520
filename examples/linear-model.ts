/**
 * A hidden linear model answers, and proves it.
 *
 * The owner of 16 linear models (16 rows of 16,384 secret weights) commits to them once. For a public input x anybody may ask
 * model number i for its score <w_i, x>; the answer comes with a proof, and the verifier checks it against the key of the
 * commitment without seeing a weight. Run it with `npm run demo`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chooseKernels,
  chooseParameters,
  decodeKey,
  keyDigest,
  quintic,
  verifyLinear,
} from '../src/index.ts';
import type { Ext, PublicClaim } from '../src/index.ts';
import { budgetStatus, openHome, proveStored, storeGroup } from '../src/store/index.ts';

const MODELS = 16;
const INPUTS = 16_384;
const QUESTION = 5;

const say = (text: string): void => console.log(text);
const ms = (since: number): string => `${Math.round(performance.now() - since)} ms`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const asExt = (x: number): Ext => quintic.fromBase(quintic.base.fromInt(x));

// The secret: weights of 14 bits. (Here they are made up; a real owner trains them.) And the public question.
const weights = Int16Array.from({ length: MODELS * INPUTS }, (_, i) => ((i * 7919) % 16_383) - 8191);
const input = Array.from({ length: INPUTS }, (_, j) => ((j * 31) % 7) - 3);

const folder = mkdtempSync(join(tmpdir(), 'zkdl-demo-'));
const { kernels, notice } = await chooseKernels();
if (notice !== undefined) say(notice);
try {
  // One column per model: 2^14 cells each. The rest follows from the sizes; a set under 128 bits is refused.
  const { parameters, ledger } = chooseParameters(
    {
      kind: 'program',
      groups: [
        { name: 'W', lifetime: 'static', cells: weights.length },
        { name: 'AM', lifetime: 'proof', cells: 0 },
      ],
      balances: [],
      claims: 1,
      exposed: 0,
      products: 0,
      constraints: 2,
      terms: [],
    },
    { logData: 14, minProofs: 40 },
  );
  say(
    `${MODELS} hidden linear models of ${INPUTS} weights; ${(ledger.worst.tenths ?? 0) / 10} bits of soundness`,
  );

  // Commit, once. What is published is the key; its digest names the commitment.
  let start = performance.now();
  const home = openHome(join(folder, 'home'));
  const read = (first: number, count: number): Int16Array =>
    weights.subarray(first * INPUTS, (first + count) * INPUTS);
  const layout = new Uint8Array(32); // the digest of what the cells mean, for whoever publishes it
  const plan = { label: 'W', lifetime: 'static', columns: MODELS, parameters, layout, logCap: 4 } as const;
  const group = storeGroup(kernels, home, join(folder, 'models'), plan, {
    kind: 'copy',
    read,
  });
  const key = group.keyBytes;
  say(
    `committed ${weights.length} weights in ${ms(start)}; the key has ${key.length} bytes, digest ${hex(keyDigest(key))}`,
  );

  // Answer: the score, and the claim that it is the inner product of column QUESTION with the public input.
  let score = 0;
  for (let j = 0; j < INPUTS; j++) score += (weights[QUESTION * INPUTS + j] as number) * (input[j] as number);
  const claim: PublicClaim = {
    weight: [
      { column: QUESTION, coefficient: quintic.one, factors: [{ kind: 'dense', values: input.map(asExt) }] },
    ],
    value: asExt(score), // |score| <= 16384 * 8191 * 3 < 2^29: it cannot wrap modulo p
  };
  const context = new TextEncoder().encode('demo');
  start = performance.now();
  const { proof } = proveStored(kernels, home, { parameters, groups: [group], claims: [claim], context });
  say(`score of model ${QUESTION}: ${score}; proved in ${ms(start)}, ${Math.round(proof.length / 1024)} KB`);
  say(`${budgetStatus(home, group).proofsLeft} more proofs before the weights must be committed anew`);

  // Verify: from the key, the claim and the proof. No weights, no kernels.
  const verify = (claims: readonly PublicClaim[]) => {
    const { parameters: set, group: committed } = decodeKey(key);
    return verifyLinear(quintic, { parameters: set, groups: [committed], claims, context }, proof);
  };
  start = performance.now();
  const verdict = verify([claim]);
  say(`verified in ${ms(start)}: ${verdict.ok ? 'accepted' : `refused, ${verdict.code}`}`);

  // A liar: the same proof for a score that is off by one.
  const caught = verify([{ ...claim, value: asExt(score + 1) }]);
  say(`the same proof for ${score + 1}: ${caught.ok ? 'accepted' : `refused, ${caught.code}`}`);
  group.close();
  if (!verdict.ok || caught.ok) process.exitCode = 1;
} finally {
  await kernels.close();
  rmSync(folder, { recursive: true, force: true });
}
