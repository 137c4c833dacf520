/**
 * A hidden linear model answers, and proves it.
 *
 * The owner of 16 linear models (16 rows of 16,384 secret weights) commits to them once. For a public input x anybody may ask
 * model number i for its score <w_i, x>; the answer comes with a proof, and the verifier checks it against the commitment without
 * seeing a weight. Run it with `npm run demo`.
 */
import { quintic } from '../src/field/quintic.ts';
import type { Ext } from '../src/field/field.ts';
import { wasmKernels } from '../src/kernels/index.ts';
import { blake3 } from '../src/hash/blake3.ts';
import { chooseParameters } from '../src/params/choose.ts';
import { budget } from '../src/params/parameters.ts';
import type { PublicClaim } from '../src/pcs/claim-encoding.ts';
import { commitGroup } from '../src/pcs/group-prove.ts';
import {
  LINEAR_KIND,
  linearDomain,
  linearInstance,
  type LinearStatement,
} from '../src/pcs/linear-statement.ts';
import { proveLinear } from '../src/pcs/linear-prove.ts';
import { verifyLinear } from '../src/pcs/linear-verify.ts';
import type { GroupIdentity } from '../src/pcs/opening.ts';
import { freshLongTermSecret, freshProofKey, freshTreeKey } from '../src/random/keys.ts';
import { maskSource } from '../src/random/masks.ts';
import { secretOf } from '../src/secret/secret.ts';
import { domainDigest } from '../src/transcript/statement.ts';

const MODELS = 16;
const INPUTS = 16_384;
const field = quintic;

const say = (text: string): void => console.log(text);
const ms = (since: number): string => `${Math.round(performance.now() - since)} ms`;

// The secret: weights of 14 bits. (Here they are made up; a real owner trains them.)
const weights = Int16Array.from({ length: MODELS * INPUTS }, (_, i) => ((i * 7919) % 16_383) - 8191);
// The public question.
const input = Array.from({ length: INPUTS }, (_, j) => ((j * 31) % 7) - 3);
const model = 5;

const kernels = await wasmKernels();
say(`zkdl: ${MODELS} hidden linear models of ${INPUTS} weights, ${kernels.threads} threads`);

// One column per model: 2^14 cells each. The parameters follow from the sizes; they are refused below 128 bits.
const groups = [
  { name: 'W', lifetime: 'static' as const, cells: weights.length },
  { name: 'AM', lifetime: 'proof' as const, cells: 0 },
];
const workload = {
  ...linearInstance({ groups: [], claims: [{ weight: [], value: field.zero }], context: new Uint8Array(0) }),
  groups,
};
const { parameters, ledger } = chooseParameters(workload, { logData: 14, minProofs: 40 });
const { firstEpoch } = budget(parameters.code);
say(
  `parameters: ${(ledger.worst.tenths ?? 0) / 10} bits, ${firstEpoch} proofs before the weights must be committed again`,
);

// Commit, once.
const longTerm = freshLongTermSecret();
const identity: GroupIdentity = {
  label: 'W',
  group: new Uint8Array(8).fill(1),
  epoch: 0,
  lifetime: 'static',
  columns: MODELS,
  uses: 1,
};
let start = performance.now();
const { key } = freshTreeKey({
  longTerm,
  tree: 'W',
  group: 'linear models',
  epoch: 0,
  codeLength: 4 * INPUTS,
  messageLength: INPUTS + parameters.code.padLength,
});
const group = commitGroup(
  kernels,
  maskSource(key, field),
  parameters,
  identity,
  (first, count) => weights.subarray(first * INPUTS, (first + count) * INPUTS),
  0,
);
say(
  `committed ${weights.length} weights in ${ms(start)}; root ${Buffer.from(group.cap).toString('hex').slice(0, 16)}..`,
);

// Answer: the score and the claim that it is the inner product of column `model` with the public input.
let score = 0;
for (let j = 0; j < INPUTS; j++) score += (weights[model * INPUTS + j] as number) * (input[j] as number);
const asExt = (x: number): Ext => field.fromBase(field.base.fromInt(x));
const claim: PublicClaim = {
  weight: [{ column: model, coefficient: field.one, factors: [{ kind: 'dense', values: input.map(asExt) }] }],
  value: asExt(score), // |score| <= 16384 * 8191 * 3 < 2^29: it cannot wrap
};
const statement: LinearStatement = {
  parameters,
  groups: [{ ...identity, cap: group.cap }],
  claims: [claim],
  context: new TextEncoder().encode('demo'),
};
start = performance.now();
const proofKey = freshProofKey({
  longTerm,
  domainDigest: domainDigest(linearDomain(field, statement)),
  kind: LINEAR_KIND,
  counters: [{ group: 'linear models', used: parameters.code.queries }],
  witnessDigest: secretOf(blake3(new Uint8Array(weights.buffer))),
});
const proof = proveLinear(kernels, statement, [group], maskSource(proofKey, field));
say(`score of model ${model}: ${score}; proved in ${ms(start)}, ${Math.round(proof.length / 1024)} KB`);

// Verify: no weights, no kernels.
start = performance.now();
const verdict = verifyLinear(field, statement, proof);
say(`verified in ${ms(start)}: ${verdict.ok ? 'accepted' : `refused, ${verdict.code}`}`);

// A liar: the same proof for a score that is off by one.
const lie: LinearStatement = { ...statement, claims: [{ ...claim, value: asExt(score + 1) }] };
const caught = verifyLinear(field, lie, proof);
say(`the same proof for ${score + 1}: ${caught.ok ? 'accepted' : `refused, ${caught.code}`}`);

await kernels.close();
if (!verdict.ok || caught.ok) process.exitCode = 1;
