/** An error as SQL Server reports it: number, class (severity), state and line of the batch (MS-TDS 2.2.7.10). */
export class SqlError extends Error {
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  line: number;
  procedure = '';

  constructor(number: number, message: string, at: { severity?: number; state?: number; line?: number } = {}) {
    super(message);
    this.number = number;
    this.severity = at.severity ?? 16;
    this.state = at.state ?? 1;
    this.line = at.line ?? 0;
  }
}

export const syntaxError = (near: string, line: number) =>
  new SqlError(102, `Incorrect syntax near '${near}'.`, { severity: 15, line });

export const keywordError = (keyword: string, line: number) =>
  new SqlError(156, `Incorrect syntax near the keyword '${keyword}'.`, { severity: 15, line });

export const invalidObject = (name: string, line: number) =>
  new SqlError(208, `Invalid object name '${name}'.`, { line });

export const invalidColumn = (name: string, line: number) =>
  new SqlError(207, `Invalid column name '${name}'.`, { line });

export const unboundIdentifier = (name: string, line: number) =>
  new SqlError(4104, `The multi-part identifier "${name}" could not be bound.`, { line });

/** Something SQL Server does and the stand-in does not; 40517 is Azure SQL's number for an unsupported keyword. */
export const unsupported = (what: string, line = 0) =>
  new SqlError(40517, `The stand-in does not support ${what}.`, { line });

/** Errors found below an expression get its line unless they have one. */
export function withLine<T>(line: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SqlError && error.line === 0) {
      error.line = line;
    }
    throw error;
  }
}
