import type { BeginStep, ExtractionInput } from '../../../contract';

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Whether a text is a time of ISO 8601 with a time zone, as EventBridge Scheduler puts it in place of `<aws.scheduler.scheduled-time>`. */
export function isScheduledTime(text: unknown): text is string {
  return typeof text === 'string' && ISO_TIME.test(text) && !Number.isNaN(Date.parse(text));
}

/** How long after its scheduled time an execution was started (seconds); undefined of one that no schedule started. */
export function scheduleLag({ input, execution }: Pick<BeginStep, 'input' | 'execution'>): number | undefined {
  const { scheduledAt } = input as ExtractionInput;
  if (scheduledAt === undefined) return undefined;
  return Math.max(0, Date.parse(execution.startTime) - Date.parse(scheduledAt)) / 1000;
}
