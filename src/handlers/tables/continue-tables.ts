import { S3Client } from '@aws-sdk/client-s3';
import { commitTables, TablesServices } from './commit-tables';
import { GoOnRequest } from './go-on';
import { CompletionSummary } from '../complete/complete-event';
import { ManifestReading } from '../complete/kept-table';
import { readManifest } from '../complete/read-manifest';
import { BatchNotHandledError, RecordNotHandledError } from '../shared/errors';

/** What going on works with. */
export interface ContinueServices {
  readonly s3: S3Client;
  readonly reading?: ManifestReading;
  readonly tables: TablesServices;
}

/**
 * Goes on with the tables of a run that was checked, unless it was checked again since with another outcome. Its objects are not looked
 * at again: commits read what the manifest names.
 *
 * @throws BatchNotHandledError when tables failed that are to be tried again
 */
export async function continueTables(services: ContinueServices, request: GoOnRequest, remaining: () => number): Promise<CompletionSummary> {
  const { telemetry } = services.tables;
  try {
    return { runs: await goOn(services, request, remaining) };
  } catch (error) {
    const failure = new RecordNotHandledError(`s3://${request.bucket}/${request.key}`, error);
    telemetry.failure('the tables of a run could not be gone on with', failure);
    throw new BatchNotHandledError([failure], 1);
  }
}

async function goOn({ s3, reading, tables }: ContinueServices, request: GoOnRequest, remaining: () => number): Promise<CompletionSummary['runs']> {
  const { items, runs, telemetry } = tables;
  const { bucket, key, manifestETag, runId, runState, since } = request;
  const landed = await readManifest(s3, bucket, key, reading);
  const run = await items.run(runId);
  if (!run || landed?.eTag !== manifestETag || run.manifestETag !== manifestETag || run.runState !== runState) {
    telemetry.info('run checked later by another', { runId });
    return [];
  }
  const next = await commitTables(tables, run, landed, remaining, since);
  if (next) {
    await next();
  } else {
    // Whether it was announced may be noted since.
    const now = await items.run(runId);
    if (now?.recordedAt === run.recordedAt) await runs.setReported(now, now.announced, (now.unreported ?? []).filter((each) => each !== 'catalog'));
  }
  return [{ runId, runState }];
}
