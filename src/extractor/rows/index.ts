import type { Request, RequestError } from 'tedious';
import { ReadRows, ReadRowsOptions } from './objects/read-rows';
import { RowLanding } from './objects/row-landing';
import { LegacyToS3Error } from '../api/errors';
import { hookNextResponse } from './tds/row-hook';

export type { QueryParameter, ReadRows, ReadRowsOptions, ReadRowsResult } from './objects/read-rows';

const PROGRESS_BYTES = 0x400000;
/** SQL Server's numbers for a missing permission. */
const PERMISSION_DENIED = new Set([229, 230, 262, 297, 300, 916]);

/** See {@link ReadRows}. */
export const readRows: ReadRows = async (options) => {
  if (options.signal?.aborted) throw interrupted(options);
  const landing = new RowLanding(options);
  let wireBytes = 0;
  let reported = 0;
  const onBytes = (bytes: number) => {
    wireBytes += bytes;
    if (options.onProgress && wireBytes - reported >= PROGRESS_BYTES) {
      reported = wireBytes;
      options.onProgress({ rows: landing.rows, wireBytes });
    }
  };
  try {
    await runRequest(options, landing, onBytes);
    for await (const statement of options.more ?? []) {
      if (options.signal?.aborted) throw interrupted(options);
      landing.mayFollow = true;
      await runRequest({ ...options, ...statement }, landing, onBytes);
    }
    await landing.finish();
  } catch (error) {
    await landing.abort();
    throw error;
  }
  const { rows, files, columnsLanded: columns, alterations, rowsOffKernel, tallies, sourceHash } = landing;
  options.onProgress?.({ rows, wireBytes });
  return { columns, rows, wireBytes, alterations, rowsOffKernel, tallies, sourceHash, files };
};

/** Sends the request and resolves when its response is wholly decoded. */
function runRequest(options: ReadRowsOptions, landing: RowLanding, onBytes: (bytes: number) => void): Promise<void> {
  const { connection, signal } = options;
  return new Promise((resolve, reject) => {
    let failure: unknown;
    let settled = false;
    const cancel = () => {
      failure ??= interrupted(options);
      hook.discard();
      connection.cancel();
    };
    // Before the response is hooked: it may throw.
    const request = makeRequest(options, (error) => {
      settled = true;
      hook.unhook();
      signal?.removeEventListener('abort', cancel);
      if (failure !== undefined) reject(failure as Error);
      else if (error) reject(requestFailed(options, error));
      else resolve();
    });
    const hook = hookNextResponse(connection, {
      consumer: landing,
      onBytes,
      onError: (error) => {
        failure ??= placed(error, options, landing);
        // The server need not send the rest. Later, because the driver may not have got to listen for it yet; and never
        // when the request is over, because by then the connection may have another one.
        setImmediate(() => {
          if (!settled) connection.cancel();
        });
      },
    });
    signal?.addEventListener('abort', cancel, { once: true });
    if (options.parameters && options.parameters.length > 0) connection.execSql(request);
    else connection.execSqlBatch(request);
  });
}

function makeRequest(
  { sql, parameters = [], subject }: ReadRowsOptions, done: (error: Error | null | undefined) => void,
): Request {
  // Loaded here so that requiring this module loads no driver.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Request: TediousRequest, TYPES } = require('tedious') as typeof import('tedious');
  const request = new TediousRequest(sql, done);
  // Rows of a large table outlast any sensible limit on a statement.
  request.setTimeout(0);
  for (const { name, type, value, length, precision, scale } of parameters) {
    const dataType = (TYPES as unknown as { readonly [name: string]: typeof TYPES.Int | undefined })[type];
    if (!dataType) {
      throw new LegacyToS3Error('INVALID_CONFIG', `${subject}: parameter ${name} has the unknown type ${type}; allowed are ${Object.keys(TYPES).join(', ')}`);
    }
    request.addParameter(name, dataType, value, { length, precision, scale });
  }
  return request;
}

/** Codes of what the readers of tokens and packets find; they know neither the table nor the rows before. */
const UNPLACED: ReadonlySet<string> = new Set(['PROTOCOL_ERROR', 'INVALID_VALUE', 'UNSUPPORTED_TYPE']);

function placed(error: unknown, { subject }: ReadRowsOptions, { place }: RowLanding): unknown {
  if (!(error instanceof LegacyToS3Error) || !UNPLACED.has(error.code) || error.message.startsWith(subject)) return error;
  return new LegacyToS3Error(error.code, `${subject}, ${place}: ${error.message}`, { cause: error });
}

function interrupted({ subject }: ReadRowsOptions): LegacyToS3Error {
  return new LegacyToS3Error('INTERRUPTED', `${subject}: the extraction was interrupted`);
}

function requestFailed({ subject }: ReadRowsOptions, error: Error): LegacyToS3Error {
  const first = (error instanceof AggregateError ? error.errors[0] : error) as RequestError;
  if (typeof first.number === 'number') {
    const code = PERMISSION_DENIED.has(first.number) ? 'SOURCE_PERMISSION_DENIED' : 'SOURCE_QUERY_FAILED';
    return new LegacyToS3Error(code, `${subject}: SQL Server error ${first.number}: ${first.message}`, { cause: error });
  }
  if (first.code === 'EPARAM') return new LegacyToS3Error('INVALID_CONFIG', `${subject}: ${first.message}`, { cause: error });
  if (first.code === 'EINVALIDSTATE' || first.code === 'UNKNOWN' || first.code === 'ECANCEL' || first.code === 'ETIMEOUT') {
    return new LegacyToS3Error('SOURCE_QUERY_FAILED', `${subject}: ${first.message}`, { cause: error });
  }
  return new LegacyToS3Error('SOURCE_CONNECTION_LOST', `${subject}: the connection to the server was lost (${first.message})`, { cause: error });
}

