import type { LambdaClient } from '@aws-sdk/client-lambda';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import type { Invocation } from './concurrency';
import type { LogLine } from './log-reader';
import type { NamespacedDatum } from './metric-data';

/**
 * Lambda's own metrics, read from its own report lines. The emulator has AWS/Lambda metrics only for direct invocations;
 * a report line says that an invocation was and how long it took. Whether it failed is said only by reports in JSON
 * (`status`), which the emulator does not write: `Errors` is missing there.
 */
export function lambdaMetrics(line: LogLine, functionName: string | undefined): NamespacedDatum[] {
  const report = functionName === undefined ? undefined : parseReport(line.message);
  if (!report) return [];
  const datum = (name: string, value: number, unit: 'Count' | 'Milliseconds'): NamespacedDatum => ({
    namespace: 'AWS/Lambda',
    datum: {
      MetricName: name,
      Timestamp: new Date(line.timestamp),
      Value: value,
      Unit: unit,
      Dimensions: [{ Name: 'FunctionName', Value: functionName }],
    },
  });
  return [
    datum('Invocations', 1, 'Count'),
    datum('Duration', report.durationMs, 'Milliseconds'),
    ...(report.failed === undefined ? [] : [datum('Errors', Number(report.failed), 'Count')]),
  ];
}

/** The invocation that a report line tells of; undefined for any other line. */
export function reportedInvocation(line: LogLine, functionName: string | undefined): Invocation | undefined {
  const report = functionName === undefined ? undefined : parseReport(line.message);
  return report && { functionName: functionName!, start: line.timestamp - report.durationMs, end: line.timestamp };
}

interface Report {
  readonly durationMs: number;
  readonly failed?: boolean;
}

function parseReport(message: string): Report | undefined {
  const text = /^REPORT RequestId: \S+\s+Duration: ([\d.]+) ms\b/.exec(message);
  if (text) return { durationMs: Number(text[1]) };
  if (!message.includes('"platform.report"')) return undefined;
  try {
    const { type, record } = JSON.parse(message) as PlatformEvent;
    const durationMs = record?.metrics?.durationMs;
    if (type !== 'platform.report' || durationMs === undefined) return undefined;
    return { durationMs, failed: record?.status !== 'success' };
  } catch {
    return undefined;
  }
}

/** Lambda's system log event `platform.report` (Lambda, "Telemetry API event schema reference"). */
interface PlatformEvent {
  readonly type?: string;
  readonly record?: { readonly status?: string; readonly metrics?: { readonly durationMs?: number } };
}

/** Function name by log group. */
export async function functionsByLogGroup(lambda: LambdaClient): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  let Marker: string | undefined;
  do {
    const page = await lambda.send(new ListFunctionsCommand({ Marker }));
    for (const { FunctionName: name, LoggingConfig: logging } of page.Functions ?? []) {
      if (name) names.set(logging?.LogGroup ?? `/aws/lambda/${name}`, name);
    }
    Marker = page.NextMarker;
  } while (Marker);
  return names;
}
