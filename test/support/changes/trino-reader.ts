import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Rows, Trino, whyMissing } from '../../../tools/engines';
import { startLocalCloud, type LocalCloud } from '../../../tools/local-cloud';
import type { MemoryFiles } from '../tables/memory-files';
import { BUCKET, ROOT } from '../tables/memory-tables';

const SCHEMA = 'drill';

/** Trino on a cloud of its own, to which the files of tables in memory are copied under their own names. */
export class TrinoReader {
  /** @throws Error where Trino is not installed */
  public static async start(): Promise<TrinoReader> {
    const missing = whyMissing('trino');
    if (missing !== undefined) throw new Error(`--trino: ${missing}`);
    const cloud = await startLocalCloud({ enforceIam: false });
    try {
      const reader = new TrinoReader(cloud, await Trino.start(cloud));
      await reader.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
      await reader.trino.query(`CREATE SCHEMA glue.${SCHEMA}`);
      return reader;
    } catch (error) {
      await cloud.stop();
      throw error;
    }
  }

  private readonly s3: S3Client;
  private readonly copied = new Map<string, Buffer>();
  private read = 0;

  private constructor(private readonly cloud: LocalCloud, private readonly trino: Trino) {
    this.s3 = new S3Client({ ...cloud.clientConfig, expectContinueHeader: false });
  }

  /** All rows of the table that a metadata file describes. */
  public async rows(files: MemoryFiles, metadataLocation: string): Promise<Rows> {
    await this.copy(files);
    const [location, file] = metadataLocation.split('/metadata/');
    const name = `t${this.read += 1}`;
    await this.trino.register(SCHEMA, name, location, file);
    try {
      return await this.trino.rows({ glue: { database: SCHEMA, name }, metadataLocation });
    } finally {
      await this.trino.query(`CALL glue.system.unregister_table('${SCHEMA}', '${name}')`);
    }
  }

  public async stop(): Promise<void> {
    this.s3.destroy();
    await this.trino.stop();
    await this.cloud.stop();
  }

  private async copy({ content }: MemoryFiles): Promise<void> {
    for (const [uri, body] of content) {
      if (this.copied.get(uri) === body) continue;
      await this.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: uri.slice(ROOT.length), Body: body }));
      this.copied.set(uri, body);
    }
  }
}
