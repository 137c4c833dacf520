/**
 * The verifier's closure: every file that a verifier's entry reaches by imports that exist at run time.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './command.mjs';

/** Where bytes of others come in: openings, programs and training; answers; links between keys of a model. */
export const VERIFIER_ENTRIES = ['src/verifier/index.ts', 'src/answer/verify.ts', 'src/answer/link.ts'];

export const textOf = (file) => readFileSync(join(root, file), 'utf8');
export const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
export const resolve = (file, from) => normalize(join(dirname(file), from)).replaceAll('\\', '/');

/** Static and dynamic imports and re-exports of a file: `{ from, typeOnly, lazy }`. */
export function importsOf(file) {
  const text = withoutComments(textOf(file));
  const found = [];
  for (const match of text.matchAll(/\b(import|export)\s+(type\s)?([^;'"]*?from\s*)?['"]([^'"\n]+)['"]/g)) {
    if (match[1] === 'import' || match[3] !== undefined) {
      found.push({ from: match[4], typeOnly: match[2] !== undefined, lazy: false });
    }
  }
  for (const match of text.matchAll(/\bimport\s*\(\s*['"]([^'"\n]+)['"]/g)) {
    found.push({ from: match[1], typeOnly: false, lazy: true });
  }
  return found;
}

/** Files of the closure, sorted, and packages that it imports: `{ file, from }`. `lazy`: with what is imported when it is needed. */
export function verifierClosure(entries = VERIFIER_ENTRIES, { lazy = true } = {}) {
  const seen = new Set();
  const packages = [];
  const visit = (file) => {
    if (seen.has(file) || !existsSync(join(root, file))) return;
    seen.add(file);
    for (const { from, typeOnly, lazy: isLazy } of importsOf(file)) {
      if (typeOnly || (isLazy && !lazy)) continue;
      if (from.startsWith('.')) visit(resolve(file, from));
      else packages.push({ file, from });
    }
  };
  for (const entry of entries) visit(entry);
  return { files: [...seen].sort(), packages };
}
