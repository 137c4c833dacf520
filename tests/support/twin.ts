/** Statements of src/ for the reference twin, and both verdicts on one proof as one word: a code, `accepted` or `malformed`. */
import { algebraOf, type Algebra } from '../../reference/algebra.ts';
import type { Factor, PublicClaim, Weight } from '../../reference/claims.ts';
import { checkParameters, checkToyParameters } from '../../reference/gate.ts';
import * as linear from '../../reference/linear.ts';
import * as link from '../../reference/link.ts';
import type * as lookup from '../../reference/lookup-program.ts';
import type { Verdict } from '../../reference/refusal.ts';
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import { checkParameters as checkOurs, unsafeCheckToyParameters } from '../../src/params/check.ts';
import type { Instance } from '../../src/params/instance.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { S128 } from '../../src/params/profile.ts';
import type { PublicClaim as OurClaim } from '../../src/pcs/claim-encoding.ts';
import {
  checkLinearStatement,
  linearDomain,
  linearInstance,
  type LinearStatement,
} from '../../src/pcs/linear-statement.ts';
import { verdictOf, verifyLinearBody, type Verdict as OurVerdict } from '../../src/pcs/linear-verify.ts';
import {
  checkLinkStatement,
  linkDomain,
  linkInstanceOf,
  type LinkStatement,
} from '../../src/pcs/link-statement.ts';
import { verifyLinkBody } from '../../src/pcs/link-verify.ts';
import type { Factor as OurFactor, Weight as OurWeight } from '../../src/pcs/weight.ts';
import type { LookupProgram, TableColumn } from '../../src/tlookup/shape.ts';
import type { Observer } from '../../src/transcript/transcript.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';

export function twinField(field: ExtensionField): Algebra {
  return algebraOf({ p: BigInt(field.base.modulus), low: field.modulusLow.map(BigInt) });
}

export function twinExt(x: Ext): bigint[] {
  return x.map(BigInt);
}

function twinFactor(factor: OurFactor): Factor {
  switch (factor.kind) {
    case 'eq':
      return { kind: 'eq', point: factor.point.map(twinExt) };
    case 'pairs':
      return { kind: 'pairs', pairs: factor.pairs.map(([a, b]) => [twinExt(a), twinExt(b)] as const) };
    case 'dense':
      return { kind: 'dense', values: factor.values.map(twinExt) };
    case 'sparse':
      return { ...factor, entries: factor.entries.map(([i, x]) => [i, twinExt(x)] as const) };
    default:
      return factor;
  }
}

export function twinWeight(weight: OurWeight): Weight {
  return weight.map(({ column, coefficient, factors }) => ({
    column,
    coefficient: twinExt(coefficient),
    factors: factors.map(twinFactor),
  }));
}

export function twinClaims(claims: readonly OurClaim[]): PublicClaim[] {
  return claims.map(({ weight, value }) => ({ weight: twinWeight(weight), value: twinExt(value) }));
}

/** Columns of tables in bigints. */
export function twinTables(
  tables: readonly { readonly columns: readonly TableColumn[] }[],
): lookup.TableColumn[][] {
  return tables.map(({ columns }) =>
    columns.map((column) =>
      column.kind === 'range'
        ? { kind: 'range', first: BigInt(column.first) }
        : { kind: 'dense', values: Array.from(column.values, BigInt) },
    ),
  );
}

export function twinProgram({ tables, balances }: LookupProgram): lookup.LookupProgram {
  const columns = twinTables(tables);
  return {
    balances,
    tables: tables.map(({ tag, rows }, t) => ({ tag: BigInt(tag), rows, columns: columns[t]! })),
  };
}

/** What a verifier says. */
export function wordOf(run: () => Verdict | OurVerdict): string {
  try {
    const verdict = run();
    return verdict.ok ? 'accepted' : verdict.code;
  } catch (error) {
    if (error instanceof RangeError) return 'malformed';
    throw error;
  }
}

/** The gate of src/ for sets over S128, and what is left of it for toys. */
export function checkAny(parameters: Parameters, instance: Instance): void {
  if (parameters.profile.id === S128.id) checkOurs(parameters, instance);
  else unsafeCheckToyParameters(parameters, instance);
}

/** The same of the twin. */
export const twinGate: linear.Gate = (parameters, demand) => {
  if (parameters.profile.id === 1) checkParameters(parameters, demand);
  else checkToyParameters(parameters, demand);
};

/** `verifyLinear` of src/, for toys as well. */
export function linearWord(
  field: ExtensionField,
  statement: LinearStatement,
  proof: Uint8Array,
  observer?: Observer,
): string {
  return wordOf(() => {
    checkLinearStatement(field, statement);
    return verdictOf(() => {
      checkAny(statement.parameters, linearInstance(statement));
      const ch = verifierChannel(linearDomain(field, statement), proof, observer);
      verifyLinearBody(ch, statement);
      ch.finish();
    });
  });
}

export function twinLinearWord(field: ExtensionField, statement: LinearStatement, proof: Uint8Array): string {
  const twin = { ...statement, claims: twinClaims(statement.claims) };
  return wordOf(() => linear.verifyLinear(twinField(field), twin, proof, twinGate));
}

/** `verifyLink` of src/, for toys as well. */
export function linkWord(
  field: ExtensionField,
  statement: LinkStatement,
  proof: Uint8Array,
  observer?: Observer,
): string {
  return wordOf(() => {
    checkLinkStatement(field, statement);
    return verdictOf(() => {
      checkAny(statement.parameters, linkInstanceOf(statement));
      const ch = verifierChannel(linkDomain(field, statement), proof, observer);
      verifyLinkBody(ch, statement);
      ch.finish();
    });
  });
}

export function twinLinkWord(field: ExtensionField, statement: LinkStatement, proof: Uint8Array): string {
  return wordOf(() => link.verifyLink(twinField(field), statement, proof, twinGate));
}
