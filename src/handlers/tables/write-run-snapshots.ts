import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { RunItem, RunSnapshotLine, runSnapshotsKey, TableCommitItem } from '../../contract';

/** Writes which snapshot of each table shows a run: an object of lines for each run, which the recorder passes over. */
export type WriteRunSnapshots = (run: Pick<RunItem, 'bucket' | 'runId'>, items: readonly TableCommitItem[]) => Promise<void>;

/** Writes to the landing bucket, in place of what was written of the run before. */
export function runSnapshotsWriter(s3: S3Client, landingPrefix: string): WriteRunSnapshots {
  return async ({ bucket, runId }, items) => {
    const lines = items.map((item): RunSnapshotLine => ({
      run_id: runId,
      dataset: item.tableOf,
      table_name: item.tableName,
      state: item.commitState,
      snapshot_id: item.snapshotId ?? '',
      metadata_location: item.metadataLocation ?? '',
      rows_landed: item.rows,
      committed_at: item.recordedAt,
    }));
    await s3.send(new PutObjectCommand({
      Bucket: bucket,
      Key: runSnapshotsKey(landingPrefix, runId),
      Body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      ContentType: 'application/x-ndjson',
    }));
  };
}
