import { EXTRACTION_INPUTS, type BeginStep, type ExtractionInput } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';

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

/** @throws LegacyToS3Error of code INVALID_CONFIG; only what is named may be said by who starts an execution */
export function checkInput(input: unknown): ExtractionInput {
  const refuse = (what: string) => new LegacyToS3Error('INVALID_CONFIG', `the input of the execution ${what}; it may have ${EXTRACTION_INPUTS.join(', ')}, all else is of the deployment`);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw refuse(`is ${JSON.stringify(input) ?? 'nothing'}, no object`);
  // What EventBridge and the console add by themselves starts no SQL.
  const given = Object.entries(input).filter(([name]) => !name.startsWith('AWS_'));
  const unknown = given.map(([name]) => name).filter((name) => !EXTRACTION_INPUTS.includes(name));
  if (unknown.length > 0) throw refuse(`has ${unknown.map((name) => `'${name}'`).join(', ')}`);
  for (const [name, value] of given) {
    const isTexts = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
    if (name === 'tables' ? !isTexts : typeof value !== 'string' || value === '') {
      throw refuse(`has ${JSON.stringify(value)} for ${name}, which is ${name === 'tables' ? 'a list of patterns' : 'a text'}`);
    }
  }
  const { resume, scheduledAt, ...others } = Object.fromEntries(given) as ExtractionInput;
  if (scheduledAt !== undefined && !isScheduledTime(scheduledAt)) throw refuse(`has ${JSON.stringify(scheduledAt)} for scheduledAt, which is a time such as 2026-01-31T01:00:00Z`);
  if (resume !== undefined && Object.keys(others).length > 0) throw refuse(`has ${Object.keys(others).join(', ')} beside resume: a run goes on as it began`);
  return { ...others, resume, scheduledAt };
}
