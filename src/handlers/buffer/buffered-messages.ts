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
