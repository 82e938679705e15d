import { Connection } from 'tedious';
import { readRows } from '../../../../src/extractor/rows';
import { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import type { ReplyPackets } from '../../../../tools/replay-server/reply';
import { done, error, packetize } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { capturePackets } from '../../../support/tds/captures';
import { connectReplay } from '../../../support/tds/land';
import { MemoryTarget } from '../../../support/tds/memory-target';
import { le } from '../../../support/tds/typed-values';

const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const COLUMNS = [wireColumn.intN('Id', 4), wireColumn.varbinary('Filler', 1000)];
const FILLER = Buffer.alloc(1000, 7);

function head(): Buffer {
  return packetize(colMetadata(COLUMNS), 4096, false);
}

function rowsOf(from: number, count: number): Buffer {
  return packetize(Buffer.concat(Array.from({ length: count }, (_, i) => row(COLUMNS, [le(BigInt(from + i), 4), FILLER]))), 4096, false);
}

const tail = (rows: number) => packetize(done(0x10, rows), 4096, true);

let reply: (request: string) => ReplyPackets;
let replay: Awaited<ReturnType<typeof connectReplay>>;
let connection: Connection;
let target: MemoryTarget;

beforeEach(async () => {
  replay = await connectReplay((request) => reply(request));
  connection = replay.connection;
  target = new MemoryTarget();
});

afterEach(() => replay.stop());

const run = (more: Partial<Parameters<typeof readRows>[0]> = {}) => readRows({
  connection, sql: 'select 1', format: CSV, subject: '[dbo].[T]', targetFileBytes: Infinity, open: target.open, ...more,
});

const replayCapture = (name: string) => {
  reply = () => [capturePackets(name)];
};

test('a query without parameters is sent as it is, one with parameters by sp_executesql', async () => {
  replayCapture('parameterised-range');
  await run({ sql: 'select * from dbo.Customers where CustomerId between 10 and 19' });
  await run({
    sql: 'select * from dbo.Customers where CustomerId between @a and @b',
    parameters: [{ name: 'a', type: 'Int', value: 10 }, { name: 'b', type: 'Decimal', value: 19, precision: 9, scale: 0 }],
  });
  expect(replay.server.requests[0]).toBe('select * from dbo.Customers where CustomerId between 10 and 19');
  expect(replay.server.requests).toHaveLength(2);
  expect(target.completed[0].equals(target.completed[1])).toBe(true);
});

test('an unknown parameter type is refused', async () => {
  await expect(run({ parameters: [{ name: 'a', type: 'Integer', value: 1 }] })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

test('rows, bytes and files are counted, and progress is told', async () => {
  reply = () => [head(), ...Array.from({ length: 20 }, (_, i) => rowsOf(i * 500, 500)), tail(10000)];
  const progress: number[] = [];
  const result = await run({ targetFileBytes: 3_000_000, onProgress: ({ rows }) => progress.push(rows) });
  expect(result.rows).toBe(10000);
  expect(result.files.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(10000);
  expect(result.files.length).toBeGreaterThan(3);
  expect(result.files.every(({ object, rows }, i) => object.sizeBytes === target.completed[i].length && rows > 0)).toBe(true);
  expect(target.completed.flatMap((object) => object.toString().trimEnd().split('\n').slice(1)).map((line) => Number(line.split(',')[0])))
    .toEqual(Array.from({ length: 10000 }, (_, i) => i));
  expect(progress.at(-1)).toBe(10000);
  expect(progress.length).toBeGreaterThan(1);
});

test('an empty result gives one object with the header', async () => {
  replayCapture('empty-result');
  const result = await run();
  expect(result).toMatchObject({ rows: 0, files: [{ rows: 0 }] });
  expect(target.completed.map(String)).toEqual(['TransactionId,AccountId,PostedAt,ValueDate,Amount,Currency,Fee,Kind,Counterparty,Memo,IsReversed,Rate,ExternalId,RowVer,Payload\n']);
});

test('a message of the server before the rows changes nothing', async () => {
  replayCapture('print-message');
  await expect(run()).resolves.toMatchObject({ rows: 1 });
  expect(String(target.completed[0])).toBe('a\n1\n');
});

test('a second result set is refused and the open object aborted', async () => {
  replayCapture('two-results');
  await expect(run()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: '[dbo].[T]: the query returns more than one result set; allowed is exactly one' });
  expect(target.completed).toHaveLength(0);
});

test('a statement without a result is refused', async () => {
  reply = () => [tail(0)];
  await expect(run()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('no result set') });
  expect(target.opened).toBe(0);
});

test.each([
  ['error-divide-by-zero', 'SOURCE_QUERY_FAILED', '[dbo].[T]: SQL Server error 8134: division by zero'],
  ['error-after-rows', 'SOURCE_QUERY_FAILED', '[dbo].[T]: SQL Server error 8134: division by zero'],
  ['error-missing-table', 'SOURCE_QUERY_FAILED', '[dbo].[T]: SQL Server error 33557097: relation "financelegacy_dbo.nosuchtable" does not exist'],
])('%s: the server\'s number and message, and no object', async (capture, code, message) => {
  replayCapture(capture);
  await expect(run()).rejects.toMatchObject({ code, message });
  expect(target.completed).toHaveLength(0);
});

test('a missing permission has a code of its own', async () => {
  reply = () => [packetize(Buffer.concat([error(229, 'The SELECT permission was denied'), done(2)]), 4096, true)];
  await expect(run()).rejects.toMatchObject({ code: 'SOURCE_PERMISSION_DENIED' });
});

test('an error after many rows aborts the open object', async () => {
  reply = () => [head(), rowsOf(0, 5000), packetize(Buffer.concat([error(1205, 'deadlock victim'), done(2)]), 4096, true)];
  await expect(run()).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining('1205') });
  expect(target).toMatchObject({ opened: 1, aborted: 1, completed: [] });
});

test.each<[string, () => Buffer[], string, string]>([
  ['a token that is none, behind rows', () => [head(), rowsOf(1, 3), packetize(Buffer.from([0x42]), 4096, true)],
    'PROTOCOL_ERROR', '[dbo].[T], after 3 rows: unexpected token 0x42 in the response'],
  ['a token that is none, before rows', () => [packetize(Buffer.from([0x42]), 4096, true)],
    'PROTOCOL_ERROR', '[dbo].[T], before the first row: unexpected token 0x42 in the response'],
  ['an end inside a row', () => [head(), rowsOf(1, 1), packetize(row(COLUMNS, [le(2n, 4), FILLER]).subarray(0, 500), 4096, true)],
    'PROTOCOL_ERROR', '[dbo].[T], column "Filler" (varbinary(1000)), row 2: the response ended inside a token (500 bytes left)'],
  ['an end inside a row\'s first column', () => [head(), rowsOf(1, 1), packetize(row(COLUMNS, [le(2n, 4), FILLER]).subarray(0, 3), 4096, true)],
    'PROTOCOL_ERROR', '[dbo].[T], column "Id" (int), row 2: the response ended inside a token (3 bytes left)'],
  ['a packet that is none', () => [head(), rowsOf(1, 1), Buffer.from([4, 1, 0, 7, 0, 0, 0, 0])],
    'PROTOCOL_ERROR', '[dbo].[T], after 1 row: the server sent a packet of 7 bytes, less than its header'],
  ['a type that is none', () => [packetize(Buffer.from([0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0x13]), 4096, true)],
    'UNSUPPORTED_TYPE', '[dbo].[T], before the first row: column 1 of the result has the unknown data type 0x13'],
])('%s is told with the table, the rows before and the column', async (_, packets, code, message) => {
  reply = packets;
  await expect(run()).rejects.toMatchObject({ code, message });
});

test('the connection serves the next request after an error of ours', async () => {
  replayCapture('two-results');
  await expect(run()).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  replayCapture('parameterised-range');
  await expect(run()).resolves.toMatchObject({ rows: 10 });
});

test('a bad value stops the server by an attention and the connection serves the next request', async () => {
  const text = [wireColumn.nvarchar('Name', 10)];
  let sent = 0;
  reply = async function* () {
    yield packetize(Buffer.concat([colMetadata(text), row(text, [Buffer.from([0, 0xd8])])]), 4096, false);
    for (; sent < 100_000; sent++) {
      yield packetize(row(text, [Buffer.alloc(20, 65)]), 4096, false);
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield tail(100_001);
  };
  await expect(run()).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('column "Name" (nvarchar(10)), row 1') });
  expect(replay.server.attentions).toBe(1);
  expect(sent).toBeLessThan(100_000);
  replayCapture('parameterised-range');
  await expect(run()).resolves.toMatchObject({ rows: 10 });
});

