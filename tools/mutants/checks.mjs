/** The checks of the verifier, as places in its sources: what a mutant leaves out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Calls that refuse a proof, wherever the verifier reaches; programmer's mistakes and calls of checks, in these rooms. */
const CALL = /(?<![\w.$])(refuse|ledger\.assertZero)\(/g;
const CALL_OR_THROW =
  /(?<![\w.$])(refuse|ledger\.assertZero|wrong|tooShort|throw new (?:Range|Type)?Error|check[A-Z]\w*|ch\.finish|reader\.end|[\w.]+\.forEach(?=\(check))\(/g;
const WITH_THROWS =
  /^src\/(pcs|pads|answer|params\/check|relation\/(check(-terms)?|ranges|cut|order|pins|verify|statement|verify-program)|tlookup\/shape)\b/;

/**
 * Rooms that decide without refusing: what they answer too generously is a claim about integers that nothing backs. There every
 * guard, `if (a || b) return` or `continue`, is left out, as a whole and part by part, and every part of `a && b` that is
 * returned or named.
 */
const DECIDES =
  /^src\/relation\/(columns|cut|decompose|interval|order|pins|row-sums|settle|slabs|witness-ranges)\.ts$/;

/** Files that the verifiers reach by imports that exist at run time. */
function closure(root) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file) || !existsSync(join(root, file))) return;
    seen.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, clause, from] of text.matchAll(/^(?:import|export)\s([^;]*?)\sfrom\s'(\.[^']+)';/gm)) {
      if (!/^type\s/.test(clause)) visit(normalize(join(dirname(file), from)));
    }
  };
  const verifiers = readdirSync(join(root, 'src/pcs')).filter((name) => /-verify\.ts$/.test(name));
  for (const name of verifiers) visit(`src/pcs/${name}`);
  visit('src/verifier/index.ts');
  visit('src/answer/verify.ts');
  visit('src/answer/link.ts');
  return [...seen].sort();
}

/** The end of a call whose opening parenthesis stands at `open`: behind the closing one. Strings are skipped. */
function endOfCall(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i + 1;
  }
  throw new Error(`mutants: unbalanced call at ${open}`);
}

/** Places of the parts of a list: its operands at the depth of the list itself. */
function operands(text, from, to, operator) {
  const parts = [];
  let depth = 0;
  let start = from;
  for (let i = from; i < to; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (depth === 0 && text.startsWith(operator, i)) {
      parts.push([start, i]);
      start = i += operator.length;
    }
  }
  parts.push([start, to]);
  return parts;
}

/** The end of an expression: the first semicolon at its depth. */
function endOfStatement(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) {
      if (--depth < 0) return i;
    } else if (c === ';' && depth === 0) return i;
  }
  throw new Error(`mutants: a statement without an end at ${from}`);
}

/** Parts that only tell the compiler what cannot be, and choices between two values, which are no conditions. */
const NO_PART = /^[\w.]+ [!=]== undefined$|\?/;

/** The parts of a condition that can be left out; of one without parts the whole, if `whole`. */
function leftOut(text, [from, to], operator, value, whole) {
  const parts = operands(text, from, to, operator);
  if (parts.length === 1 && !whole) return [];
  return parts
    .filter(([start, end]) => !whole || !NO_PART.test(text.slice(start, end).trim()))
    .map((place) => ({ place, value }));
}

/** Conditions, left out and with a part left out. `starts`: where the checks of the file begin. */
function partsOfChecks(file, text, starts) {
  const found = [];
  const decides = DECIDES.test(file);
  for (const match of text.matchAll(/\bif \(/g)) {
    const open = match.index + match[0].length;
    const close = endOfCall(text, open - 1) - 1;
    const next = /^[)\s{]*/.exec(text.slice(close))[0].length + close;
    const refuses = starts.has(next);
    const leaves = decides && /^(return|continue)\b/.test(text.slice(next));
    if (refuses || leaves) found.push(...leftOut(text, [open, close], '||', 'false', leaves && !refuses));
  }
  for (const match of text.matchAll(
    decides ? /(?:const \w+(?:: boolean)? =|\breturn)\s/g : /const same =/g,
  )) {
    const from = match.index + match[0].length;
    const end = endOfStatement(text, from);
    if (!/=>/.test(text.slice(from, end)) || operands(text, from, end, '&&').length > 1)
      found.push(...leftOut(text, [from, end], '&&', 'true', false));
  }
  if (decides) {
    for (const match of text.matchAll(/=>\s(?=[^{\s])/g)) {
      const from = match.index + match[0].length;
      found.push(...leftOut(text, [from, endOfArrow(text, from)], '&&', 'true', false));
    }
  }
  const own = found.map(({ place: [start, end], value }) => {
    const line = text.slice(0, start + /^\s*/.exec(text.slice(start, end))[0].length).split('\n').length;
    const call = `part: ${text.slice(start, end).trim().replace(/\s+/g, ' ')}`;
    return { file, line, start, end, call, code: undefined, value: ` ${value} ` };
  });
  return own.filter(
    (one, i) => own.findIndex(({ start, end }) => start === one.start && end === one.end) === i,
  );
}

/** The end of the expression of an arrow function. */
function endOfArrow(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) {
      if (--depth < 0) return i;
    } else if ((c === ',' || c === ';') && depth === 0) return i;
  }
  return text.length;
}

/** All checks: file, line, the call, and the code it refuses with. @param root of the tree */
export function checksOf(root) {
  const found = [];
  for (const file of closure(root)) {
    const text = readFileSync(join(root, file), 'utf8');
    const starts = new Set();
    for (const match of text.matchAll(WITH_THROWS.test(file) ? CALL_OR_THROW : CALL)) {
      const line = text.slice(0, match.index).split('\n').length;
      const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
      if (/^\s*(\*|\/\/)|function\s*$|=>\s*$/.test(before)) continue; // comments and definitions
      const end = endOfCall(text, match.index + match[0].length - 1);
      const call = text.slice(match.index, end).replace(/\s+/g, ' ');
      const code = /^refuse\(\s*'([A-Z_]+)'/.exec(call)?.[1];
      starts.add(match.index);
      found.push({ file, line, start: match.index, end, call, code, value: 'void 0' });
    }
    found.push(...partsOfChecks(file, text, starts));
  }
  return found;
}
