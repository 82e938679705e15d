import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { HANDLER_ENV, ReplayResult } from '../contract';
import { Deadline } from './replay/deadline';
import { drainQueue } from './replay/drain-queue';
import { reRecord } from './replay/re-record';
import { parseReplayRequest } from './replay/replay-request';
import { CLIENT_SETTINGS, requiredEnvironment } from './shared/configuration';
import { PowertoolsTelemetry } from './shared/telemetry';

/** Longest a function runs (Lambda, "quotas"). */
const LONGEST_MS = 900_000;

/** What Lambda tells of an invocation. */
interface Context {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

const s3 = new S3Client(CLIENT_SETTINGS);
const sqs = new SQSClient(CLIENT_SETTINGS);
/** It waits for functions that may take minutes. */
const lambda = new LambdaClient({ ...CLIENT_SETTINGS, requestHandler: { ...CLIENT_SETTINGS.requestHandler, requestTimeout: 0 } });
const telemetry = new PowertoolsTelemetry(() => readyAt);

/** Gives failed events to their functions again, or records again what landed; see `ReplayRequest`. */
export const handler = async (event: unknown, context?: Context): Promise<ReplayResult> =>
  telemetry.invocation(context?.awsRequestId, async () => {
    const request = parseReplayRequest(event);
    const deadline = new Deadline(() => context?.getRemainingTimeInMillis?.() ?? LONGEST_MS);
    const recorder = requiredEnvironment(HANDLER_ENV.recorderFunction);
    const result = request.action === 'queue'
      ? await drainQueue({
        sqs,
        lambda,
        recorder,
        queueUrl: requiredEnvironment(HANDLER_ENV.failureQueueUrl),
        runCompletion: process.env[HANDLER_ENV.runCompletionFunction],
        compactor: process.env[HANDLER_ENV.compactionFunction],
      }, deadline)
      : await reRecord({
        s3,
        lambda,
        recorder,
        bucket: requiredEnvironment(HANDLER_ENV.bucketName),
        landingPrefix: process.env[HANDLER_ENV.landingPrefix] ?? '',
      }, request, deadline);
    const { failures, ...counts } = result;
    telemetry.info('replayed', counts);
    if (failures.length > 0) telemetry.warn('failed again', { failed: result.failed, first: `${failures[0].subject}: ${failures[0].message}` });
    return result;
  });

const readyAt = performance.now();
