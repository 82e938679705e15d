import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { toAwsError } from './aws-errors';
import { MAX_REPLAY_FAILURES, type ReplayFailure, type ReplayRequest, type ReplayResult } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';

/** What a replay came to, over all invocations it took. */
export interface ReplayTotals {
  readonly attempted: number;
  readonly succeeded: number;
  readonly failed: number;
  /** The first ones. */
  readonly failures: readonly ReplayFailure[];
}

/** A replay may take Lambda's longest time (15 minutes) to answer. */
const TIMEOUT_MS = 16 * 60_000;

/** {@link replayAll} with a client made for it. */
export async function replay(
  { functionName, region, endpointUrl }: { readonly functionName: string; readonly region?: string; readonly endpointUrl?: string },
  request: ReplayRequest,
  onProgress: (totals: ReplayTotals) => void,
): Promise<ReplayTotals> {
  const client = new LambdaClient({ region, endpoint: endpointUrl, requestHandler: { requestTimeout: TIMEOUT_MS }, maxAttempts: 1 });
  try {
    return await replayAll(client, functionName, request, onProgress);
  } finally {
    client.destroy();
  }
}

/** Asks the replay function until there is no more to do. @throws LegacyToS3Error */
export async function replayAll(
  client: LambdaClient, functionName: string, request: ReplayRequest, onProgress: (totals: ReplayTotals) => void,
): Promise<ReplayTotals> {
  let totals: ReplayTotals = { attempted: 0, succeeded: 0, failed: 0, failures: [] };
  for (let token: string | undefined, more = true; more;) {
    const result = await invoke(client, functionName, { ...request, ...(token !== undefined && { token }) });
    totals = {
      attempted: totals.attempted + result.attempted,
      succeeded: totals.succeeded + result.succeeded,
      failed: totals.failed + result.failed,
      failures: [...totals.failures, ...result.failures].slice(0, MAX_REPLAY_FAILURES),
    };
    onProgress(totals);
    ({ token } = result);
    more = token !== undefined;
  }
  return totals;
}

async function invoke(client: LambdaClient, functionName: string, request: ReplayRequest): Promise<ReplayResult> {
  const what = `invoke the replay function '${functionName}'`;
  const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(request)) }))
    .catch((error: unknown) => { throw toAwsError(error, what); });
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) {
    const { errorMessage = text } = JSON.parse(text || '{}') as { readonly errorMessage?: string };
    throw new LegacyToS3Error('REPLAY_FAILED', `cannot ${what}: ${errorMessage}`);
  }
  return JSON.parse(text) as ReplayResult;
}
