import { SqlError } from '../errors';
import { parseType } from '../type-declaration';
import { SqlType } from '../types';

export interface Parameter {
  readonly name: string;
  readonly type: SqlType;
  readonly output: boolean;
}

/** The parameter list of sp_executesql and sp_prepare: `@a int, @b decimal(19,4) OUTPUT`. */
export function parseParameters(text: string): Parameter[] {
  const declarations: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '(') {
      depth += 1;
    } else if (text[at] === ')') {
      depth -= 1;
    } else if (at === text.length || (text[at] === ',' && depth === 0)) {
      declarations.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return declarations.filter((declaration) => declaration.trim() !== '').map((declaration) => {
    const match = /^\s*(@\S+)\s+(?:as\s+)?(.*?)(\s+out(?:put)?)?\s*$/is.exec(declaration);
    if (!match) {
      throw new SqlError(102, `Incorrect syntax near '${declaration.trim()}'.`, { severity: 15, line: 1 });
    }
    return { name: match[1], type: parseType(match[2]), output: match[3] !== undefined };
  });
}
