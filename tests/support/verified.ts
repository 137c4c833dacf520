/** Runs a scenario's proof over the real channel and verifies it: a planted leak must not show there. */
import { referenceKernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { verifyPadProof } from '../../src/pads/proof-verify.ts';
import { verdictOf, type Verdict } from '../../src/pcs/linear-verify.ts';
import { verifyLinkBody } from '../../src/pcs/link-verify.ts';
import { verifyOpening } from '../../src/pcs/open-verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import {
  claimWeight,
  openingPlan,
  proofCells,
  runProof,
  type CellsOf,
  type ProofOf,
  type Scenario,
} from './hiding.ts';
import { applyWeight } from './linear.ts';
import { coordinateName, type Words } from './tape.ts';
import { testDomain } from './transcript.ts';
import { generator } from './words.ts';

/** Uniform words, the same for the same name. */
export function seededWords(seed: number, modulus: number): Words & ((at: string) => number) {
  const known = new Map<string, number>();
  const next = generator(seed);
  return (at) => {
    const name = typeof at === 'string' ? at : coordinateName(at);
    if (!known.has(name)) known.set(name, next() % modulus);
    return known.get(name) as number;
  };
}

export function seededCells(seed: number, modulus: number): CellsOf {
  const words = seededWords(seed, modulus);
  return (owner, i) => words(`${owner}/${i}`);
}

/** Proves with random words and cells, with real hashing and challenges; the verifier's answer and the proof. */
export function proveAndVerify(
  scenario: Scenario,
  proof: ProofOf,
  seed: number,
): { readonly verdict: Verdict; readonly bytes: Uint8Array } {
  const kernels = referenceKernels(scenario.kernels.ext);
  const field = kernels.ext;
  const p = field.base.modulus;
  const cells = seededCells(seed + 1, Math.min(p, 2 ** 14));
  const domain = testDomain(field);
  const ch = proverChannel(domain);
  const { parameters, groups } = runProof({ ...scenario, kernels }, proof, seededWords(seed, p), cells, ch);
  const bytes = ch.finish();

  if (proof.link === true) {
    const [older, newer] = groups.map(({ identity, cap }) => ({ ...identity, cap }));
    const verdict = verdictOf(() => {
      const channel = verifierChannel(domain, bytes);
      verifyLinkBody(channel, { parameters, older: older!, newer: newer!, context: new Uint8Array(0) });
      channel.finish();
    });
    return { verdict, bytes };
  }
  const all = proofCells(scenario, proof, cells);
  const { logData } = scenario.code;
  const columns = all.length / 2 ** logData;
  const weight = claimWeight(field, logData, columns, proof.claimSeed);
  const algebra = affineAlgebra(field);
  const value = algebra.constant(applyWeight(field, weight, all, logData));
  const verdict = verdictOf(() => {
    const channel = verifierChannel(domain, bytes);
    const ledger = createPadLedger(algebra, openingPlan(scenario.code, columns));
    const ownRoot = channel.readDigest('root/AM');
    const padRoot = channel.readDigest('root/PAD');
    const committed = groups.map(({ identity, cap }) => ({ ...identity, cap }));
    const trees = { parameters, groups: committed, ownColumns: proof.ownColumns, ownRoot };
    verifyOpening(channel, ledger, trees, [{ weight, value }]);
    verifyPadProof(channel, parameters.pads, padRoot, ledger.finish());
    channel.finish();
  });
  return { verdict, bytes };
}
