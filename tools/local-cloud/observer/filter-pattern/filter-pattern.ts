import { parseColumns } from './columns';
import { parseJsonCondition } from './json-condition';
import type { FilterPattern, PatternMatch } from './pattern-match';
import { FilterPatternError } from './scanner';
import { parseTerms } from './terms';

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
