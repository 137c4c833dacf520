/**
 * Branches of a file as the coverage run counts them: the ways of an `if` (also the one that is not written), the arms of a
 * conditional, the operands of `&&`, `||` and `??`, the cases of a `switch`, a default value.
 */

/** Characters of a branch's text: what tells it from its neighbours, short enough for a line. */
const MAX_TEXT = 120;

const tidy = (text) => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT);

/** Text of a location; a column that is absent is the end of its line. Empty where the location is: an `else` that is not written. */
function textAt(lines, { start, end }) {
  if (start?.line === undefined || start.line === null) return '';
  const own = lines.slice(start.line - 1, end.line);
  const last = own.length - 1;
  own[last] = own[last].slice(0, end.column ?? undefined);
  own[0] = own[0].slice(start.column);
  return tidy(own.join(' '));
}

/**
 * @param file   path of the source, from the root
 * @param text   its text
 * @param data   `{ branchMap, b }` of this text: where the branches are, how often each way was taken
 * @returns      one entry for each way: `{ key, file, line, text, way, count }`. `text` is that of the branch as a whole; `way` is
 *               `then`, `else`, or the text of the arm. `key` is equal in all runs over the same text.
 */
export function branchesOf(file, text, { branchMap, b }) {
  const lines = text.split('\n');
  return Object.entries(branchMap).flatMap(([id, { type, loc, locations }]) => {
    const { line, column } = loc.start;
    const whole = textAt(lines, loc);
    return b[id].map((times, at) => ({
      key: `${file}:${line}:${column}:${type}:${at}`,
      file,
      line,
      text: whole,
      way: type === 'if' ? ['then', 'else'][at] : textAt(lines, locations[at] ?? loc),
      // What is not written has what the others leave; where a way leaves by an exception, that may be below zero.
      count: Math.max(0, times),
    }));
  });
}
