import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { connectClient } from './stand-in-client';
import type { ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';

/** A source for the tests of a file, and for each test an empty folder to land in. */
export class StandInRuns {
  public server!: StandIn;
  /** Of another, that writes to the source. */
  public client!: sql.ConnectionPool;
  public folder!: string;

  /** What every run between the two has. */
  public get endpoints(): Pick<ExtractorProps, 'source' | 'target'> {
    const { host, port, database, user, password } = this.server;
    return { source: { server: host, port, database, user, password, encrypt: false }, target: pathToFileURL(this.folder).href };
  }
}

/** Starts the source before the tests of the file and stops it after them. */
export function standInRuns(): StandInRuns {
  const runs = new StandInRuns();
  beforeAll(async () => {
    runs.server = await startStandIn({ transactions: 10 });
    runs.client = await connectClient(runs.server);
  });
  afterAll(async () => {
    await runs.client?.close();
    await runs.server?.stop();
  });
  beforeEach(() => { runs.folder = mkdtempSync(join(tmpdir(), 'stand-in-runs-')); });
  afterEach(() => rmSync(runs.folder, { recursive: true }));
  return runs;
}
