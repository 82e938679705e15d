import { type Comparison, readAlternatives, readComparison } from './comparison';
import type { FilterPattern } from './pattern-match';
import { Scanner } from './scanner';

interface Column {
  readonly name: string;
  readonly test: (value: string) => boolean;
}

/** `[ip, user, ..., status = 4* && status != 403, bytes > 1000]` over a space-delimited message. */
export function parseColumns(pattern: string): FilterPattern {
  const scanner = new Scanner(pattern);
  if (!scanner.accept('[')) scanner.fail('[');
  const before: Column[] = [];
  const after: Column[] = [];
  let ellipsis = false;
  do {
    scanner.skipSpace();
    if (scanner.accept('...') || scanner.accept('…')) {
      if (ellipsis) scanner.fail('one ellipsis at most');
      ellipsis = true;
    } else {
      (ellipsis ? after : before).push(readColumn(scanner));
    }
    scanner.skipSpace();
  } while (scanner.accept(','));
  if (!scanner.accept(']')) scanner.fail(', or ]');
  scanner.skipSpace();
  if (!scanner.done) scanner.fail('the end');
  return {
    match: (message) => {
      const fields = splitFields(message);
      const named = before.length + after.length;
      if (ellipsis ? fields.length < named : fields.length !== named) return undefined;
      const tail = fields.length - after.length;
      const cells = [
        ...before.map((column, index) => ({ column, value: fields[index] })),
        ...after.map((column, index) => ({ column, value: fields[tail + index] })),
      ];
      if (!cells.every(({ column, value }) => column.test(value))) return undefined;
      return {
        extract: (selector) => {
          if (!selector.startsWith('$')) return undefined;
          const name = selector.slice(1);
          return cells.find(({ column }) => column.name === name)?.value ?? fields[Number(name) - 1];
        },
      };
    },
  };
}

function readColumn(scanner: Scanner): Column {
  let name: string | undefined;
  const test = readAlternatives<string>(scanner, () => {
    const word = scanner.take(/[\w-]*/y)![0];
    name ??= word;
    if (word !== name) scanner.fail(`a condition on '${name}'`);
    scanner.skipSpace();
    const compare: Comparison | undefined = readComparison(scanner);
    return (value) => compare?.(value) ?? true;
  });
  return { name: name ?? '', test };
}

/** Splits at spaces; what stands between brackets or double quotes is one field. */
function splitFields(message: string): string[] {
  return [...message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
}
