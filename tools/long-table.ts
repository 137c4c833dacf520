/** What a long run counted, as tests/README.md shows it: `npm run test:long -- --record` writes it there. */

/** A line of a table; a dash where nothing was run yet. */
export interface Line {
  readonly property: string;
  readonly cases: number | '-';
  readonly refused: number | '-';
  readonly surprises: number | '-';
}

/** As tests tally it. */
export interface Tallied extends Line {
  readonly cases: number;
  readonly refused: number;
  readonly surprises: number;
}

/** What was run, and where. */
export interface LongRun {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  readonly factor: string;
  readonly took: string;
}

/** Properties that a test counts for each of many things, by what their names begin with, and the name of them all. */
const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^FMT fuzz /, 'FMT: every decoder, fuzzed'],
  [/^FMT-3 bits, /, 'FMT-3: bits of proofs of programs'],
];
const BEGIN = '<!-- long run: npm run test:long -- --record -->';
const END = '<!-- /long run -->';

/** The line in which a property is counted. */
export function lineOf(property: string): string {
  return GROUPS.find(([pattern]) => pattern.test(property))?.[1] ?? property;
}

/** One line for each name, in order, and the sum of all. */
export function sums(rows: readonly Tallied[]): Tallied[] {
  const lines = new Map<string, Tallied>();
  for (const { property, cases, refused, surprises } of rows) {
    for (const name of [lineOf(property), 'all']) {
      const old = lines.get(name) ?? { property: name, cases: 0, refused: 0, surprises: 0 };
      lines.set(name, {
        property: name,
        cases: old.cases + cases,
        refused: old.refused + refused,
        surprises: old.surprises + surprises,
      });
    }
  }
  const rank = ({ property }: Line): number => (property === 'all' ? 1 : 0);
  return [...lines.values()].sort((a, b) => rank(a) - rank(b) || (a.property < b.property ? -1 : 1));
}

/** A table as the formatter writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, c) => Math.max(3, name.length, ...rows.map((row) => (row[c] as string).length))); // prettier-ignore
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c] as number)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The text between the marks. */
export function sectionOf(run: LongRun, lines: readonly Line[]): string {
  const facts = (['date', 'commit', 'machine', 'node', 'factor', 'took'] as const).map((name) => [name, run[name]]); // prettier-ignore
  const counts = lines.map((line) => [line.property, `${line.cases}`, `${line.refused}`, `${line.surprises}`]); // prettier-ignore
  const head = ['property', 'cases', 'refused as expected', 'surprises'];
  return `${table(['run', 'last'], facts)}\n\n${table(head, counts)}`;
}

/** What stands between the marks. @throws Error without them */
export function recordedIn(text: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`tests/README.md: expected ${BEGIN} and ${END}`);
  return text.slice(from + BEGIN.length, to);
}

/** The text with another section between the marks. @throws Error without them */
export function withSection(text: string, section: string): string {
  const old = recordedIn(text);
  return text.replace(`${BEGIN}${old}${END}`, () => `${BEGIN}\n\n${section}\n\n${END}`);
}
