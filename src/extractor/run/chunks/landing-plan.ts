import { changeFileName, datasetRunFolder, MAX_KEY_BYTES, partFileName, type ChangeRole, type Dataset, type ManifestColumn } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { ObjectHeader } from '../../landing/target/landing-target';
import { fileExtension, type OutputFormat } from '../../rows/columns/output-format';
import { freePartitionPrefix } from '../../source/catalog/column-names';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { schemaFingerprint } from '../tables/landed-table';

const TYPES: { readonly [name in OutputFormat['name']]: string } = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

/**
 * Content type of a landed object. A compressed text file is what its name says (`.csv.gz`), not CSV in a content
 * encoding: with `Content-Encoding: gzip` some clients would unpack it and then mistake it by its name.
 */
export function contentTypeOf(format: OutputFormat): string {
  if (format.name === 'parquet' || format.compression === 'none') return TYPES[format.name];
  return format.compression === 'gzip' ? 'application/gzip' : 'application/zstd';
}

/** Where the objects of one table land and what they say of themselves. */
export class LandingPlan {
  /** Folder of the table's objects in this run, with a trailing slash. */
  public readonly folder: string;

  /** @throws LegacyToS3Error of code INVALID_CONFIG when the names make keys longer than S3 allows */
  public constructor(
    prefix: string,
    private readonly dataset: Dataset,
    private readonly runId: string,
    private readonly format: OutputFormat,
  ) {
    this.folder = datasetRunFolder(prefix, dataset, runId);
    const bytes = Buffer.byteLength(this.key(0, 0));
    if (bytes > MAX_KEY_BYTES) {
      throw new LegacyToS3Error('INVALID_CONFIG', `the object keys of ${dataset.schema}.${dataset.table} would have ${bytes} bytes, `
        + `S3 allows ${MAX_KEY_BYTES}; use a shorter prefix or leave the table out`);
    }
  }

  /** @param role of a file of changes */
  public key(chunk: number, file: number, role?: ChangeRole): string {
    const extension = fileExtension(this.format);
    return this.folder + (role === undefined ? partFileName(chunk, file, extension) : changeFileName(role, chunk, file, extension));
  }

  /** `<chunk>-<file>`, as in the file name. */
  public part(chunk: number, file: number): string {
    return partFileName(chunk, file, '').replace(/^part-|\.$/g, '');
  }

  public header(chunk: number, file: number, columns: readonly ManifestColumn[], role?: ChangeRole): ObjectHeader {
    return {
      key: this.key(chunk, file, role),
      contentType: contentTypeOf(this.format),
      metadata: {
        database: this.dataset.database,
        schema: this.dataset.schema,
        table: this.dataset.table,
        runId: this.runId,
        part: this.part(chunk, file),
        format: this.format.name,
        compression: this.format.compression,
        schemaFingerprint: schemaFingerprint(columns),
      },
    };
  }
}

/** Where a job's objects land. @throws LegacyToS3Error when its keys would be too long */
export function planOf({ target, database, runId, options }: Pick<RunContext, 'target' | 'database' | 'runId' | 'options'>, job: ReadJob): LandingPlan {
  const { schema, table, partitionPrefix } = job;
  return new LandingPlan(target.prefix, { database, schema, table, partitionPrefix }, runId, options.format);
}

/** The job with what its columns make of its keys, which is planned of tables, but of a query not known before. */
export function withColumns(job: ReadJob, columns: ReadonlyArray<{ readonly name: string }>): ReadJob {
  return job.planned ? job : { ...job, partitionPrefix: freePartitionPrefix(columns.map(({ name }) => name)) };
}
