import { QUOTED, REGEX, type Scanner, unescapeQuoted } from './scanner';

/** A value as a log event has it; undefined when it is missing or no scalar. */
export type Scalar = string | number | undefined;

/** What a value is compared with. */
export type Comparison = (value: Scalar) => boolean;

const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?=[\s\])},|&]|$)/iy;
const BARE = /[^\s"'%,()[\]{}|&=<>!]+/y;

/** Reads `= value`, `!= value`, `< number` and so on; undefined when no operator stands here. */
export function readComparison(scanner: Scanner): Comparison | undefined {
  const operator = scanner.take(/<=|>=|!=|=|<|>/y)?.[0];
  if (!operator) return undefined;
  scanner.skipSpace();
  const number = scanner.take(NUMBER);
  if (number) return numeric(operator, Number(number[0]), number[0]);
  if (operator !== '=' && operator !== '!=') scanner.fail('a number');
  const equal = readText(scanner);
  return (value) => value !== undefined && equal(String(value)) === (operator === '=');
}

function numeric(operator: string, bound: number, text: string): Comparison {
  return (value) => {
    if (value === undefined || value === '') return false;
    const got = Number(value);
    if (Number.isNaN(got)) return operator === '!=' && value !== text;
    switch (operator) {
      case '=': return got === bound;
      case '!=': return got !== bound;
      case '<': return got < bound;
      case '<=': return got <= bound;
      case '>': return got > bound;
      default: return got >= bound;
    }
  };
}

function readText(scanner: Scanner): (text: string) => boolean {
  const quoted = scanner.take(QUOTED);
  if (quoted) return wildcard(unescapeQuoted(quoted[1]));
  const regex = scanner.take(REGEX);
  if (regex) {
    const expression = new RegExp(regex[1]);
    return (text) => expression.test(text);
  }
  const bare = scanner.take(BARE);
  if (bare) return wildcard(bare[0]);
  return scanner.fail('a value');
}

/** An asterisk counts at the start and at the end; inside it is itself. */
function wildcard(pattern: string): (text: string) => boolean {
  if (/^\*+$/.test(pattern)) return () => true;
  const open = pattern.startsWith('*');
  const close = pattern.endsWith('*');
  const core = pattern.slice(open ? 1 : 0, close ? -1 : undefined);
  if (open && close) return (text) => text.includes(core);
  if (open) return (text) => text.endsWith(core);
  if (close) return (text) => text.startsWith(core);
  return (text) => text === core;
}

/**
 * Reads operands joined by `||` and `&&`, which binds closer; `readOperand` reads one, parentheses included if it wants.
 */
export function readAlternatives<Input>(
  scanner: Scanner, readOperand: () => (input: Input) => boolean,
): (input: Input) => boolean {
  const alternatives = [readConjunction(scanner, readOperand)];
  for (scanner.skipSpace(); scanner.accept('||'); scanner.skipSpace()) alternatives.push(readConjunction(scanner, readOperand));
  return (input) => alternatives.some((test) => test(input));
}

function readConjunction<Input>(scanner: Scanner, readOperand: () => (input: Input) => boolean): (input: Input) => boolean {
  scanner.skipSpace();
  const tests = [readOperand()];
  for (scanner.skipSpace(); scanner.accept('&&'); scanner.skipSpace()) {
    scanner.skipSpace();
    tests.push(readOperand());
  }
  return (input) => tests.every((test) => test(input));
}
