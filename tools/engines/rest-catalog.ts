import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type LocalCloud, poll, startGuarded, tailOf } from '../local-cloud';
import { fileOf, REST_DOWNLOADS, REST_JARS } from './downloads';
import { EngineError } from './engine';
import { findJava, JAVA_OF_REST } from './java';

const START_DEADLINE_MS = 60_000;
const PYTHON = path.resolve(__dirname, '..', '..', '.venv', 'bin', 'python');

/** Apache's own server of the Iceberg REST catalog API, its tables in the local cloud's S3. */
export class RestCatalog {
  /** @throws EngineError with the end of the server's log when it does not come up */
  public static async start(cloud: LocalCloud): Promise<RestCatalog> {
    const java = findJava(JAVA_OF_REST);
    if (java === undefined) throw new EngineError('rest', 'there is no Java for it');
    const folder = mkdtempSync(path.join(tmpdir(), 'rest-catalog-'));
    const logFile = path.join(folder, 'rest.log');
    const port = await freePort();
    const jar = path.join(REST_JARS, fileOf(REST_DOWNLOADS[0]));
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = cloud.env;
    // CATALOG_A_B__C is the property a.b-c.
    const server = startGuarded(PYTHON, [java, '-Xmx512m', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${folder}`, '-jar', jar], {
      cwd: folder,
      logFile,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_REGION: cloud.region,
        REST_PORT: String(port),
        CATALOG_REST_PORT: String(port),
        CATALOG_WAREHOUSE: 's3://lake/warehouse',
        CATALOG_URI: `jdbc:sqlite:${path.join(folder, 'catalog.db')}`,
        CATALOG_IO__IMPL: 'org.apache.iceberg.aws.s3.S3FileIO',
        CATALOG_S3_ENDPOINT: cloud.endpoint,
        CATALOG_S3_PATH__STYLE__ACCESS: 'true',
      },
    });
    const uri = `http://127.0.0.1:${port}`;
    const stop = async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      const state = await poll(async () => server.ended() ? 'ended' as const : (await fetch(`${uri}/v1/config`)).ok && 'started' as const,
        { what: `${uri}/v1/config`, deadlineMs: START_DEADLINE_MS, intervalMs: 100 });
      if (state === 'ended') throw new Error('it ended while it started');
      return new RestCatalog(uri, stop);
    } catch (error) {
      const log = tailOf(logFile);
      await stop();
      throw new EngineError('rest', `${(error as Error).message}\n${log}`);
    }
  }

  private constructor(
    /** `http://127.0.0.1:<port>` */
    public readonly uri: string,
    public readonly stop: () => Promise<void>,
  ) {}
}
