/** The checks of the verifier, as places in its sources: what a mutant leaves out. */
import { textOf, verifierClosure } from '../closure.mjs';

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

/**
 * Places of `text` from `from` on that stand outside strings, with the depth of parentheses, brackets and braces there: of an
 * opening or closing one the depth around it, -1 for one that closes what is around `from`.
 */
function* places(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if ('([{'.includes(c)) yield [i, depth++];
    else if (')]}'.includes(c)) yield [i, --depth];
    else yield [i, depth];
  }
}

/** The end of a call whose opening parenthesis stands at `open`: behind the closing one. */
function endOfCall(text, open) {
  for (const [i, depth] of places(text, open)) if (text[i] === ')' && depth === 0) return i + 1;
  throw new Error(`mutants: unbalanced call at ${open}`);
}

/** Places of the parts of a list: its operands at the depth of the list itself. */
function operands(text, from, to, operator) {
  const parts = [];
  let start = from;
  for (const [i, depth] of places(text, from)) {
    if (i >= to) break;
    if (i < start || depth !== 0 || !text.startsWith(operator, i)) continue;
    parts.push([start, i]);
    start = i + operator.length;
  }
  parts.push([start, to]);
  return parts;
}

/** The end of an expression that begins at `from`: where one of the marks stands at its depth, or what is around it closes. */
function endOfExpression(text, from, marks) {
  for (const [i, depth] of places(text, from)) {
    if (depth < 0 || (depth === 0 && marks.includes(text[i]))) return i;
  }
  throw new Error(`mutants: an expression without an end at ${from}`);
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
    const end = endOfExpression(text, from, ';');
    if (!/=>/.test(text.slice(from, end)) || operands(text, from, end, '&&').length > 1)
      found.push(...leftOut(text, [from, end], '&&', 'true', false));
  }
  if (decides) {
    for (const match of text.matchAll(/=>\s(?=[^{\s])/g)) {
      const from = match.index + match[0].length;
      found.push(...leftOut(text, [from, endOfExpression(text, from, ',;')], '&&', 'true', false));
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

/** Rooms that write programs down. */
const LOWERS =
  /^src\/(ops\/\w+\/(relations|private)|training\/(program[\w-]*|prediction-program|softmax-relations|update)|training\/backward\/.*relations)\.ts$/;
const RELATION = /(?<![\w.$])(?:to|b)\.(?:zero|lookup|rangeCheck|requantise)\(/g;
/** A leaf of a digest in a list of them, with the comma behind it. */
const LEAF = /(?<=[[,]\s*)\{ label: [^{}]*\},?/g;

/** What is bound: each leaf of a digest, and each relation that an operator adds to a program. */
function bindings(file, text) {
  const lineOf = (at) => text.slice(0, at).split('\n').length;
  const of = (start, end, kind, value) => {
    const call = `${kind}: ${text.slice(start, end).replace(/\s+/g, ' ')}`;
    return { file, line: lineOf(start), start, end, call, code: undefined, value };
  };
  const leaves = [...text.matchAll(LEAF)].map(({ index, 0: all }) =>
    of(index, index + all.length, 'leaf', ''),
  );
  if (!LOWERS.test(file)) return leaves;
  const relations = [...text.matchAll(RELATION)]
    .filter(({ index }) => /(^|[\n{};)])\s*$/.test(text.slice(0, index)))
    .map(({ index, 0: call }) => of(index, endOfCall(text, index + call.length - 1), 'relation', 'void 0'));
  return [...leaves, ...relations];
}

/** All checks: file, line, the call, and the code it refuses with. */
export function checksOf() {
  const found = [];
  for (const file of verifierClosure().files) {
    const text = textOf(file);
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
    found.push(...partsOfChecks(file, text, starts), ...bindings(file, text));
  }
  return found;
}