test('an abort interrupts with an attention, aborts the object and leaves the connection usable', async () => {
  const abort = new AbortController();
  reply = async function* () {
    yield head();
    for (let i = 0; ; i += 100) {
      yield rowsOf(i, 100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const running = run({ signal: abort.signal, onProgress: () => abort.abort() });
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED', message: '[dbo].[T]: the extraction was interrupted' });
  expect(replay.server.attentions).toBe(1);
  expect(target).toMatchObject({ opened: 1, aborted: 1, completed: [] });
  replayCapture('parameterised-range');
  await expect(run()).resolves.toMatchObject({ rows: 10 });
});

test('an abort before the start sends nothing', async () => {
  await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(replay.server.requests).toHaveLength(0);
});

test('an abort while the target holds the reading up does not wait for the target', async () => {
  const abort = new AbortController();
  target = new MemoryTarget(() => new Promise(() => {
    abort.abort();
  }));
  reply = () => [head(), rowsOf(0, 5000), tail(5000)];
  await expect(run({ signal: abort.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(target.aborted).toBe(1);
});

test('a lost connection is told as such', async () => {
  reply = async function* () {
    yield head();
    yield rowsOf(0, 500);
    replay.server.dropConnections();
  };
  await expect(run()).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST', message: expect.stringContaining('[dbo].[T]') });
  expect(target.completed).toHaveLength(0);
});

test('a slow target holds the server back', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  target = new MemoryTarget(() => held);
  let sent = 0;
  let blocked: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    blocked = resolve;
  });
  const total = 200;
  reply = async function* () {
    yield head();
    for (; sent < total; sent++) {
      // The write before this one is still in the socket's buffers when the client has stopped reading.
      const timer = setTimeout(blocked, 500);
      yield rowsOf(sent * 500, 500);
      clearTimeout(timer);
    }
    yield tail(total * 500);
  };
  const running = run();
  await stalled;
  expect(sent).toBeLessThan(total / 2);
  release();
  await expect(running).resolves.toMatchObject({ rows: total * 500 });
});

test('a failing target fails the extraction with its own error', async () => {
  target = new MemoryTarget(() => Promise.reject(Object.assign(new Error('no space is left on the device'), { code: 'TARGET_FULL' })));
  reply = () => [head(), rowsOf(0, 5000), tail(5000)];
  await expect(run()).rejects.toMatchObject({ code: 'TARGET_FULL' });
  expect(target.aborted).toBe(1);
});

test('the columns are told before any object is opened, and may be refused', async () => {
  replayCapture('parameterised-range');
  await expect(run({
    onColumns: (columns) => {
      expect(columns.map(({ name, sourceType }) => [name, sourceType])).toEqual([['CustomerId', 'int'], ['FullName', 'nvarchar(120)'], ['CreditLimit', 'numeric(19,4)']]);
      throw Object.assign(new Error('not these'), { code: 'INVALID_CONFIG' });
    },
  })).rejects.toThrow('not these');
  expect(target.opened).toBe(0);
});

test('text cannot be compressed with snappy', async () => {
  replayCapture('parameterised-range');
  await expect(run({ format: { name: 'csv', compression: 'snappy' } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});
