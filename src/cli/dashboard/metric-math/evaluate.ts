import { type CallContext, FUNCTIONS } from './functions';
import { allTimes, Series, seriesOver, slots, type TimeRange, type Value } from './series';
import { type Expression, MetricMathError, namesIn, parseExpression } from './syntax';

/** What expressions refer to, and the range they are for. */
export interface MathInput {
  readonly range: TimeRange;
  /** Metrics by query id. */
  readonly metrics: ReadonlyMap<string, Series>;
  /** Expressions by query id; they may refer to each other. */
  readonly expressions: ReadonlyMap<string, string>;
}

/**
 * Evaluates one expression as GetMetricData does, for services that do not (the local emulator). A number becomes a
 * series over the whole range.
 *
 * @throws MetricMathError for syntax, unknown names and functions, and wrong kinds of arguments
 */
export function evaluateExpression(id: string, input: MathInput): Series[] {
  const value = new Evaluation(input).named(id, []);
  if (typeof value === 'number') return [seriesOver(slots(input.range), () => value)];
  if (value instanceof Series) return [value];
  if (typeof value === 'string') throw new MetricMathError(input.expressions.get(id) ?? id, 'gives text');
  return [...value];
}

type Operator = (left: number, right: number) => number;

const OPERATORS: { readonly [operator: string]: Operator } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  'AND': (a, b) => Number(a !== 0 && b !== 0),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  'OR': (a, b) => Number(a !== 0 || b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
};

class Evaluation {
  private readonly context: CallContext;

  public constructor(private readonly input: MathInput) {
    this.context = { range: input.range, metrics: input.metrics };
  }

  /** Value of a query; `path` holds the ids on the way here, so that a circle is noticed. */
  public named(id: string, path: readonly string[]): Value {
    const metric = this.input.metrics.get(id);
    if (metric) return metric;
    const text = this.input.expressions.get(id);
    if (text === undefined) throw new MetricMathError(id, 'no query has this id');
    if (path.includes(id)) throw new MetricMathError(text, `refers to itself by ${[...path, id].join(' > ')}`);
    return this.value(parseExpression(text), text, [...path, id]);
  }

  private value(node: Expression, text: string, path: readonly string[]): Value {
    switch (node.kind) {
      case 'number':
      case 'text':
        return node.value;
      case 'name':
        // REPEAT and LINEAR stand unquoted in FILL.
        return node.name === 'REPEAT' || node.name === 'LINEAR' ? node.name : this.named(node.name, path);
      case 'list':
        return node.items.flatMap((item) => {
          const value = this.value(item, text, path);
          if (value instanceof Series) return [value];
          if (Array.isArray(value)) return value as Series[];
          throw new MetricMathError(text, 'a list holds time series only');
        });
      case 'negative':
        return this.combine('-', 0, this.value(node.operand, text, path), text);
      case 'operation':
        return this.combine(node.operator, this.value(node.left, text, path), this.value(node.right, text, path), text);
      case 'call': {
        const run = FUNCTIONS[node.name];
        if (!run) throw new MetricMathError(text, `the function ${node.name} is not known here`);
        const result = run(node.args.map((arg) => this.value(arg, text, path)), this.context);
        if (result === undefined) throw new MetricMathError(text, `wrong arguments for ${node.name}`);
        return result;
      }
    }
  }

  private combine(operator: string, left: Value, right: Value, text: string): Value {
    const apply = OPERATORS[operator];
    if (typeof left === 'string' || typeof right === 'string') throw new MetricMathError(text, `${operator} takes no text`);
    if (typeof left === 'number' && typeof right === 'number') return apply(left, right);
    if (typeof left === 'number') return each(right as Series | readonly Series[], (series) => series.map((value) => apply(left, value)));
    if (typeof right === 'number') return each(left, (series) => series.map((value) => apply(value, right)));
    if (left instanceof Series) return each(right, (series) => aligned(left, series, apply));
    if (right instanceof Series) return each(left, (series) => aligned(series, right, apply));
    throw new MetricMathError(text, `${operator} between two lists of time series`);
  }
}

function each(value: Series | readonly Series[], change: (series: Series) => Series): Value {
  return value instanceof Series ? change(value) : value.map(change);
}

/** Only times both sides have a value for count. */
function aligned(left: Series, right: Series, apply: Operator): Series {
  return seriesOver(allTimes([left, right]), (time) => {
    const a = left.at(time);
    const b = right.at(time);
    return a === undefined || b === undefined ? undefined : apply(a, b);
  });
}

/** Ids of all metrics an expression needs, through other expressions too. */
export function metricsOf(id: string, expressions: ReadonlyMap<string, string>, seen = new Set<string>()): Set<string> {
  const text = expressions.get(id);
  if (text === undefined) return new Set([id]);
  if (seen.has(id)) return new Set();
  seen.add(id);
  return new Set(namesIn(parseExpression(text)).flatMap((name) => [...metricsOf(name, expressions, seen)]));
}
