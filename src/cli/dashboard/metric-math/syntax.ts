/** An expression of CloudWatch metric math, parsed. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'negative'; readonly operand: Expression }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** An expression this module cannot evaluate. */
export class MetricMathError extends Error {
  public readonly code = 'METRIC_MATH';

  public constructor(expression: string, problem: string) {
    super(`metric math '${expression}': ${problem}`);
    this.name = 'MetricMathError';
  }
}

/** Operators by how close they bind, loosest first (CloudWatch, "Using metric math"). */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['OR', '||'],
  ['AND', '&&'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|'([^']*)'|"([^"]*)"|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|\|\||&&|[-+*/^<>(),[\]]))/giy;

interface Token {
  readonly kind: 'number' | 'text' | 'word' | 'sign';
  readonly value: string;
}

/**
 * Parses an expression.
 *
 * @throws MetricMathError
 */
export function parseExpression(expression: string): Expression {
  const tokens = tokenize(expression);
  let at = 0;
  const fail = (expected: string): never => {
    throw new MetricMathError(expression, `expected ${expected}, got ${tokens[at] ? `'${tokens[at].value}'` : 'the end'}`);
  };
  const accept = (value: string): boolean => {
    const token = tokens[at];
    if (!token || (token.kind !== 'sign' && token.kind !== 'word') || token.value.toUpperCase() !== value) return false;
    at += 1;
    return true;
  };
  const list = (end: string): Expression[] => {
    const items: Expression[] = [];
    if (accept(end)) return items;
    do items.push(operation(0)); while (accept(','));
    if (!accept(end)) fail(`, or ${end}`);
    return items;
  };
  const operation = (level: number): Expression => {
    if (level === PRECEDENCE.length) return operand();
    let left = operation(level + 1);
    for (;;) {
      const operator = PRECEDENCE[level].find(accept);
      if (!operator) return left;
      // The power binds to the right: 2^3^2 is 2^(3^2).
      left = { kind: 'operation', operator, left, right: operation(operator === '^' ? level : level + 1) };
    }
  };
  const operand = (): Expression => {
    if (accept('-')) return { kind: 'negative', operand: operand() };
    if (accept('(')) {
      const inner = operation(0);
      if (!accept(')')) fail(')');
      return inner;
    }
    if (accept('[')) return { kind: 'list', items: list(']') };
    const token = tokens[at] ?? fail('a value');
    if (token.kind === 'sign') fail('a value');
    at += 1;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.value) };
    if (token.kind === 'text') return { kind: 'text', value: token.value };
    return accept('(') ? { kind: 'call', name: token.value.toUpperCase(), args: list(')') } : { kind: 'name', name: token.value };
  };
  const root = operation(0);
  if (at < tokens.length) fail('an operator');
  return root;
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new MetricMathError(expression, `unexpected '${text.slice(from, from + 10)}'`);
    const [, number, single, double, word, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (single !== undefined || double !== undefined) tokens.push({ kind: 'text', value: single ?? double });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else tokens.push({ kind: 'sign', value: sign });
  }
  return tokens;
}

/** Names of other queries an expression refers to. */
export function namesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'name': return [expression.name];
    case 'list': return expression.items.flatMap(namesIn);
    case 'negative': return namesIn(expression.operand);
    case 'operation': return [...namesIn(expression.left), ...namesIn(expression.right)];
    case 'call': return expression.args.flatMap(namesIn);
    default: return [];
  }
}
