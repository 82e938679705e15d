import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { RunReporter } from './report-run';
import { catalogTableName, datasetId, datasetRunFolder, RunLogLine, runLogKey } from '../../contract';

/**
 * Writes the run's line to the landing bucket, for queries over all runs. The key is one that the recorder passes over, so
 * the line makes no record, and it lies outside the tables' folders, so no run has an object too many.
 */
export function runLineWriter(s3: S3Client, landingPrefix: string): RunReporter {
  return async (run, { manifest }) => {
    const line: RunLogLine = {
      run_id: run.runId,
      state: run.runState,
      started_at: run.startedAt,
      finished_at: run.finishedAt,
      checked_at: run.recordedAt,
      server: manifest.source.server ?? '',
      source_database: manifest.source.database ?? '',
      consistency: manifest.consistency?.mode ?? '',
      verification: manifest.verification?.state ?? '',
      format: manifest.format?.name ?? '',
      compression: manifest.format?.compression ?? '',
      tables: run.tables,
      objects: run.objects,
      rows_landed: run.rows,
      size_bytes: run.sizeBytes,
      manifest_key: run.manifestKey,
      datasets: manifest.tables.map((table) => ({
        dataset: datasetId(table.database, table.schema, table.table),
        table_name: catalogTableName(table),
        rows_landed: table.rows,
        objects: table.objects.length,
        size_bytes: table.sizeBytes,
        location: `s3://${run.bucket}/${datasetRunFolder(manifest.prefix, table, run.runId)}`,
      })),
      problems: run.problems ?? [],
    };
    await s3.send(new PutObjectCommand({
      Bucket: run.bucket, Key: runLogKey(landingPrefix, run.runId), Body: `${JSON.stringify(line)}\n`, ContentType: 'application/x-ndjson',
    }));
  };
}
