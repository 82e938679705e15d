import { compactionRequest } from '../../contract';
import { isSnsNotification, unwrappedEvents } from '../shared/envelopes';

/** A failed event, as the failure queue holds it. */
export interface FailedEvent {
  /** Name of the function it was for; undefined when the message does not tell: then it was the recorder's. */
  readonly functionName?: string;
  /** The event itself. */
  readonly payload: unknown;
}

/**
 * The event in a message of the failure queue: what Lambda writes to a destination (Lambda, "Capturing records of
 * asynchronous invocations"), or the event alone, as EventBridge writes what it could not hand over, and as a buffer's
 * queue moves what nobody answered for, with what SNS wrote around it if it came that way.
 *
 * @returns undefined for a message of neither form
 */
export function failedEvent(body: string | undefined): FailedEvent | undefined {
  const message = parse(body);
  if (!isRecord(message)) return undefined;
  if ('requestPayload' in message) {
    const context = isRecord(message.requestContext) ? message.requestContext : {};
    return { functionName: nameIn(context.functionArn), payload: message.requestPayload };
  }
  return isRecord(message.detail) || Array.isArray(message.Records) || isSnsNotification(message) ? { payload: message } : undefined;
}

/** What the event is about, for people: the keys of its records, or the table to compact. */
export function subjectOf(payload: unknown): string {
  const compaction = compactionRequest(payload);
  if (compaction) return `the compaction of '${compaction.tableName}'`;
  const keys: string[] = [];
  const events = unwrappedEvents(payload) ?? [payload];
  const records = events.flatMap((event) => isRecord(event) && Array.isArray(event.Records) ? event.Records : [event]);
  for (const record of records) {
    const s3 = isRecord(record) ? record.s3 ?? record.detail : undefined;
    const object = isRecord(s3) ? s3.object : undefined;
    if (isRecord(object) && typeof object.key === 'string') keys.push(object.key);
  }
  const shown = keys.slice(0, 3).join(', ');
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown || 'an event without object keys';
}

/** `arn:<partition>:lambda:<region>:<account>:function:<name>[:<qualifier>]` */
function nameIn(arn: unknown): string | undefined {
  return typeof arn === 'string' ? arn.split(':')[6] : undefined;
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
