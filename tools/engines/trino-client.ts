import { setTimeout as wait } from 'node:timers/promises';
import { type Cell, doubleCell, EngineError, type Rows } from './engine';

/** How long a statement may wait for the server to accept it, or for a worker: a server that just started has none yet. */
const START_DEADLINE_MS = 30_000;
const RETRY_MS = 100;

/** https://trino.io/docs/476/develop/client-protocol.html#queryresults-attributes, numbers as texts */
interface QueryResults {
  readonly nextUri?: string;
  readonly columns?: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  readonly data?: ReadonlyArray<readonly unknown[]>;
  readonly error?: { readonly message: string; readonly errorName: string };
}

/** Session properties by name, `catalog.property` those of a catalog. */
export interface TrinoSession { readonly [property: string]: string }

/** Queries a Trino server by its HTTP protocol. */
export class TrinoClient {
  /** Of the transaction that statements belong to; undefined where each is one of its own. */
  private transaction?: string;

  public constructor(private readonly endpoint: string) {}

  /** A client whose statements are one transaction, until they say `COMMIT`. */
  public async beginTransaction(): Promise<TrinoClient> {
    const client = new TrinoClient(this.endpoint);
    client.transaction = 'NONE';
    await client.query('START TRANSACTION READ ONLY');
    return client;
  }

  /** @throws EngineError with Trino's message and the name of its error */
  public async query(sql: string, session?: TrinoSession): Promise<Rows> {
    const end = Date.now() + START_DEADLINE_MS;
    for (;;) {
      try {
        return await this.run(sql, session);
      } catch (error) {
        // The statement has not begun.
        if (Date.now() >= end || !(error as Error).message.includes('NO_NODES_AVAILABLE')) throw error;
        await wait(RETRY_MS);
      }
    }
  }

  /** Pages of rows that are not empty. @throws EngineError */
  public async* pages(sql: string): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
    for await (const { rows } of this.results(sql)) if (rows.length > 0) yield rows;
  }

  private async run(sql: string, session?: TrinoSession): Promise<Rows> {
    const all: Array<readonly Cell[]> = [];
    let last: Rows | undefined;
    for await (last of this.results(sql, session)) all.push(...last.rows);
    return { names: last!.names, types: last!.types, rows: all };
  }

  private async* results(sql: string, session: TrinoSession = {}): AsyncGenerator<Rows> {
    let results = await this.ask(`${this.endpoint}/v1/statement`, {
      method: 'POST',
      body: sql,
      // Without the capability Trino gives timestamps in milliseconds, whatever their type.
      headers: {
        'X-Trino-User': 'test',
        'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
        'X-Trino-Time-Zone': 'UTC',
        ...(this.transaction !== undefined && { 'X-Trino-Transaction-Id': this.transaction }),
        'X-Trino-Session': Object.entries(session).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join(','),
      },
    });
    let columns: NonNullable<QueryResults['columns']> = [];
    for (;;) {
      if (results.error) throw new EngineError('trino', `${results.error.errorName}: ${results.error.message}`);
      columns = results.columns ?? columns;
      const toCells = columns.map(({ type }) => cellOf(type));
      const rows = (results.data ?? []).map((row) => row.map((value, index) => value === null ? null : toCells[index](value)));
      yield { names: columns.map(({ name }) => name), types: columns.map(({ type }) => type), rows };
      if (results.nextUri === undefined) return;
      results = await this.ask(results.nextUri);
    }
  }

  private async ask(url: string, request?: RequestInit): Promise<QueryResults> {
    const end = Date.now() + START_DEADLINE_MS;
    for (;;) {
      const response = await fetch(url, request);
      const text = await response.text();
      if (response.ok) {
        this.transaction = response.headers.get('X-Trino-Started-Transaction-Id') ?? this.transaction;
        return parse(text);
      }
      // What the protocol says to try again.
      if (![429, 502, 503, 504].includes(response.status) || Date.now() >= end) throw new EngineError('trino', `HTTP ${response.status}: ${text.slice(0, 500)}`);
      await wait(RETRY_MS);
    }
  }
}

/** JSON with numbers as texts: a bigint is no double. */
export function parse(text: string): QueryResults {
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => token.startsWith('"') ? token : `"${token}"`)) as QueryResults;
}

/** https://trino.io/docs/476/develop/client-protocol.html#data-types */
function cellOf(type: string): (value: unknown) => string {
  if (type === 'real') return (value) => doubleCell(Math.fround(Number(value)));
  if (type === 'double') return (value) => doubleCell(Number(value));
  if (type === 'varbinary') return (value) => Buffer.from(value as string, 'base64').toString('hex');
  if (/^timestamp\b/.test(type)) return (value) => (value as string).replace(' ', 'T').replace(' UTC', 'Z');
  if (/^(?:array|map|row)\b/.test(type)) return (value) => JSON.stringify(value);
  return String;
}
