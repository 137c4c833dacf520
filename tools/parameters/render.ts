/** Text of spec/parameters.md. */
import { budget, columnCode, levelGeometry } from '../../src/params/parameters.ts';
import { fieldOrder, S128 } from '../../src/params/profile.ts';
import { formatBits, rational, tenthsOfBits } from '../../src/params/rational.ts';
import { hashError, hidingRows } from '../../src/params/hiding.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { standardChoice, STANDARD_LOG_CELLS } from '../../src/params/standard.ts';
import { completeInstance, describe, type Choice } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';

/** Tenths of KB (1 KB = 1,024 bytes), rounded up, as text. */
export function kilobytes(bytes: number): string {
  return (Math.ceil((bytes * 10) / 1024) / 10).toFixed(1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Fold, rate, columns and queries of every level: `2^17 x 10 at 1/8: 155`. */
export function scheduleText({ parameters }: Pick<Choice, 'parameters'>): string {
  const levels = levelGeometry(parameters).map(
    (level) => `2^${level.logColumn} x ${level.columns} at 1/${2 ** level.logInverseRate}: ${level.queries}`,
  );
  return [...levels, `2^${parameters.logFinal}`].join('; ');
}

const HEAD = ['cells', 'm', 't', 'n0', 'k0', 'q0', 'columns', 'inner levels; final vector'];
const HEAD_SIZES = ['s, n_H, q_H', 'KB expected', 'KB at most', 'proofs per epoch', 'bits'];

function instanceRow(cells: string, choice: Choice): string[] {
  const { parameters, instance, size } = choice;
  const { code, pads } = parameters;
  const { length, dimension } = columnCode(code);
  const { firstEpoch, laterEpochs } = budget(code);
  return [
    cells,
    `${code.logData}`,
    `2^${Math.log2(code.padLength)}`,
    `2^${Math.log2(length)}`,
    `${dimension}`,
    `${code.queries}`,
    instance.groups.map((group) => group.columns).join(' + '),
    scheduleText(choice),
    `${pads.size}, 2^${pads.logCodeword}, ${pads.queries}`,
    kilobytes(size.expected),
    kilobytes(size.maximum),
    `${firstEpoch}, ${laterEpochs}`,
    formatBits(choice.ledger.worst.tenths),
  ];
}

function instanceTable(minProofs: number): string {
  const rows = STANDARD_LOG_CELLS.map((log) => instanceRow(`2^${log}`, standardChoice(log, { minProofs })));
  return table([...HEAD, ...HEAD_SIZES], rows);
}

/** All rows of a ledger, then its challenges, which are what must reach lambda. */
export function ledgerTables({ ledger, parameters, instance }: Choice): string {
  const rows = ledger.rows.map((row) => [
    row.name,
    row.formula,
    formatBits(tenthsOfBits(row.error)),
    row.challenge,
    row.source,
  ]);
  const challenges = ledger.challenges.map(({ challenge, tenths }) => [challenge, formatBits(tenths)]);
  const hiding = hidingRows(parameters, instance).map((row) => [
    row.name,
    row.formula,
    row.error.numerator === 0n ? 'perfect' : formatBits(tenthsOfBits(row.error)),
    row.source,
  ]);
  return [
    table(['term', 'error at most', 'bits', 'challenge', 'source'], rows),
    'Sums by challenge:',
    table(['challenge', 'bits'], challenges),
    'Hiding (perfect: independent of the witness; beyond it, pads are expanded from a key by a stream cipher):',
    table(['what', 'why', 'bits', 'argument'], hiding),
  ].join('\n\n');
}

function queryTable(): string {
  const rates = [1, 2, 3, 4].map((r) => ({ length: 2 ** r, dimension: 1 }));
  const row = (lambda: number) => rates.map((code) => `${leastQueries(code, lambda)}`);
  return table(
    ['bits', 'rate 1/2', '1/4', '1/8', '1/16'],
    [100, 128].map((lambda) => [`${lambda}`, ...row(lambda)]),
  );
}

function profileText(): string {
  const order = formatBits(tenthsOfBits(rational(1, fieldOrder(S128.field))));
  const at64 = tenthsOfBits(hashError(64)) ?? 0;
  return `Profile ${S128.name}: lambda = ${S128.lambda}, p = ${S128.field.modulus}, d = ${S128.field.degree}, |K| = p^d (${order} bits), unique
decoding, no proof of work, no out-of-domain samples. After Fiat-Shamir, T queries to the hash forge a proof
with probability at most T * 2^-bits for the worst challenge, plus the hash's own 3.5*T^2/2^256: at T = 2^64
that is 2^-${formatBits(at64)}, or T/eps = 2^${formatBits(at64 + 640)} of work for each success.`;
}

/** The link proof of a static group's next epoch. */
function linkOf({ parameters, instance }: Choice): Choice {
  const columns = instance.groups.find((group) => group.lifetime === 'static')?.columns ?? 0;
  const draft = completeInstance(linkInstance(columns), parameters.code);
  if (draft === undefined) throw new RangeError('linkOf: choice: expected a code with a schedule, got none');
  return describe(draft.parameters, draft.instance);
}

/** The whole of spec/parameters.md. */
export function renderParameters(): string {
  const main = standardChoice(27, { minProofs: 1000 });
  const link = linkOf(main);
  return `# Parameters

Written by \`npm run params\`; do not edit. \`npm run params -- --check\` fails where this file is stale, and
\`npm run params -- --cells N --witness N --lookups N --json\` computes one set for a program.

${profileText()}

A column holds 2^m cells and t random coefficients, k0 = 2^m + t, and is encoded on n0 = 2^(m+2) <= 2^24
points. A position opened catches a word outside the unique-decoding radius delta = (1 - k/n)/2 except with
probability (n + k)/(2n); query counts are the least q with (n + k)^q * 2^lambda <= (2n)^q, in integers:

${queryTable()}

Accepted sets: t <= 2^m and a multiple of the column length of the first inner level, q_i the least counts,
s the program's count of pads, q0 <= t / 3 for static groups, every group's positions within its random
coefficients, fewer than p leaves in a lookup balance, and every challenge at 2^-128 or below. Anything else is
refused with \`WEAK_PARAMS\`.

## Instances

N static cells, a witness of N/4 cells, N/4 lookups in balances of at most 2^25 leaves, 2871 masked elements
and 1023 products before the merge (\`--elements\`, \`--products\`). The search weighs 1,024 words encoded per
proof like one byte of proof and tries every m with t/2^m = 1/8, 1/4, 1/2, 1, and from m = 21 on, where an eighth pads more proofs than most owners ask for, 1/32 and 1/16. Columns: static + witness. Inner levels: length x columns at rate: positions. Proofs per epoch: first epoch, later epochs, after
a reserve of two link proofs. Sizes in KB of 1,024 bytes: expected over random positions, and at most.

At least 1000 proofs per epoch:

${instanceTable(1000)}

At least 100 proofs per epoch:

${instanceTable(100)}

## Ledger at N = 2^27, 1000 proofs

${ledgerTables(main)}

Parts of the proof:

${table(
  ['part', 'KB expected', 'KB at most'],
  main.size.parts.map((part) => [part.name, kilobytes(part.expected), kilobytes(part.maximum)]),
)}

The link proof between two epochs of the static columns: ${kilobytes(link.size.expected)} KB expected,
${kilobytes(link.size.maximum)} at most, s = ${link.parameters.pads.size}, ${formatBits(link.ledger.worst.tenths)} bits.
`;
}
