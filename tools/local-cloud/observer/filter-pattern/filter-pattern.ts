import { parseColumns } from './columns';
import { parseJsonCondition } from './json-condition';
import { FilterPatternError } from './scanner';
import { parseTerms } from './terms';

/** What a pattern found in a message. */
export interface PatternMatch {
  /**
   * Text of what a metric's value or dimension refers to: `$.path` in a JSON pattern, `$name` in a space-delimited one.
   * Undefined when it is missing or no scalar.
   */
  extract(selector: string): string | undefined;
}

/** A CloudWatch Logs filter pattern, ready to match. */
export interface FilterPattern {
  /** Undefined when the message does not match. */
  match(message: string): PatternMatch | undefined;
}

export { FilterPatternError };

const NOTHING: PatternMatch = { extract: () => undefined };

/**
 * Parses a filter pattern (CloudWatch Logs, "Filter pattern syntax"): empty, terms, JSON `{ ... }` or
 * space-delimited `[ ... ]`.
 *
 * @throws FilterPatternError when CloudWatch Logs would refuse it too
 */
export function parseFilterPattern(text: string): FilterPattern {
  const pattern = text.trim();
  if (pattern === '') return { match: () => NOTHING };
  if (pattern.startsWith('{')) {
    const condition = parseJsonCondition(pattern);
    return { match: (message) => condition(message) };
  }
  if (pattern.startsWith('[')) return parseColumns(pattern);
  const terms = parseTerms(pattern);
  return { match: (message) => (terms(message) ? NOTHING : undefined) };
}
