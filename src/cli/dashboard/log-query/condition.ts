import { LogQueryError, type LogRecord, type Words } from './words';

/** Whether a record passes a filter. */
export type Condition = (record: LogRecord) => boolean;

/** Reads a filter: `or` binds loosest, then `and`, then `not`; parentheses as usual. */
export function readCondition(words: Words): Condition {
  const alternatives = [readConjunction(words)];
  while (words.accept('or')) alternatives.push(readConjunction(words));
  return (record) => alternatives.some((test) => test(record));
}

function readConjunction(words: Words): Condition {
  const tests = [readTest(words)];
  while (words.accept('and')) tests.push(readTest(words));
  return (record) => tests.every((test) => test(record));
}

function readTest(words: Words): Condition {
  if (words.accept('not')) {
    const inner = readTest(words);
    return (record) => !inner(record);
  }
  if (words.accept('(')) {
    const inner = readCondition(words);
    words.expect(')');
    return inner;
  }
  if (words.accept('ispresent')) {
    words.expect('(');
    const field = words.name();
    words.expect(')');
    return (record) => record.get(field) !== undefined;
  }
  const field = words.name();
  const negated = words.accept('not');
  const test = readComparison(words);
  return (record) => test(record.get(field)) !== negated;
}

function readComparison(words: Words): (value: string | undefined) => boolean {
  if (words.accept('in')) {
    const wanted = words.list();
    return (value) => value !== undefined && wanted.includes(value);
  }
  if (words.accept('like') || words.accept('=~')) {
    const expression = words.pattern();
    return (value) => value !== undefined && expression.test(value);
  }
  const operator = ['<=', '>=', '!=', '=', '<', '>'].find((sign) => words.accept(sign));
  if (!operator) throw new LogQueryError(`expected an operator, got '${words.next ?? 'the end'}'`);
  const wanted = words.value();
  return (value) => value !== undefined && compare(operator, value, wanted);
}

/** As numbers when both are numbers, else as text. */
function compare(operator: string, left: string, right: string): boolean {
  const numbers = left !== '' && right !== '' && !Number.isNaN(Number(left)) && !Number.isNaN(Number(right));
  const [a, b] = numbers ? [Number(left), Number(right)] : [left, right];
  switch (operator) {
    case '=': return a === b;
    case '!=': return a !== b;
    case '<': return a < b;
    case '<=': return a <= b;
    case '>': return a > b;
    default: return a >= b;
  }
}
