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
