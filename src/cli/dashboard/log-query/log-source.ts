import { setTimeout as wait } from 'node:timers/promises';
import {
  CloudWatchLogsClient, FilterLogEventsCommand, type FilteredLogEvent, GetQueryResultsCommand, StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type LogTable, runLogQuery, splitSources } from './log-query';
import { formatTimestamp } from './stats';
import { LogQueryError, type LogRecord } from './words';
import type { Range } from '../model/time-range';

/** Who runs log queries: Logs Insights, or this module over the events themselves. */
export type LogQueryMode = 'service' | 'events';

const QUERY_DEADLINE_MS = 15_000;
const QUERY_POLL_MS = 250;
/** Events looked at, newest kept, when this module runs the query. */
const MAX_EVENTS = 50_000;

/** Runs the queries of log widgets. */
export class LogSource {
  public constructor(private readonly logs: CloudWatchLogsClient, private readonly mode: LogQueryMode) {}

  /** @throws LogQueryError */
  public async run(query: string, range: Range): Promise<LogTable> {
    const { logGroups, text } = splitSources(query);
    if (logGroups.length === 0) throw new LogQueryError('no log group is named');
    return this.mode === 'service'
      ? this.runByService(logGroups, text, range)
      : runLogQuery(text, await this.events(logGroups, range));
  }

  private async runByService(logGroupNames: readonly string[], queryString: string, range: Range): Promise<LogTable> {
    const { queryId } = await this.logs.send(new StartQueryCommand({
      logGroupNames: [...logGroupNames], queryString, startTime: range.start, endTime: range.end,
    }));
    const deadline = Date.now() + QUERY_DEADLINE_MS;
    for (;;) {
      const { status, results = [] } = await this.logs.send(new GetQueryResultsCommand({ queryId }));
      if (status === 'Complete') {
        const columns = [...new Set(results.flatMap((row) => row.map(({ field }) => field ?? '')))].filter((name) => name !== '@ptr');
        return { columns, rows: results.map((row) => columns.map((name) => row.find(({ field }) => field === name)?.value ?? '')) };
      }
      if (status !== 'Running' && status !== 'Scheduled') throw new LogQueryError(`Logs Insights says ${status}`);
      if (Date.now() > deadline) throw new LogQueryError(`not done after ${QUERY_DEADLINE_MS / 1000} s`);
      await wait(QUERY_POLL_MS);
    }
  }

  private async events(logGroups: readonly string[], range: Range): Promise<LogRecord[]> {
    const found: { readonly time: number; readonly record: LogRecord }[] = [];
    for (const logGroupName of logGroups) {
      let nextToken: string | undefined;
      do {
        const page = await this.logs.send(new FilterLogEventsCommand({
          logGroupName, startTime: range.start * 1000, endTime: range.end * 1000, nextToken,
        }));
        for (const event of page.events ?? []) found.push({ time: event.timestamp ?? 0, record: toRecord(event, logGroupName) });
        nextToken = page.nextToken;
      } while (nextToken && found.length < MAX_EVENTS);
    }
    return found.sort((a, b) => a.time - b.time).slice(-MAX_EVENTS).map(({ record }) => record);
  }
}

function toRecord(event: FilteredLogEvent, logGroup: string): LogRecord {
  const message = event.message ?? '';
  let parsed: unknown;
  const json = () => {
    parsed ??= message.trimStart().startsWith('{') ? parse(message) : {};
    return parsed;
  };
  return {
    get: (field) => {
      switch (field) {
        case '@timestamp': return formatTimestamp(event.timestamp ?? 0);
        case '@message': return message;
        case '@logStream': return event.logStreamName;
        case '@log': return logGroup;
        default: return textAt(json(), field);
      }
    },
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return {};
  }
}

function textAt(value: unknown, path: string): string | undefined {
  const found = path.split('.').reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined),
    value,
  );
  if (found === undefined || found === null) return undefined;
  return typeof found === 'object' ? JSON.stringify(found) : String(found);
}
