import { randomUUID } from 'node:crypto';
import type { ChunkProgress } from './land-rows';
import { planOf, withColumns } from './landing-plan';
import { readChunk } from './read-chunk';
import { retrying } from './retry';
import type { ChangeRole } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { TransactionBegin } from '../../changes/changed-table';
import { readBegin } from '../../changes/transaction-begin';
import { quoteName } from '../../source/catalog/identifiers';
import { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { INSTANT_SQL, ISOLATION_SQL, MEMORY_OPTIMIZED_SQL } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';
import { chunkNameOf, nameOf, type ReadJob } from '../context/read-job';
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
  /** What ends the transaction. */
  readonly transaction?: string;
  /** What it began with; absent where no marks are taken, or there is none. */
  readonly begin?: TransactionBegin;
}

/** Sessions that a reader has: memory-optimised tables cannot be read in those of other tables. */
type SessionKind = 'plain' | 'memoryOptimized';

/**
 * Reads one chunk after the other over a connection of its own. Under SNAPSHOT one transaction spans them all, so that
 * what a reader reads is as of one instant; after a lost connection a new transaction, and a new instant, begins. Chunks of
 * memory-optimised tables have a second connection and transaction, which begins with the first of them.
 */
export class ChunkReader implements Reader {
  private readonly sessions = new Map<SessionKind, Session>();

  /** @param first a connection that is open already */
  public constructor(private readonly context: RunContext, private first?: SqlServerConnection) {}

  public async read(job: ReadJob, progress: Pick<ChunkProgress, 'onProgress'>): Promise<LandedChunk> {
    const kind: SessionKind = job.memoryOptimized ? 'memoryOptimized' : 'plain';
    /** Files begun, by what they hold. */
    const opened = new Map<ChangeRole | undefined, number>();
    return retrying(this.context, async (attempt) => {
      try {
        if (attempt > 1) await this.assertOwn(job);
        const { connection, instant, state, begin } = await this.open(kind);
        const read = await readChunk(this.context, connection, job, {
          ...progress, attempt, onOpen: (file, role) => void opened.set(role, Math.max(opened.get(role) ?? 0, file + 1)),
        }, begin);
        for (const [role, files] of opened) {
          const landed = read.objects.filter((object) => object.role === role).length;
          await this.removeRest(withColumns(job, read.columns), role, landed, files);
        }
        return { ...read, attempts: attempt, ...(instant !== undefined && { instant }), ...(state !== undefined && { state }) };
      } catch (error) {
        await this.discard(kind);
        throw error;
      }
    }, (notice) => this.context.emit({ type: 'chunk-retry', ...nameOf(this.context, job), ...notice }));
  }

  /** Connects and begins the transaction, if that has not been done. */
  public async open(kind: SessionKind = 'plain'): Promise<Session> {
    const session = this.sessions.get(kind) ?? await this.start(kind);
    this.sessions.set(kind, session);
    return session;
  }

  /** What was read is landed, whatever becomes of the transaction. */
  public async close(): Promise<void> {
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    for (const { connection, transaction } of sessions) {
      if (transaction !== undefined && !this.context.signal.aborted) {
        await connection.query('COMMIT TRANSACTION', `end ${transaction}`).catch(() => undefined);
      }
      await connection.close();
    }
    await this.first?.close();
    this.first = undefined;
  }

  private async start(kind: SessionKind): Promise<Session> {
    const { options, signal } = this.context;
    const connection = this.first ?? await SqlServerConnection.open(options.connection, signal);
    this.first = undefined;
    try {
      await connection.query(options.sessionSql, 'set the session\'s options');
      return await this.begin(connection, kind);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private async begin(connection: SqlServerConnection, kind: SessionKind): Promise<Session> {
    const { consistency, snapshot } = this.context;
    if (consistency === 'query') return { connection };
    if (kind === 'memoryOptimized') return this.inTransaction(connection, MEMORY_OPTIMIZED_SQL, 'a transaction of memory-optimised tables');
    const isolation = ISOLATION_SQL[consistency];
    if (isolation !== undefined) await connection.query(isolation, 'set the isolation level');
    if (snapshot) {
      await connection.query(`USE ${quoteName(snapshot.name)}`, 'use the database snapshot');
      return { connection, instant: snapshot.instant, state: snapshot.name, ...(snapshot.begin && { begin: snapshot.begin }) };
    }
    if (consistency === 'snapshot') return this.inTransaction(connection, 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'a SNAPSHOT transaction');
    return { connection, instant: await this.instant(connection) };
  }

  /** A transaction that shows one state of what it reads. */
  private async inTransaction(connection: SqlServerConnection, sql: string, transaction: string): Promise<Session> {
    await connection.query(sql, `start ${transaction}`);
    const { ways } = this.context;
    const begin = ways ? await readBegin(connection, ways) : undefined;
    return { connection, instant: begin?.at ?? await this.instant(connection), state: randomUUID(), transaction, ...(begin && { begin }) };
  }

  private async instant(connection: SqlServerConnection): Promise<string> {
    const [row] = await connection.query(INSTANT_SQL, 'ask for the source\'s time');
    return new Date(String(row?.instant)).toISOString();
  }

  /** Closes the connection; the server rolls the transaction back. */
  private async discard(kind: SessionKind): Promise<void> {
    const session = this.sessions.get(kind);
    this.sessions.delete(kind);
    await session?.connection.close().catch(() => undefined);
  }

  /** Who lost the chunk meanwhile does not ask for it again. A store that does not answer is asked again before the chunk is complete. */
  private async assertOwn(job: ReadJob): Promise<void> {
    await this.context.mayComplete(true, chunkNameOf(job)).catch((error: unknown) => {
      if (error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE') throw error;
    });
  }

  /** Deletes objects of failed attempts that the last one did not overwrite. */
  private async removeRest(job: ReadJob, role: ChangeRole | undefined, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const plan = planOf(this.context, job);
    await this.context.mayComplete(true, chunkNameOf(job));
    for (let file = from; file < to; file++) await this.context.target.remove(plan.key(job.chunk.chunk, file, role));
  }
}
