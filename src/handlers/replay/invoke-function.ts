import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { Deadline } from './deadline';
import { describeError } from '../shared/errors';

/** How a function answered: it succeeded, it failed, or there was no time to wait for it. */
export type InvokeOutcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'unfinished' };

/** Longest message of a function's error that is kept. */
const MAX_MESSAGE = 1_000;

/** Invokes a function, waits for its answer as long as there is time, and says how it went; never throws for what the function did. */
export async function invokeFunction(lambda: LambdaClient, functionName: string, payload: unknown, deadline: Deadline): Promise<InvokeOutcome> {
  const abort = AbortSignal.timeout(deadline.left());
  try {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'RequestResponse', Payload: Buffer.from(JSON.stringify(payload)) }),
      { abortSignal: abort },
    );
    return FunctionError ? { kind: 'failed', message: errorMessage(Payload) } : { kind: 'succeeded' };
  } catch (error) {
    if (abort.aborted) return { kind: 'unfinished' };
    return { kind: 'failed', message: describeError(error).slice(0, MAX_MESSAGE) };
  }
}

/** What Lambda says of an unhandled error: `{ errorType, errorMessage, trace }`. */
function errorMessage(payload: Uint8Array | undefined): string {
  const text = Buffer.from(payload ?? []).toString();
  try {
    const { errorType, errorMessage: message } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    return `${errorType}: ${message}`.slice(0, MAX_MESSAGE);
  } catch {
    return text.slice(0, MAX_MESSAGE);
  }
}
