import { setTimeout as delay } from 'node:timers/promises';
import { resultPackets } from './result-packets';
import { startScriptedDatabase } from './scripted-database';
import { aggregatePackets } from './source-aggregates';
import type { ExtractionPlan } from '../../../src/extractor/doors/public';
import { plan } from '../../../src/extractor/run/plan-run';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../tools/replay-server/tds-packets';

/** How slow a source is, whatever the number of connections to it. */
export interface Pace {
  readonly chunks: number;
  readonly rowsPerChunk: number;
  /** Pieces a chunk is sent in. */
  readonly pieces: number;
  /** Before each piece (milliseconds). */
  readonly pieceDelayMs: number;
  /** Reads at the same time; one more is refused with error 10928. @default any number */
  readonly mostReads?: number;
}

/** A server of one table, each chunk of which has the same rows, that sends each connection only so much a second, as a throttled or distant one does. */
export class PacedSource {
  public static async start(pace: Pace): Promise<PacedSource> {
    const rows = Array.from({ length: pace.rowsPerChunk }, (_, at) => [at, `name ${at}`] as const);
    let reading = 0;
    const counted = async function* (packets: AsyncIterable<Buffer>) {
      reading += 1;
      try {
        yield* packets;
      } finally {
        reading -= 1;
      }
    };
    const server = await startScriptedDatabase({
      tables: [{ schema: 'dbo', table: 'Paced', columns: ['Id', 'Name'], primaryKey: ['Id'], rows }],
      override: (sql) => {
        if (/SELECT COUNT_BIG/.test(sql)) return [aggregatePackets(sql, rows, sql.includes(' WHERE ') ? undefined : pace.chunks * rows.length)];
        if (!/SELECT \[Id\]/.test(sql)) return undefined;
        if (reading >= (pace.mostReads ?? Infinity)) {
          source.refused += 1;
          return [packetize(Buffer.concat([error(10928, 'The request limit has been reached.'), done(2)]), 4096, true)];
        }
        return counted(slowly(resultPackets(['Id', 'Name'], rows), pace));
      },
    });
    const source: PacedSource = new PacedSource(server, pace);
    return source;
  }

  /** Reads that were refused. */
  public refused = 0;

  private constructor(private readonly server: ReplayServer, private readonly pace: Pace) {}

  public get source() {
    return { server: '127.0.0.1', port: this.server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
  }

  /** A plan that cuts the table into the chunks of the pace. */
  public async plan(): Promise<ExtractionPlan> {
    const made = await plan({ source: this.source, target: 'file:///nowhere' });
    const { chunks, rowsPerChunk } = this.pace;
    const bound = (chunk: number) => [String(chunk * rowsPerChunk)];
    const cut = Array.from({ length: chunks }, (_, chunk) => ({
      chunk,
      ...(chunk > 0 && { lower: bound(chunk) }),
      ...(chunk < chunks - 1 && { upper: bound(chunk + 1) }),
      estimatedRows: rowsPerChunk,
      estimatedBytes: 8192,
    }));
    return { ...made, tables: made.tables.map((table) => ({ ...table, chunkKey: ['Id'], chunks: cut })) };
  }

  /** Connections it was asked for so far. */
  public get logins(): number {
    return this.server.logins;
  }

  public async stop(): Promise<void> {
    await this.server.stop();
  }
}

async function* slowly(packets: Buffer, { pieces, pieceDelayMs }: Pace): AsyncGenerator<Buffer> {
  const size = Math.ceil(packets.length / pieces);
  for (let at = 0; at < packets.length; at += size) {
    await delay(pieceDelayMs);
    yield packets.subarray(at, at + size);
  }
}
