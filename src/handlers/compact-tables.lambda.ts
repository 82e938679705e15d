import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { compactionRequest, HANDLER_ENV } from '../contract';
import { compactLanded, CompactionSummary, CompactServices } from './compact/compact-landed';
import { CompactionItems } from './compact/compaction-items';
import { CLIENT_SETTINGS, requiredEnvironment } from './shared/configuration';
import { InvalidEventError } from './shared/errors';
import { handOver } from './shared/hand-over';
import { PowertoolsTelemetry } from './shared/telemetry';
import { GluePace } from './tables/glue-pace';
import { GlueTables } from '../iceberg/catalogs/glue-tables';
import { compactTable } from '../iceberg/commit/compact/compact-table';
import { S3Files } from '../iceberg/files/s3-files';

/** Name and memory of the function itself (Lambda, "Defined runtime environment variables"). */
const OWN_NAME = 'AWS_LAMBDA_FUNCTION_NAME';
const OWN_MEMORY = 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE';

/** Size of new files, and the least memory for it: a table's rows are in memory as values while a file is made. */
const TARGET_BYTES = 128 * 1024 * 1024;
const MEMORY_PER_TARGET = 16;

/** Longest a function runs (Lambda, "quotas"). */
const LONGEST_MS = 900_000;

/** What Lambda tells of an invocation. */
interface Context {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: (CompactServices & { readonly pace: GluePace }) | undefined;

/** Compacts the table that an event names; see `CompactionRequest`. It is in the bundle of run completion, as another entry. */
export const compact = async (event: unknown, context: Context = {}): Promise<CompactionSummary> =>
  telemetry.invocation(context.awsRequestId, async () => {
    const request = compactionRequest(event);
    if (!request) throw new InvalidEventError('expected an event that names a bucket and a table to compact');
    services ??= connect();
    const remaining = () => context.getRemainingTimeInMillis?.() ?? LONGEST_MS;
    services.pace.begin(remaining);
    return compactLanded(services, request, { id: context.awsRequestId ?? String(Date.now()), remaining });
  });

function connect(): CompactServices & { readonly pace: GluePace } {
  const files = new S3Files(new S3Client(CLIENT_SETTINGS));
  const glue = new GlueClient(CLIENT_SETTINGS);
  const pace = new GluePace();
  pace.govern(glue);
  const catalog = new GlueTables(glue, requiredEnvironment(HANDLER_ENV.glueDatabase), files);
  const lambda = new LambdaClient(CLIENT_SETTINGS);
  const memory = Number(process.env[OWN_MEMORY] || Infinity) * 1024 * 1024;
  return {
    pace,
    workplaceOf: (bucket) => ({ files, catalog, root: `s3://${bucket}/`, prefix: process.env[HANDLER_ENV.landingPrefix] ?? '' }),
    items: new CompactionItems(new DynamoDBClient(CLIENT_SETTINGS), requiredEnvironment(HANDLER_ENV.tableName)),
    telemetry,
    compact: compactTable,
    targetBytes: Math.min(TARGET_BYTES, Math.floor(memory / MEMORY_PER_TARGET)),
    invokeAgain: async (event) => handOver(lambda, requiredEnvironment(OWN_NAME), event),
  };
}

const readyAt = performance.now();
