/** The generated tables of SECURITY.md: soundness by part of a proof, and how often a commitment can be opened. */
import {
  atMostTwoToMinus,
  rational,
  tenthsOfBits,
  formatBits,
  type Rational,
} from '../../src/params/rational.ts';
import { completeInstance, describe, type Choice } from '../../src/params/choose.ts';
import { hashError } from '../../src/params/hiding.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { budget, type Parameters } from '../../src/params/parameters.ts';
import { S128 } from '../../src/params/profile.ts';
import { standardChoice } from '../../src/params/standard.ts';
import { chooseTrainingParameters, STATE_USES, stateUses } from '../../src/training/commit.ts';
import { DEFAULT_MOMENTUM } from '../../src/training/plan.ts';
import { DEFAULT_FORMATS } from '../../src/training/plan.ts';

/** Parts of a proof, and the challenges that are theirs: every challenge of a ledger is in one. */
const PARTS: readonly (readonly [part: string, challenges: RegExp])[] = [
  ['lookups: tuples that are no rows', /^(alpha, beta|z|lambda|layer round|tau)$/],
  ['relations and products', /^program: /],
  ['claims merged; epochs compared', /^(b|r)$/],
  ['columns combined', /^rho$/],
  ['positions of columns', /^Q0, eta$/],
  ['inner folds', /^gamma \d+$/],
  ['positions of inner oracles', /^Q[1-9]\d*(, eta)?$/],
  ['pad proof', /^(gam, chi|Delta)$/],
  ['positions of pads', /^padQ$/],
];

/** What a reader may want to rely on. */
export function securityChoices(): ReadonlyMap<string, Choice> {
  const program = standardChoice(27, { minProofs: 1000 });
  const columns = program.instance.groups.find(({ lifetime }) => lifetime === 'static')?.columns ?? 0;
  const link = completeInstance(linkInstance(columns), program.parameters.code);
  if (link === undefined) throw new RangeError('link: expected a schedule, got none');
  const plan = { widths: [784, 64, 10], rows: 8000, batch: 32, steps: 1250, formats: DEFAULT_FORMATS, rates: [{ from: 0, rate: 4 }] }; // prettier-ignore
  return new Map([
    ['program, 2^27 cells', program],
    ['link of these', describe(link.parameters, link.instance)],
    ['16 steps of 784-64-10', chooseTrainingParameters(plan, { steps: 16, minProofs: 100 })],
  ]);
}

/** Bits of the worst challenge of a part; a dash where the proof has none. @throws Error for a challenge of no part */
function bitsOf({ ledger }: Choice, part: RegExp): string {
  for (const { challenge } of ledger.challenges) {
    const owners = PARTS.filter(([, pattern]) => pattern.test(challenge));
    if (owners.length !== 1)
      throw new Error(`challenge ${challenge}: expected one part, got ${owners.length}`);
  }
  const own = ledger.challenges.filter(({ challenge }) => part.test(challenge));
  const bounds = own.map(({ error }) => error).filter(({ numerator }) => numerator > 0n);
  if (bounds.length === 0) return own.length === 0 ? '-' : 'exact';
  return formatBits(tenthsOfBits(bounds.reduce((a, b) => (isGreater(b, a) ? b : a))));
}

function isGreater(a: Rational, b: Rational): boolean {
  return a.numerator * b.denominator > b.numerator * a.denominator;
}

/** A table whose columns are as wide as their widest cell, as the formatter writes it. */
function table(rows: readonly (readonly string[])[]): string {
  const [head] = rows as [readonly string[]];
  const widths = head.map((_, c) => Math.max(3, ...rows.map((row) => (row[c] as string).length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c] as number)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n');
}

function ledgerTable(choices: ReadonlyMap<string, Choice>): string {
  const all = [...choices.values()];
  const worst = all.map(({ ledger }) => {
    if (!atMostTwoToMinus(ledger.worst.error, S128.lambda)) throw new Error('ledger: below the profile');
    return formatBits(ledger.worst.tenths);
  });
  return table([
    ['bits of the worst challenge', ...choices.keys()],
    ...PARTS.map(([part, pattern]) => [part, ...all.map((choice) => bitsOf(choice, pattern))]),
    ['**all of the proof**', ...worst.map((bits) => `**${bits}**`)],
  ]);
}

function hashText(): string {
  const of = (logQueries: number): string => formatBits(tenthsOfBits(hashError(logQueries)));
  const at = (logQueries: number): string =>
    formatBits(tenthsOfBits(rational(1n << BigInt(logQueries), 1n << BigInt(S128.lambda))));
  return `An adversary who asks the hash 2^64 times forges with probability at most 2^-${at(64)}, and finds a collision that would help with 2^-${of(64)}; at 2^80 it is 2^-${at(80)} and 2^-${of(80)}.`;
}

function budgetTable(choices: ReadonlyMap<string, Choice>): string {
  const row = (name: string, { code }: Parameters): string[] => {
    const { firstEpoch, laterEpochs, reservedPositions } = budget(code);
    return [name, `${code.padLength}`, `${code.queries}`, `${reservedPositions}`, `${firstEpoch}, ${laterEpochs}`]; // prettier-ignore
  };
  const [program, , training] = [...choices.values()] as [Choice, Choice, Choice];
  const carried = training.parameters.code;
  return table([
    ['group', 'pads t', 'positions a proof q0', 'kept for links', 'proofs: first epoch, later ones'],
    row('weights, 2^27 cells', program.parameters),
    row('dataset, 8,000 rows of 784', training.parameters),
    ...[{}, { momentum: DEFAULT_MOMENTUM }].map((plan) => {
      const uses = stateUses(plan);
      const name = `weights between segments${uses > STATE_USES ? ', with momentum' : ''}`;
      return [name, `${uses * carried.queries}`, `${carried.queries}`, '0', `${uses}`];
    }),
  ]);
}

/** What stands between the marks of SECURITY.md. */
export function securityTables(): ReadonlyMap<string, string> {
  const choices = securityChoices();
  return new Map([
    ['ledger', `${ledgerTable(choices)}\n\n${hashText()}`],
    ['budget', budgetTable(choices)],
  ]);
}

/** SECURITY.md with its tables made anew. @throws Error where a mark is missing */
export function withTables(text: string): string {
  return [...securityTables()].reduce((all, [name, content]) => {
    const [begin, end] = [`<!-- ${name}: npm run params -->`, `<!-- /${name} -->`];
    const [from, to] = [all.indexOf(begin), all.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`SECURITY.md: expected the marks of ${name}, got none`);
    return `${all.slice(0, from + begin.length)}\n\n${content}\n\n${all.slice(to)}`;
  }, text);
}
