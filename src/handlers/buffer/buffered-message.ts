import { logsPointer } from '../shared/telemetry';

/** A message of a queue, as Lambda hands it to a function (Lambda, "Example SQS message event"). */
export interface BufferedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** The messages of an event that comes from a queue; undefined for any other event. */
export function bufferedMessages(event: unknown): readonly BufferedMessage[] | undefined {
  const records = (event as { readonly Records?: readonly (BufferedMessage & { readonly eventSource?: string })[] } | null)?.Records;
  return Array.isArray(records) && records.length > 0 && records.every((record) => record?.eventSource === 'aws:sqs') ? records : undefined;
}

/** What Lambda tells of an invocation. */
export interface InvocationContext {
  readonly awsRequestId?: string;
  readonly invokedFunctionArn?: string;
}

/**
 * What goes to the failure queue for a buffered event: the same as Lambda writes for an event that invoked a function
 * itself (Lambda, "Capturing records of asynchronous invocations"), so that whoever reads the queue, people and the
 * replay function alike, need not tell them apart.
 */
export function failedMessage(message: BufferedMessage, error: Error, { awsRequestId, invokedFunctionArn }: InvocationContext): object {
  const trace = [error.stack ?? error.message, logsPointer(awsRequestId)].filter(Boolean).join('\n');
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: awsRequestId,
      functionArn: invokedFunctionArn,
      condition: 'RetriesExhausted',
      approximateInvokeCount: Number(message.attributes.ApproximateReceiveCount),
    },
    requestPayload: parsed(message.body),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: error.name, errorMessage: error.message, trace: trace.split('\n') },
  };
}

/** The event; the text itself where it is none. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
