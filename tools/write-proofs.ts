/**
 * Writes the proofs of tests/vectors: a whole answer (key, proof file, link to the next epoch of the key), and over toy parameters a
 * proof of every kind. Masks are random, so proofs differ from run to run; what is kept is that these are accepted.
 * `npm run vectors:proofs`
 */
import { writeFileSync } from 'node:fs';
import { wasmKernels } from '../src/kernels/index.ts';
import { smallest } from '../tests/support/answer-models.ts';
import { answering } from '../tests/support/twin-answers.ts';
import { twinCases } from '../tests/support/twin-cases.ts';
import { programTwinCases } from '../tests/support/twin-program-cases.ts';

const kernels = await wasmKernels({ threads: 1 });
const model = answering(kernels, smallest(1));
const request = { prompts: [[1, 2], [3]], tokens: 3, choice: 'greedy' } as const; // prettier-ignore
const hiding = { ...request, hidden: [0], reveal: [{ sequence: 1, position: 2 }] };
const files = {
  'answer.key': model.key,
  'answer.zkp': model.answer(request),
  'answer-private.zkp': model.answer(hiding),
  'answer.link': model.link(),
};
model.close();
for (const [name, bytes] of Object.entries(files)) writeFileSync(`tests/vectors/${name}`, bytes);
const toys = [...twinCases(kernels), ...programTwinCases(kernels)].filter(
  ({ name }) => !name.includes('S128'),
);
const proofs = toys.map(({ name, proofs: [proof] }) => ({
  name,
  proof: Buffer.from(proof as Uint8Array).toString('base64'),
}));
writeFileSync('tests/vectors/proofs.json', `${JSON.stringify({ proofs }, null, 1)}\n`);
console.log(proofs.map(({ name, proof }) => `${name}: ${proof.length}`).join('\n'));
await kernels.close();
