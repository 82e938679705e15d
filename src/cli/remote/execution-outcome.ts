import { EXTRACTION_PASSING_ERRORS, type BeginAnswer, type CompleteAnswer, type ExtractionChanges, type ExtractionInput } from '../../contract';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, type ErrorCode } from '../../extractor/doors/public';
import type { Execution, ExecutionError } from '../account/executions-client';
import { EXIT_CODES } from '../process/exit-codes';
import { duration } from '../progress/lines';

/** What an execution that succeeded says of its run. */
export type CompletedRun = Omit<CompleteAnswer, 'finished'>;

/** Causes may hold traces; what a person reads of them (characters). */
const MOST_CAUSE = 1000;

/** What a Map fails with; its child has the reason. */
const MAP_FAILED: ReadonlySet<string> = new Set(['States.ExceedToleratedFailureThreshold', 'States.ExceedToleratedFailureCount']);

/** Why an execution that succeeded has no run: another one was at work, or nothing changed in the source. */
export type NoRun = { readonly skipped: string } | { readonly unchanged: string };

/** The run of an execution that succeeded, or why there is none. */
export function outputOf({ output }: Execution): CompletedRun | NoRun | undefined {
  const told = parsed(output) as Partial<CompletedRun> & Partial<Extract<BeginAnswer, { reason: string }>> | undefined;
  if (told?.outcome === 'skipped') return { skipped: String(told.reason ?? 'another execution was at work') };
  if (told?.outcome === 'unchanged') return { unchanged: String(told.reason ?? 'nothing changed in the source') };
  return told?.runId === undefined ? undefined : told as CompletedRun;
}

/** `12 inserts, 3 updates, 1 delete in 2 tables; 1 table read whole; as of 4 s before the manifest` */
export function changesText({ inserts, updates, deletes, changedTables, wholeTables, lagSeconds }: ExtractionChanges): string {
  return [
    `${counted(inserts, 'insert')}, ${counted(updates, 'update')}, ${counted(deletes, 'delete')} in ${counted(changedTables, 'table')}`,
    ...(wholeTables > 0 ? [`${counted(wholeTables, 'table')} read whole`] : []),
    ...(lagSeconds === undefined ? [] : [`as of ${duration(lagSeconds)} before the manifest`]),
  ].join('; ');
}

/** The run that an execution was told to go on with. */
export function resumedRun({ input }: Execution): string | undefined {
  return (parsed(input) as ExtractionInput | undefined)?.resume;
}

/** Whether an error says what is wrong with the run itself, so that the same step would fail with it again. */
export function isOutcome(error: string | undefined): boolean {
  return error !== undefined && Object.hasOwn(EXIT_CODES, error) && !(EXTRACTION_PASSING_ERRORS as readonly string[]).includes(error);
}

/** Whether an execution failed since a child of its Map did. */
export function isOfChild({ error }: ExecutionError): boolean {
  return error !== undefined && MAP_FAILED.has(error);
}

/** What Lambda, ECS or a state says of an error, for a person: one line without traces. */
export function causeText({ cause = '' }: ExecutionError): string {
  const told = parsed(cause) as { readonly errorMessage?: unknown; readonly StoppedReason?: unknown } | undefined;
  const text = String(told?.errorMessage ?? told?.StoppedReason ?? cause).replace(/\s+/g, ' ').trim();
  return text.length > MOST_CAUSE ? `${text.slice(0, MOST_CAUSE)}…` : text;
}

/**
 * The error of an execution that did not succeed.
 *
 * @param because what it failed with: its own error, or that of a child of its Map
 * @param goOn the command that goes on with it
 */
export function failureOf(execution: Execution, because: ExecutionError, goOn: string): LegacyToS3Error {
  const { name, status } = execution;
  const { error } = because;
  const cause = causeText(because);
  switch (status) {
    case 'ABORTED':
      return new LegacyToS3Error('INTERRUPTED', `execution ${name} was stopped${cause === '' ? '' : `: ${cause}`}; go on with it by ${goOn}`);
    case 'TIMED_OUT':
      return new LegacyToS3Error('EXECUTION_FAILED', `execution ${name} took longer than its state machine allows; go on with it by ${goOn}`);
    default: {
      const code = error !== undefined && Object.hasOwn(EXIT_CODES, error) ? error as ErrorCode : 'EXECUTION_FAILED';
      const told = [...(code === 'EXECUTION_FAILED' && error ? [error] : []), ...(cause === '' ? [] : [cause])].join(': ') || 'it does not say why';
      return new LegacyToS3Error(code, `execution ${name} failed: ${told}; when that is mended, go on with it by ${goOn}`);
    }
  }
}

function parsed(json: string | undefined): unknown {
  try {
    const value = JSON.parse(json ?? '') as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
