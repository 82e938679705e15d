import { readAlternatives, readComparison, type Scalar } from './comparison';
import type { PatternMatch } from './pattern-match';
import { Scanner } from './scanner';

type Test = (event: unknown) => boolean;
type Selector = (event: unknown) => unknown[];

/** `{ $.a = "x" && ($.b[0].c > 1 || $.d IS TRUE) }`; matches JSON objects only. */
export function parseJsonCondition(pattern: string): (message: string) => PatternMatch | undefined {
  const scanner = new Scanner(pattern);
  if (!scanner.accept('{')) scanner.fail('{');
  const test = readCondition(scanner);
  scanner.skipSpace();
  if (!scanner.accept('}')) scanner.fail('&&, || or }');
  scanner.skipSpace();
  if (!scanner.done) scanner.fail('the end');
  return (message) => {
    const event = parseObject(message);
    if (event === undefined || !test(event)) return undefined;
    return { extract: (selector) => extract(event, selector) };
  };
}

function readCondition(scanner: Scanner): Test {
  return readAlternatives<unknown>(scanner, () => readOperand(scanner));
}

function readOperand(scanner: Scanner): Test {
  if (scanner.accept('(')) {
    const inner = readCondition(scanner);
    scanner.skipSpace();
    if (!scanner.accept(')')) scanner.fail('&&, || or )');
    return inner;
  }
  const select = readSelector(scanner);
  scanner.skipSpace();
  const is = scanner.take(/IS\s+(NULL|TRUE|FALSE)\b/iy);
  if (is) {
    const wanted = { NULL: null, TRUE: true, FALSE: false }[is[1].toUpperCase()];
    return (event) => select(event).some((value) => value === wanted);
  }
  if (scanner.take(/NOT\s+EXISTS\b/iy)) return (event) => select(event).length === 0;
  const compare = readComparison(scanner);
  if (!compare) return scanner.fail('an operator');
  return (event) => select(event).some((value) => compare(scalar(value)));
}

/** `$.a.b[0][1]`, `$.a[*].b`, `$.*.b`: all values it points at, none when it is missing. */
function readSelector(scanner: Scanner): Selector {
  if (!scanner.accept('$')) scanner.fail('a selector that starts with $');
  const steps: ((value: unknown) => unknown[])[] = [];
  for (;;) {
    const index = scanner.take(/\[(\d+|\*)\]/y);
    const name = index ? undefined : scanner.take(/\.(?:([\w@-]+|\*)|\['([^']+)'\])/y);
    if (index) steps.push((value) => (Array.isArray(value) ? pick(value, index[1]) : []));
    else if (name) steps.push((value) => (isObject(value) ? pick(value, name[1] ?? name[2]) : []));
    else break;
  }
  if (steps.length === 0) scanner.fail('. and a property name');
  return (event) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [event]);
}

function pick(owner: object, key: string): unknown[] {
  if (key === '*') return Object.values(owner);
  return Object.hasOwn(owner, key) ? [(owner as Record<string, unknown>)[key]] : [];
}

function extract(event: unknown, text: string): string | undefined {
  const scanner = new Scanner(text);
  const [value] = readSelector(scanner)(event);
  return scanner.done && typeof value !== 'object' && value !== undefined ? String(value) : undefined;
}

/** A selector that points at an object, an array, null or a boolean compares with nothing. */
function scalar(value: unknown): Scalar {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function parseObject(message: string): object | undefined {
  if (!message.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
