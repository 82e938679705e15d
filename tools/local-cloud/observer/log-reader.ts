import {
  CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand, type FilteredLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';

/** A line of a log group. */
export interface LogLine {
  readonly logGroup: string;
  /** Milliseconds since 1970, UTC. */
  readonly timestamp: number;
  readonly message: string;
}

/** How far back lines are looked for again: on a busy machine a line is stored well after its time. */
const OVERLAP_MS = 15_000;
/** FilterLogEvents gives no more at once. */
const PAGE = 10_000;

interface Position {
  from: number;
  seen: Set<string>;
}

/** Reads every line of every log group once, in the order of their times. */
export class LogReader {
  private readonly positions = new Map<string, Position>();

  public constructor(private readonly logs: CloudWatchLogsClient) {}

  /** The lines stored since the last call. */
  public async read(): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    for (const logGroup of await this.logGroups()) {
      const position = this.positions.get(logGroup) ?? { from: 0, seen: new Set() };
      this.positions.set(logGroup, position);
      for (const { timestamp, message } of await this.newEvents(logGroup, position)) {
        lines.push({ logGroup, timestamp: timestamp ?? 0, message: message ?? '' });
      }
    }
    return lines;
  }

  private async logGroups(): Promise<string[]> {
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.logs.send(new DescribeLogGroupsCommand({ nextToken }));
      names.push(...(page.logGroups ?? []).map((group) => group.logGroupName!));
      nextToken = page.nextToken;
    } while (nextToken);
    return names;
  }

  private async newEvents(logGroupName: string, position: Position): Promise<FilteredLogEvent[]> {
    const events = await this.eventsFrom(logGroupName, position.from);
    const identified = identify(events);
    const fresh = events.filter((_, index) => !position.seen.has(identified[index]));
    const newest = events.at(-1)?.timestamp ?? 0;
    position.from = Math.max(position.from, newest - OVERLAP_MS);
    position.seen = new Set(identified.filter((_, index) => (events[index].timestamp ?? 0) >= position.from));
    return fresh;
  }

  /** All events at or after `from`; a full page without a token (the emulator has none) is continued by its last time. */
  private async eventsFrom(logGroupName: string, from: number): Promise<FilteredLogEvent[]> {
    const events: FilteredLogEvent[] = [];
    let startTime = from;
    let nextToken: string | undefined;
    for (;;) {
      const page = await this.logs.send(new FilterLogEventsCommand({ logGroupName, startTime, nextToken, limit: PAGE }));
      const got = page.events ?? [];
      nextToken = page.nextToken;
      if (nextToken) {
        events.push(...got);
        continue;
      }
      const last = got.at(-1)?.timestamp ?? 0;
      if (got.length < PAGE || last <= startTime) return [...events, ...got];
      events.push(...got.filter((event) => event.timestamp! < last));
      startTime = last;
    }
  }
}

/**
 * An identity for each event: CloudWatch's own, or, as the emulator gives lines of functions none, the stream, the time,
 * the text and which of the equal ones it is.
 */
function identify(events: readonly FilteredLogEvent[]): string[] {
  const counts = new Map<string, number>();
  return events.map((event) => {
    if (event.eventId) return event.eventId;
    const key = JSON.stringify([event.logStreamName, event.timestamp, event.message]);
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return `${nth}${key}`;
  });
}
