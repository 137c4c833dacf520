/**
 * The simulator of spec/zero-knowledge.md for programs: a statement, challenges and coins in, a proof out. In front of the opening
 * it does what the verifier does, and where the verifier reads a masked value it takes a coin: it has no cell to look at.
 */
import type { Kernels } from '../../src/kernels/index.ts';
import type { MaskedValue } from '../../src/pads/affine.ts';
import type { PadLedger } from '../../src/pads/ledger.ts';
import { verifySumcheck } from '../../src/pads/sumcheck-verify.ts';
import type { Claim } from '../../src/pcs/opening.ts';
import { claimOf, columnsOfProgram, joinClaims, multiplicityClaim } from '../../src/relation/arguments.ts';
import { expandClaims } from '../../src/relation/expand.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programPlan } from '../../src/relation/plan.ts';
import { placeSegments, productEnd } from '../../src/relation/product.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { verifyLookups } from '../../src/tlookup/verify.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import type { Challenger } from '../../src/transcript/transcript.ts';
import type { VerifierChannel } from '../../src/transcript/verifier.ts';
import { simulateProof, type Argument, type Coins, type Send, type SimulatedRows } from './simulator.ts';

/** @param ahead the same challenges as the channel gives */
export function simulateProgram(
  kernels: Kernels,
  ch: ProverChannel,
  statement: ProgramStatement,
  groups: readonly SimulatedRows[],
  ahead: Challenger,
  coins: Coins,
): void {
  const { compiled, parameters } = statement;
  const { count } = columnsOfProgram(compiled, parameters.code.logData);
  const simulation = {
    parameters,
    plan: programPlan(compiled, parameters, count),
    groups,
    ownColumns: columnsOf(compiled.own, parameters.code.logData),
    claims: argumentOf(statement),
    ahead,
  };
  simulateProof(kernels, ch, simulation, coins);
}

/** Messages of lookups and products, and the claims that are left. */
function argumentOf({ compiled, parameters }: ProgramStatement): Argument {
  return (ch, ledger, send) => {
    const { algebra } = ledger;
    const coins = readsCoins(ch, ledger, send);
    const columns = columnsOfProgram(compiled, parameters.code.logData);
    const lookup = compiled.lookups && verifyLookups(coins.ledger, coins.channel, compiled.lookups.lookups);
    const joined = joinClaims(algebra, ch, compiled, lookup);
    const { constant, linear, segments } = expandClaims(ch.field, joined.claims);
    const rest = algebra.sub(joined.value, algebra.constant(constant));
    const claims: Claim[] = [];
    if (compiled.productVars === undefined) claims.push(claimOf(algebra, compiled, columns, linear, rest));
    else {
      const placement = placeSegments(segments, compiled.productVars);
      const total = algebra.value(send('product/sum', 1)[0] as MaskedValue);
      const { point, claim } = verifySumcheck(
        coins.ledger,
        coins.channel,
        'product',
        compiled.productVars,
        total,
      );
      const [a, b] = send('product/values', 2) as [MaskedValue, MaskedValue];
      ledger.assertZero(algebra.sub(claim, ledger.multiply(a, b)));
      const { first, second } = productEnd(ch.field, placement, point);
      claims.push(
        claimOf(algebra, compiled, columns, linear, algebra.sub(rest, total)),
        claimOf(algebra, compiled, columns, first, algebra.value(a)),
        claimOf(algebra, compiled, columns, second, algebra.value(b)),
      );
    }
    if (lookup !== undefined) claims.push(multiplicityClaim(compiled, columns, lookup.multiplicities));
    return claims;
  };
}

/** A verifier's channel and ledger for its rounds: what it reads is a coin, sent and recorded on the way. */
function readsCoins(
  ch: ProverChannel,
  ledger: PadLedger,
  send: Send,
): { readonly channel: VerifierChannel; readonly ledger: PadLedger } {
  const sent: MaskedValue[] = [];
  const channel = {
    ...ch,
    readExts(label: string, count: number) {
      const values = send(label, count);
      sent.push(...values);
      return values.map(({ masked }) => masked);
    },
  } as unknown as VerifierChannel;
  // The coin is in the book already: the verifier's own record of it is that one.
  return { channel, ledger: { ...ledger, record: () => sent.shift() as MaskedValue } };
}
