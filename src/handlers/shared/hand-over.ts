import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HandlerError } from './errors';

/**
 * Invokes a function asynchronously: Lambda keeps the event, repeats it and sends it to the failure queue.
 *
 * @throws HandlerError COMPLETION_NOT_STARTED when Lambda did not accept the event
 */
export async function handOver(lambda: LambdaClient, functionName: string, event: unknown): Promise<void> {
  const { StatusCode } = await lambda.send(new InvokeCommand({
    FunctionName: functionName, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(event)),
  }));
  if (StatusCode !== 202) {
    throw new HandlerError('COMPLETION_NOT_STARTED', `expected Lambda to accept the event for '${functionName}' with 202, got ${StatusCode}`);
  }
}
