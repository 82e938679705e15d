import { LegacyToS3Error } from '../api/errors';

/** What is found wrong before anything is read: all of it is told at once, not one thing a run. */
export class Findings {
  private readonly found: LegacyToS3Error[] = [];

  /** Does a check, and goes on after what it finds. @throws what is no finding */
  public async look<T>(check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof LegacyToS3Error)) throw error;
      if (!this.found.some(({ message }) => message === error.message)) this.found.push(error);
      return undefined;
    }
  }

  /** @throws LegacyToS3Error of the first finding's code, with the messages of all */
  public refuse(): void {
    const [first, ...others] = this.found;
    if (!first) return;
    if (others.length === 0) throw first;
    throw new LegacyToS3Error(first.code, [first.message, ...others.map(({ code, message }) => `${code}: ${message}`)].join('; besides '), { cause: first });
  }
}
