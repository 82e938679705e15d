/** A LIKE pattern as a regular expression for the whole text: `%`, `_`, `[set]`, `[^set]` and the escape character. */
export function likeToRegExp(pattern: string, escape: string): string {
  let out = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (escape !== '' && char === escape && at + 1 < pattern.length) {
      at += 1;
      out += literal(pattern[at]);
    } else if (char === '%') {
      out += '.*';
    } else if (char === '_') {
      out += '.';
    } else if (char === '[' && pattern.indexOf(']', at + 1) > 0) {
      const end = pattern.indexOf(']', at + 1);
      const set = pattern.slice(at + 1, end);
      const negated = set.startsWith('^');
      out += `[${negated ? '^' : ''}${set.slice(negated ? 1 : 0).replace(/[\\[\]^]/g, '\\$&')}]`;
      at = end;
    } else {
      out += literal(char);
    }
  }
  return out;
}

function literal(char: string): string {
  return char.replace(/[\\^$.|?*+(){}[\]]/g, '\\$&');
}
