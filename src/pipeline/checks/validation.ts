import { Duration, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The error a construct throws for bad input; it names the construct by its path. */
export function invalidInput(scope: IConstruct, message: string): Error {
  return new Error(`${scope.node.path}: ${message}`);
}

/** The bounds of a number, inclusive. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
}

/** Refuses a number that is not whole or out of bounds. What is not set, or known only at deployment, passes. */
export function requireWhole(scope: IConstruct, name: string, value: number | undefined, bounds: Bounds): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isSafeInteger(value) || !within(value, bounds)) {
    throw invalidInput(scope, `${name} must be a whole number ${describeBounds(bounds)}, got ${value}`);
  }
}

/** Refuses a number that is not finite or out of bounds. What is not set, or known only at deployment, passes. */
export function requireNumber(scope: IConstruct, name: string, value: number | undefined, bounds: Bounds & { readonly above?: number }): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isFinite(value) || !within(value, bounds) || (bounds.above !== undefined && value <= bounds.above)) {
    throw invalidInput(scope, `${name} must be a number${Object.keys(bounds).length > 0 ? ` ${describeBounds(bounds)}` : ''}, got ${value}`);
  }
}

/** Milliseconds of a unit. */
const UNITS = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 };

/** The bounds of a duration, inclusive; with `whole`, it must be a multiple of that. */
export interface DurationBounds {
  readonly min: Duration;
  readonly max: Duration;
  readonly whole?: keyof typeof UNITS;
}

/** Refuses a duration out of bounds. What is not set, or known only at deployment, passes. */
export function requireDuration(scope: IConstruct, name: string, value: Duration | undefined, { min, max, whole }: DurationBounds): void {
  if (value === undefined || value.isUnresolved()) return;
  const milliseconds = value.toMilliseconds();
  const tooOdd = whole !== undefined && milliseconds % UNITS[whole] !== 0;
  if (milliseconds < min.toMilliseconds() || milliseconds > max.toMilliseconds() || tooOdd) {
    throw invalidInput(scope, `${name} must be ${whole ? `whole ${whole} ` : ''}from ${readable(min)} to ${readable(max)}, got ${readable(value)}`);
  }
}

/** A duration that is known before deployment. */
export function known(duration: Duration | undefined): Duration | undefined {
  return duration?.isUnresolved() ? undefined : duration;
}

function readable(duration: Duration): string {
  const milliseconds = duration.toMilliseconds();
  return milliseconds < 1000 ? `${milliseconds} ms` : duration.toHumanString();
}

/** Refuses a text that does not match. What is not set, or known only at deployment, passes. */
export function requireText(scope: IConstruct, name: string, value: string | undefined, pattern: RegExp, allowed: string): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!pattern.test(value)) throw invalidInput(scope, `${name} must be ${allowed}, got '${value}'`);
}

function within(value: number, { min, max }: Bounds): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

function describeBounds({ min, max, above, unit }: Bounds & { readonly above?: number }): string {
  const of = unit ? `of ${unit} ` : '';
  if (above !== undefined) return `${of}above ${above}${max === undefined ? '' : ` and at most ${max}`}`;
  if (min !== undefined && max !== undefined) return `${of}from ${min} to ${max}`;
  return min !== undefined ? `${of}of at least ${min}` : `${of}of at most ${max}`;
}
