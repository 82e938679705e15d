/** What the page draws: plain JSON, made anew for each refresh. */
export interface DashboardView {
  readonly title: string;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  /** Seconds since 1970. */
  readonly range: { readonly start: number; readonly end: number };
  readonly refreshSeconds: number;
  readonly widgets: readonly WidgetView[];
  /** Newest first; absent when the page was not told of a metadata table. */
  readonly runs?: readonly RunView[];
  /** Why the runs could not be read. */
  readonly runsProblem?: string;
  /** Of the stack; absent when it has none. */
  readonly extractions?: readonly ExtractionView[];
}

/** An extraction that runs in the account. */
export interface ExtractionView {
  readonly name: string;
  /** Its page in the console. */
  readonly url: string;
  /** Newest first. */
  readonly executions: readonly ExecutionView[];
  /** Why they could not be read. */
  readonly problem?: string;
}

/** One execution; rows, bytes and chunks are of what its run landed, so far where it is not complete. */
export interface ExecutionView {
  readonly name: string;
  /** Its page in the console. */
  readonly url: string;
  /** `running`, `succeeded`, `unchanged`, `skipped`, `failed`, `timed out` or `stopped`. */
  readonly state: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** So far, where it runs. */
  readonly seconds: number;
  /** Absent where it has none. */
  readonly runId?: string;
  readonly finishedChunks?: number;
  readonly chunks?: number;
  readonly rows?: number;
  readonly sizeBytes?: number;
  /** Of a run of changes: what it brought, in a line. */
  readonly changes?: string;
  /** Absent unless it failed. */
  readonly error?: string;
  /** Why it failed, was skipped, or has nothing to bring. */
  readonly cause?: string;
  /** Of one that runs, once it is planned and may be read. */
  readonly progress?: ExecutionProgressView;
}

/** How far an execution is. */
export interface ExecutionProgressView {
  /** Those at work, then those that are done, the last one first. */
  readonly tables: readonly TableProgressView[];
  readonly waitingTables: number;
  readonly doneTables: number;
  /** Begun ones that are left out. */
  readonly moreTables: number;
  /** Chunks that cannot land. */
  readonly failedChunks: number;
  /** Whether all chunks are read, so that only the end is left: tables are proven, the manifest is written. */
  readonly isRead: boolean;
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Seconds that are left; absent where that cannot be told. */
  readonly etaSeconds?: number;
}

/** How far a table is. */
export interface TableProgressView {
  readonly name: string;
  readonly rows: number;
  readonly sizeBytes: number;
  /** 0 to 1, as estimated. */
  readonly share: number;
  readonly finishedChunks: number;
  /** Absent before the first one is done. */
  readonly chunks?: number;
}

/** One widget, on a grid of 24 columns. */
export interface WidgetView {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly content: WidgetContent;
  /** Why a part of it could not be drawn. */
  readonly problems: readonly string[];
}

/** What is in a widget. */
export type WidgetContent = LinesContent | ValuesContent | TextContent | TableContent | AlarmsContent | UnknownContent;

/** Values over time, each line with a value or null for each time. */
export interface LinesContent {
  readonly kind: 'lines' | 'stacked';
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly LineView[];
  readonly thresholds: readonly ThresholdView[];
  readonly axes: { readonly left: AxisView; readonly right?: AxisView };
  /** Seconds. */
  readonly period: number;
}

/** One line of a plot. */
export interface LineView {
  readonly label: string;
  readonly color?: string;
  readonly axis: 'left' | 'right';
  readonly unit: string;
  readonly values: readonly (number | null)[];
}

/** A vertical axis; what is missing follows from the data. */
export interface AxisView {
  readonly label: string;
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
}

/** A horizontal line, or the band above or below it. */
export interface ThresholdView {
  readonly value: number;
  readonly label: string;
  readonly color?: string;
  readonly axis: 'left' | 'right';
  readonly fill?: 'above' | 'below';
}

/** Single values: as gauges between min and max, as numbers, or as bars beside each other. */
export interface ValuesContent {
  readonly kind: 'gauge' | 'number' | 'bars';
  readonly values: readonly ValueView[];
  readonly min: number;
  readonly max: number;
  readonly thresholds: readonly ThresholdView[];
}

/** One value. */
export interface ValueView {
  readonly label: string;
  readonly color?: string;
  readonly unit: string;
  /** Null when there is no data yet. */
  readonly value: number | null;
  /** The values behind it, for a sparkline; empty for none. */
  readonly history: readonly number[];
}

/** Text, from Markdown to safe HTML. */
export interface TextContent {
  readonly kind: 'text';
  readonly html: string;
}

/** Rows of a log query. */
export interface TableContent {
  readonly kind: 'table';
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** States of alarms. */
export interface AlarmsContent {
  readonly kind: 'alarms';
  readonly alarms: readonly AlarmView[];
}

/** One alarm. */
export interface AlarmView {
  readonly name: string;
  readonly description: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly since?: string;
}

/** A widget of a type the page does not draw. */
export interface UnknownContent {
  readonly kind: 'unknown';
  readonly type: string;
}

/** One run; rows, objects and bytes are of what it landed. */
export interface RunView {
  readonly runId: string;
  readonly state: 'COMPLETE' | 'INCOMPLETE';
  readonly database: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** From start to end at the source. */
  readonly seconds: number;
  readonly tables: number;
  readonly objects: number;
  readonly rows: number;
  readonly sizeBytes: number;
  /** As the manifest says: `verified`, `verifiedAsVisible`, `counted`, `unverified`. */
  readonly verification: string;
  readonly consistency: string;
}

/** What a run landed, asked for when somebody opens it. */
export interface RunTablesView {
  readonly manifestUrl: string;
  /** The manifest's own words. */
  readonly verification: string;
  readonly consistency: string;
  /** What is wrong, when the run is INCOMPLETE. */
  readonly problems: readonly string[];
  readonly tables: readonly RunTableView[];
  /** Tables left out. */
  readonly moreTables: number;
}

/** One landed table of a run. */
export interface RunTableView {
  readonly name: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly objects: number;
  readonly chunks: number;
  readonly verification: string;
  /** Of a run of changes: `changeTracking: 12 I, 3 U, 1 D`, or why the table was read whole. */
  readonly changes?: string;
}
