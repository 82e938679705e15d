/** A filter pattern that is not of the documented syntax. */
export class FilterPatternError extends Error {
  public readonly code = 'FILTER_PATTERN';

  public constructor(pattern: string, at: number, expected: string) {
    super(`filter pattern '${pattern}': expected ${expected} at position ${at}, got '${pattern.slice(at, at + 20)}'`);
    this.name = 'FilterPatternError';
  }
}

/** Reads a pattern from left to right. */
export class Scanner {
  private at = 0;

  public constructor(private readonly text: string) {}

  public get done(): boolean {
    return this.at >= this.text.length;
  }

  public skipSpace(): void {
    this.take(/\s*/y);
  }

  /** Whether the rest starts with `literal`; if so it is consumed. */
  public accept(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** Consumes what a sticky expression matches here; undefined when it does not. */
  public take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    if (!match) return undefined;
    this.at += match[0].length;
    return match;
  }

  public fail(expected: string): never {
    throw new FilterPatternError(this.text, this.at, expected);
  }
}

/** Double-quoted text with backslash escapes; group 1 is what is between the quotes. */
export const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/** A regular expression between percent signs. */
export const REGEX = /%((?:[^%\\]|\\.)+)%/y;

/** Takes the escapes out of quoted text. */
export function unescapeQuoted(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
