/** A request as faults are chosen by it. */
export interface FaultRequest {
  /** Text of the batch, or of the statement that a procedure was called with; empty for a login. */
  readonly sql: string;
  readonly kind: 'login' | 'batch' | 'rpc' | 'transaction';
  /** Session id of the connection. */
  readonly spid: number;
}

/** What goes wrong with a response. Bytes are those of whole packets, sent before TLS, and count from the response's begin. */
export type Fault =
  /** The connection is cut in the middle of the response; a response that is shorter comes whole. */
  | { readonly kind: 'drop'; readonly afterBytes: number }
  /** Nothing more is sent, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /**
   * An error, instead of the response or in the middle of its rows. A deadlock (1205) rolls the transaction back, severity
   * 20 and above ends the connection, as in SQL Server. Of a login it is the refusal.
   */
  | { readonly kind: 'error'; readonly number: number; readonly severity?: number; readonly state?: number; readonly message?: string; readonly afterBytes?: number }
  /** So much a second of each connection the fault is on. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number };

/** Says what goes wrong with a request, once for each; what else must happen before it runs may be waited for. */
export type FaultFor = (request: FaultRequest) => Fault | undefined | Promise<Fault | undefined>;

/** Numbers of errors that end the connection, as Azure SQL Database's throttling does. */
const ENDS_CONNECTION = new Set([10928, 10929, 10936, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920]);

/** Severity of a fault's error, as far as SQL Server is known to have one of its own. */
export function severityOf({ number, severity }: Extract<Fault, { kind: 'error' }>): number {
  return severity ?? (ENDS_CONNECTION.has(number) ? 20 : number === 1205 ? 13 : 16);
}
