/**
 * `npm run params`: writes spec/parameters.md and the tables of SECURITY.md.
 * `npm run params -- --check`: fails if one of the files is stale.
 * `npm run params -- --cells N [--witness N] [--lookups N] [--elements N] [--products N] [--min-proofs N]
 * [--max-disk BYTES] [--json]`: one set for a program. N is an integer or a power such as 2^27.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { budget, columnCode } from '../src/params/parameters.ts';
import { chooseParameters, type Choice, type Workload } from '../src/params/choose.ts';
import { encodeParameters } from '../src/params/encoding.ts';
import { formatBits, tenthsOfBits } from '../src/params/rational.ts';
import { splitLookups, standardWorkload } from '../src/params/standard.ts';
import { kilobytes, ledgerTables, renderParameters, scheduleText } from './parameters/render.ts';
import { withTables } from './parameters/security.ts';

/** Files, and what they should hold. */
const FILES: readonly (readonly [name: string, text: (now: string) => string])[] = [
  ['spec/parameters.md', renderParameters],
  ['SECURITY.md', withTables],
];
const NUMBERS = ['cells', 'witness', 'lookups', 'elements', 'products', 'min-proofs', 'max-disk'] as const;
type Numbers = Partial<Record<(typeof NUMBERS)[number], number>>;

function fail(message: string): never {
  console.error(`params: ${message}`);
  process.exit(2);
}

/** A positive safe integer, or 2^k. */
function parseCount(name: string, text: string): number {
  const power = /^2\^(\d{1,2})$/.exec(text);
  const value = power ? 2 ** Number(power[1]) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) fail(`--${name}: expected an integer or 2^k, got ${text}`);
  return value;
}

function parse(): { numbers: Numbers; json: boolean; check: boolean } {
  const string = { type: 'string' } as const;
  const options = Object.fromEntries(NUMBERS.map((name) => [name, string]));
  try {
    const { values } = parseArgs({
      options: { ...options, json: { type: 'boolean' }, check: { type: 'boolean' } },
    });
    const given = NUMBERS.flatMap((name) => {
      const text = (values as Record<string, unknown>)[name];
      return typeof text === 'string' ? [[name, parseCount(name, text)] as const] : [];
    });
    return { numbers: Object.fromEntries(given), json: values.json === true, check: values.check === true };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function workloadOf(numbers: Numbers): Workload {
  const cells = numbers.cells ?? fail('--cells: expected the number of static cells, got nothing');
  if (cells === 0) fail('--cells: expected at least one cell, got 0');
  const standard = standardWorkload(cells);
  const witness = numbers.witness ?? Math.ceil(cells / 4);
  const groups = standard.groups.map((group) =>
    group.lifetime === 'proof' ? { ...group, cells: witness } : group,
  );
  return {
    ...standard,
    groups,
    balances: splitLookups(numbers.lookups ?? witness),
    exposed: numbers.elements ?? standard.exposed,
    products: numbers.products ?? standard.products,
  };
}

function wishesOf(numbers: Numbers) {
  const disk = numbers['max-disk'];
  return { minProofs: numbers['min-proofs'] ?? 100, ...(disk === undefined ? {} : { maxDiskBytes: disk }) };
}

/** One object per set; big numerators as decimal strings, so that anyone can recompute a row exactly. */
function jsonOf(choice: Choice): unknown {
  const { parameters, instance, ledger, size, diskBytes, proverWords } = choice;
  return {
    parameters,
    encoding: Buffer.from(encodeParameters(parameters)).toString('hex'),
    columnCode: columnCode(parameters.code),
    groups: instance.groups,
    balances: instance.balances,
    securityBits: formatBits(ledger.worst.tenths),
    ledger: ledger.rows.map(({ error, ...row }) => ({
      ...row,
      bits: formatBits(tenthsOfBits(error)),
      numerator: `${error.numerator}`,
      denominator: `${error.denominator}`,
    })),
    challenges: ledger.challenges.map(({ challenge, tenths }) => ({ challenge, bits: formatBits(tenths) })),
    proofsPerEpoch: budget(parameters.code),
    proofBytes: size,
    diskBytes,
    proverWords,
  };
}

function print(choice: Choice): void {
  const { code, pads } = choice.parameters;
  const { firstEpoch, laterEpochs } = budget(code);
  console.log(`m = ${code.logData}, t = ${code.padLength}, q0 = ${code.queries}`);
  console.log(`inner levels: ${scheduleText(choice)}`);
  console.log(`pads: s = ${pads.size}, n_H = 2^${pads.logCodeword}, q_H = ${pads.queries}`);
  console.log(`proof: ${kilobytes(choice.size.expected)} KB, at most ${kilobytes(choice.size.maximum)} KB`);
  console.log(`proofs per epoch: ${firstEpoch}, then ${laterEpochs}; disk ${choice.diskBytes} bytes\n`);
  console.log(ledgerTables(choice));
}

const { numbers, json, check } = parse();
if (Object.keys(numbers).length === 0 && !json) {
  for (const [name, textOf] of FILES) {
    const now = readFileSync(name, 'utf8');
    const text = textOf(now);
    if (!check) writeFileSync(name, text);
    else if (now !== text) fail(`${name}: stale; run npm run params`);
  }
} else {
  try {
    const choice = chooseParameters(workloadOf(numbers), wishesOf(numbers));
    if (json) console.log(JSON.stringify(jsonOf(choice), null, 2));
    else print(choice);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
