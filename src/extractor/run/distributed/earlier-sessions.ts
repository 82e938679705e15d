import { endSessions } from '../../source/connection/end-sessions';
import { SqlServerConnection, type ConnectionOptions } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import type { ChunkClaims, ChunkName } from '../../state/chunk-claims';

/**
 * What the source shows as the program of a worker's sessions: run, epoch, and which invocation of a worker it is. A session reads
 * one chunk after the other, so that it cannot be named by a claim; the claim names the session.
 */
export function sessionName(runId: string, epoch: number, invocation: string): string {
  return `cdk-legacy-to-s3 ${runId} ${epoch} ${invocation}`;
}

/**
 * Ends the sessions of workers that had a chunk before: they are dead, or hang, while the source still does what they asked for, which
 * would be asked for twice at a time. What does not work is told once, and hinders nothing.
 */
export class EarlierSessions {
  private isTold = false;
  /** One connection at a time is all that the source has besides the readers'. */
  private working: Promise<void> = Promise.resolve();

  public constructor(
    private readonly runId: string, private readonly connection: ConnectionOptions, private readonly claims: ChunkClaims,
    private readonly warn: (message: string) => void,
  ) {}

  /** @param claim that is being read by; the sessions of those before it are ended */
  public async end(chunk: ChunkName, claim: number): Promise<void> {
    const own = this.connection.applicationName;
    const names = (await this.claims.sessionsBefore(chunk, claim)).filter((name) => name !== own && isOfRun(name, this.runId));
    if (names.length === 0 || this.isTold) return;
    this.working = this.working.then(async () => this.endNamed(names));
    await this.working;
  }

  private async endNamed(names: readonly string[]): Promise<void> {
    try {
      const connection = await SqlServerConnection.open(this.connection);
      try {
        const ended = await endSessions(connection, names);
        if (ended > 0) this.warn(`ended ${ended === 1 ? 'a session' : `${ended} sessions`} of workers before, which still read at the source`);
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (this.isTold) return;
      this.isTold = true;
      const { message } = toSafeError(error, [this.connection.password]);
      this.warn(`sessions of workers before may still read at the source, since they cannot be ended from here: ${message}`);
    }
  }
}

/** What a claim says was written by whoever may write the state; it names none but sessions of this run's workers. */
function isOfRun(name: string, runId: string): boolean {
  const prefix = `cdk-legacy-to-s3 ${runId} `;
  return name.startsWith(prefix) && /^\d+ [0-9a-f]{16}$/.test(name.slice(prefix.length));
}
