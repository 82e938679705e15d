import { randomUUID } from 'node:crypto';
import { planOf, withColumns } from './landing-plan';
import { readChunk, type ChunkProgress } from './read-chunk';
import { retrying } from './retry';
import { quoteName } from '../../source/catalog/identifiers';
import { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { INSTANT_SQL, ISOLATION_SQL } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';
import { nameOf, type ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/** Reads one chunk after the other over a connection of its own. */
export interface Reader {
  /** Reads a chunk, anew from its begin after failures that pass. @throws LegacyToS3Error */
  read(job: ReadJob, progress: Pick<ChunkProgress, 'onProgress'>): Promise<LandedChunk>;
  /** Ends transaction and connection. Never throws. */
  close(): Promise<void>;
}

/** An open connection and the transaction on it. */
interface Session {
  readonly connection: SqlServerConnection;
  /** The source's clock before the first read; absent for a query. */
  readonly instant?: string;
  /** Names the state of the database that it shows. */
  readonly state?: string;
}

/**
 * Reads one chunk after the other over a connection of its own. Under SNAPSHOT one transaction spans them all, so that
 * what a reader reads is as of one instant; after a lost connection a new transaction, and a new instant, begins.
 */
export class ChunkReader implements Reader {
  private session?: Session;

  /** @param first a connection that is open already */
  public constructor(private readonly context: RunContext, private first?: SqlServerConnection) {}

  public async read(job: ReadJob, progress: Pick<ChunkProgress, 'onProgress'>): Promise<LandedChunk> {
    let opened = 0;
    return retrying(this.context, async (attempt) => {
      try {
        const { connection, instant, state } = await this.open();
        const read = await readChunk(this.context, connection, job, { ...progress, onOpen: (file) => { opened = Math.max(opened, file + 1); } });
        await this.removeRest(withColumns(job, read.columns), read.objects.length, opened);
        return { ...read, attempts: attempt, ...(instant !== undefined && { instant }), ...(state !== undefined && { state }) };
      } catch (error) {
        await this.discard();
        throw error;
      }
    }, (notice) => this.context.emit({ type: 'chunk-retry', ...nameOf(this.context, job), ...notice }));
  }

  /** Connects and begins the transaction, if that has not been done. */
  public async open(): Promise<Session> {
    return this.session ??= await this.start();
  }

  /** What was read is landed, whatever becomes of the transaction. */
  public async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (session && this.context.consistency === 'snapshot' && !this.context.signal.aborted) {
      await session.connection.query('COMMIT TRANSACTION', 'end the SNAPSHOT transaction').catch(() => undefined);
    }
    await session?.connection.close();
    await this.first?.close();
    this.first = undefined;
  }

  private async start(): Promise<Session> {
    const { options, consistency, snapshot, signal } = this.context;
    const connection = this.first ?? await SqlServerConnection.open(options.connection, signal);
    this.first = undefined;
    try {
      await connection.query(options.sessionSql, 'set the session\'s options');
      if (consistency === 'query') return { connection };
      const isolation = ISOLATION_SQL[consistency];
      if (isolation !== undefined) await connection.query(isolation, 'set the isolation level');
      if (snapshot) {
        await connection.query(`USE ${quoteName(snapshot.name)}`, 'use the database snapshot');
        return { connection, instant: snapshot.instant, state: snapshot.name };
      }
      if (consistency === 'snapshot') {
        await connection.query('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'start a SNAPSHOT transaction');
      }
      const [row] = await connection.query(INSTANT_SQL, 'ask for the source\'s time');
      return { connection, instant: new Date(String(row?.instant)).toISOString(), ...(consistency === 'snapshot' && { state: randomUUID() }) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Closes the connection; the server rolls the transaction back. */
  private async discard(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.connection.close().catch(() => undefined);
  }

  /** Deletes objects of failed attempts that the last one did not overwrite. */
  private async removeRest(job: ReadJob, from: number, to: number): Promise<void> {
    const plan = planOf(this.context, job);
    for (let file = from; file < to; file++) await this.context.target.remove(plan.key(job.chunk.chunk, file));
  }
}
