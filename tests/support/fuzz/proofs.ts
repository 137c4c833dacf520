/** Fuzz targets that end in a verdict: proofs of openings, links and programs. */
import { quintic } from '../../../src/field/quintic.ts';
import { refuse } from '../../../src/errors/proof-error.ts';
import type { Verdict } from '../../../src/pcs/linear-verify.ts';
import { verifyChain } from '../../../src/pcs/chain.ts';
import { corpus } from '../soundness/corpus.ts';
import { verifyClaim, verifyStored } from '../soundness/program-statements.ts';
import { verifyStatement } from '../soundness/statements.ts';
import type { Target } from './target.ts';

/** Only proofs that the prover made are accepted; they are what an accepted one encodes to. */
function verdictTarget(
  name: string,
  seeds: readonly Uint8Array[],
  cases: number,
  verify: (proof: Uint8Array) => Verdict,
): Target {
  return {
    name,
    seeds,
    cases,
    read: (bytes) => {
      const verdict = verify(bytes);
      if (!verdict.ok) return refuse(verdict.code, verdict.stage, verdict.detail);
      return seeds.find((seed) => Buffer.from(seed).equals(Buffer.from(bytes))) ?? new Uint8Array(0);
    },
  };
}

export async function proofTargets(): Promise<Target[]> {
  const { fixtures, programs, chains } = await corpus();
  const [first] = fixtures;
  const link = fixtures.find(({ name }) => name === 'link') ?? fixtures[fixtures.length - 1]!;
  const { trusted, links } = chains.honest;
  return [
    verdictTarget('opening-proof', first!.proofs, 60, (proof) =>
      verifyStatement(quintic, first!.statement, proof),
    ),
    verdictTarget('link-proof', link.proofs, 60, (proof) => verifyStatement(quintic, link.statement, proof)),
    ...programs.map(({ statement, proofs }, i) =>
      verdictTarget(`program-proof-${i}`, proofs, 40, (proof) =>
        i === 0 ? verifyClaim(statement, proof) : verifyStored(statement, proof),
      ),
    ),
    verdictTarget('chain-key', [trusted], 100, (bytes) => {
      const verdict = verifyChain(quintic, bytes, links.slice(0, 1));
      return verdict.ok ? { ok: true } : verdict;
    }),
  ];
}
