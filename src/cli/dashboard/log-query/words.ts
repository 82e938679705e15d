/** A log event, its fields as text; nested ones by their path (`error.name`). */
export interface LogRecord {
  get(field: string): string | undefined;
}

/** A query this module cannot run. */
export class LogQueryError extends Error {
  public readonly code = 'LOG_QUERY';

  public constructor(problem: string) {
    super(`log query: ${problem}`);
    this.name = 'LogQueryError';
  }
}

const WORD = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\/(?:[^/\\]|\\.)+\/i?)|`([^`]+)`|([@\w][\w.@-]*)|(=~|<=|>=|!=|[-=<>()[\],*]))/gy;

interface Word {
  readonly kind: 'text' | 'pattern' | 'name' | 'sign';
  readonly text: string;
}

/** The words of one command, read from left to right. */
export class Words {
  private readonly words: readonly Word[];
  private at = 0;

  public constructor(command: string) {
    const words: Word[] = [];
    const text = command.trimEnd();
    WORD.lastIndex = 0;
    while (WORD.lastIndex < text.length) {
      const from = WORD.lastIndex;
      const match = WORD.exec(text);
      if (!match) throw new LogQueryError(`unexpected '${text.slice(from, from + 20)}'`);
      const [, double, single, pattern, quotedName, name, sign] = match;
      if (double !== undefined || single !== undefined) words.push({ kind: 'text', text: (double ?? single).replace(/\\(["'\\])/g, '$1') });
      else if (pattern !== undefined) words.push({ kind: 'pattern', text: pattern });
      else if (quotedName !== undefined || name !== undefined) words.push({ kind: 'name', text: quotedName ?? name });
      else words.push({ kind: 'sign', text: sign });
    }
    this.words = words;
  }

  /** The word to come, for messages. */
  public get next(): string | undefined {
    return this.words[this.at]?.text;
  }

  public accept(word: string): boolean {
    const next = this.words[this.at];
    if (!next || (next.kind !== 'name' && next.kind !== 'sign') || next.text.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }

  public expect(word: string): void {
    if (!this.accept(word)) throw new LogQueryError(`expected '${word}', got '${this.next ?? 'the end'}'`);
  }

  public name(): string {
    return this.take('a field', 'name').text;
  }

  /** A text, or a word or number without quotes. */
  public value(): string {
    const sign = this.accept('-') ? '-' : '';
    return sign + this.take('a value', 'text', 'name').text;
  }

  public list(): string[] {
    this.expect('[');
    const values: string[] = [];
    do values.push(this.value()); while (this.accept(','));
    this.expect(']');
    return values;
  }

  /** `/expression/i`, or a text that is looked for as it stands. */
  public pattern(): RegExp {
    const { kind, text } = this.take('/expression/ or a text', 'pattern', 'text');
    if (kind === 'text') return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const end = text.lastIndexOf('/');
    return new RegExp(text.slice(1, end), text.slice(end + 1));
  }

  public end(): void {
    if (this.at < this.words.length) throw new LogQueryError(`unexpected '${this.next}'`);
  }

  private take(what: string, ...kinds: Word['kind'][]): Word {
    const word = this.words[this.at];
    if (!word || !kinds.includes(word.kind)) throw new LogQueryError(`expected ${what}, got '${word?.text ?? 'the end'}'`);
    this.at += 1;
    return word;
  }
}
