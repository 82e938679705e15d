/** Wrappings within each other; more than S3 → SNS → SQS → Lambda makes is nobody's doing. */
const MAX_DEPTH = 4;

/**
 * The events in what invoked the function, out of what services on their way put around them: an invocation by SNS (Lambda,
 * "Invoking Lambda functions with Amazon SNS notifications"), a batch of SQS, and the JSON that SNS writes to a queue where
 * raw message delivery is off (SNS, "Amazon SNS raw message delivery"). A text that is no JSON is given as it is.
 *
 * @returns undefined when nothing is wrapped
 */
export function unwrappedEvents(event: unknown, depth: number = 0): readonly unknown[] | undefined {
  const messages = depth < MAX_DEPTH ? messagesIn(event) : undefined;
  return messages?.flatMap((message) => {
    const inner = parsed(message);
    return unwrappedEvents(inner, depth + 1) ?? [inner];
  });
}

/** Whether this is what SNS writes for a message. */
export function isSnsNotification(value: unknown): value is { readonly Message: string } {
  const { Type, Message } = (value ?? {}) as { readonly Type?: unknown; readonly Message?: unknown };
  return Type === 'Notification' && typeof Message === 'string';
}

interface WrappingRecord {
  readonly EventSource?: string;
  readonly Sns?: { readonly Message?: unknown };
  readonly eventSource?: string;
  readonly body?: unknown;
}

function messagesIn(event: unknown): readonly unknown[] | undefined {
  if (isSnsNotification(event)) return [event.Message];
  const records = (event as { readonly Records?: readonly (WrappingRecord | null)[] } | null | undefined)?.Records;
  if (!Array.isArray(records) || !records.some((record) => isWrapping(record))) return undefined;
  return records.map((record: WrappingRecord | null) => isWrapping(record) ? record!.Sns?.Message ?? record!.body : record);
}

function isWrapping(record: WrappingRecord | null): boolean {
  return record?.EventSource === 'aws:sns' || record?.eventSource === 'aws:sqs';
}

function parsed(message: unknown): unknown {
  if (typeof message !== 'string') return message;
  try {
    return JSON.parse(message);
  } catch {
    return message;
  }
}
