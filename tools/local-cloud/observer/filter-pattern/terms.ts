import { QUOTED, REGEX, Scanner, unescapeQuoted } from './scanner';

type Test = (message: string) => boolean;

/**
 * Unstructured terms: `A B` needs both, `?A ?B` one of them, `-A` none. Terms are case-sensitive and found anywhere in
 * the message: AWS's own example has `ERROR` match `Exiting with ERRORCODE: -1`.
 */
export function parseTerms(pattern: string): Test {
  const scanner = new Scanner(pattern);
  const all: Test[] = [];
  const any: Test[] = [];
  const none: Test[] = [];
  for (scanner.skipSpace(); !scanner.done; scanner.skipSpace()) {
    const group = scanner.accept('?') ? any : scanner.accept('-') ? none : all;
    if (group === none) scanner.skipSpace();
    group.push(readTerm(scanner));
  }
  // CloudWatch Logs ignores the question marks of a mixed pattern, which is never what its author meant.
  if (any.length > 0 && all.length + none.length > 0) scanner.fail('no other terms beside those with ?');
  return (message) => all.every((test) => test(message))
    && (any.length === 0 || any.some((test) => test(message)))
    && !none.some((test) => test(message));
}

function readTerm(scanner: Scanner): Test {
  const quoted = scanner.take(QUOTED);
  if (quoted) return containing(unescapeQuoted(quoted[1]));
  const regex = scanner.take(REGEX);
  if (regex) {
    const expression = new RegExp(regex[1]);
    return (message) => expression.test(message);
  }
  const word = scanner.take(/[\p{L}\p{N}_]+(?=\s|$)/uy);
  if (word) return containing(word[0]);
  return scanner.fail('a term of letters, digits and _, or a quoted one');
}

function containing(term: string): Test {
  return (message) => message.includes(term);
}
