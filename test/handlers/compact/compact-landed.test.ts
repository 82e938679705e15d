import { compactionRequest, CompactionRequest, METRICS } from '../../../src/contract';
import { compactLanded, CompactServices } from '../../../src/handlers/compact/compact-landed';
import type { Compacting } from '../../../src/iceberg/commit/compact/compact-files';
import type { Compacted } from '../../../src/iceberg/commit/compact/compact-table';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { IcebergError, IcebergErrorCode } from '../../../src/iceberg/spec/errors';
import { MemoryCompactions } from '../../support/tables/memory-compactions';

const NAME = 'ledger_dbo_accounts';
const AT = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const later = (milliseconds: number) => new Date(AT + milliseconds).toISOString();

const DONE: Compacted = {
  name: NAME, state: 'COMPACTED', snapshotId: 7, deleteFiles: 20, deleteFilesLeft: 0, filesLeft: 0, deletedRows: 5, filesBefore: 30, filesAfter: 1, bytesBefore: 900, bytesAfter: 500, rowsWritten: 90, content: '90 rows beef',
};

let items: MemoryCompactions;
let handedOn: CompactionRequest[];
let metrics: Map<string, number>;
let failures: Error[];
let lines: { readonly message: string; readonly [field: string]: unknown }[];
let asked: Compacting[];
let clock: number;
beforeEach(() => {
  [items, handedOn, metrics, failures, lines, asked, clock] = [new MemoryCompactions(), [], new Map(), [], [], [], AT];
});

/** @param compact what the compaction does; `clock` may go on meanwhile */
function services(compact: (compacting: Compacting) => Compacted): CompactServices {
  return {
    workplaceOf: () => ({}) as Workplace,
    items,
    telemetry: {
      metric: (name, value) => { metrics.set(METRICS[name], (metrics.get(METRICS[name]) ?? 0) + value); },
      info: (message, fields) => { lines.push({ message, ...fields }); },
      warn: (message, fields) => { lines.push({ message, ...fields }); },
      failure: (_message, error) => { failures.push(error); },
    },
    compact: async (_workplace, _name, compacting) => {
      asked.push(compacting);
      return compact(compacting);
    },
    targetBytes: 1000,
    invokeAgain: async (event) => { handedOn.push(compactionRequest(event)!); },
    now: () => clock,
  };
}

const REQUEST: CompactionRequest = { bucket: 'landing', tableName: NAME, whenDeletes: 20, atMostEverySeconds: 3600 };
const run = async (compact: (compacting: Compacting) => Compacted, request = REQUEST, id = 'one') => {
  const until = clock + 15 * MINUTE;
  return compactLanded(services(compact), request, { id, remaining: () => until - clock });
};
const refusing = (code: IcebergErrorCode) => () => { throw new IcebergError(code, 'as it is'); };
const item = () => items.items.get(NAME)!;

test('a table is compacted, measured, told and noted; none is started before its time', async () => {
  expect(await run(() => DONE)).toEqual({ tableName: NAME, state: 'COMPACTED' });
  expect(asked).toEqual([{ whenDeletes: 20, targetBytes: 1000, deadline: expect.any(Function) }]);
  expect(Object.fromEntries(metrics)).toEqual({ TablesCompacted: 1, BytesCompacted: 500 });
  const { state, ...told } = DONE;
  expect(lines).toEqual([{ message: 'table compacted', tableName: NAME, ...told, snapshotId: '7', parts: 0 }]);
  expect(item()).toMatchObject({ itemType: 'compaction', compactedAt: later(0), notBefore: later(60 * MINUTE) });
  expect([item().owner, item().heldUntil, item().problem]).toEqual([undefined, undefined, undefined]);
});

test('a table that is left is told, and rests as one that was compacted', async () => {
  expect(await run(() => ({ ...DONE, state: 'LEFT', why: 'it has 3 delete files, fewer than 20' }))).toMatchObject({ state: 'LEFT' });
  expect([lines, metrics.size]).toEqual([[expect.objectContaining({ message: 'table left as it is', why: 'it has 3 delete files, fewer than 20' })], 0]);
  expect(item().notBefore).toBe(later(60 * MINUTE));
});

test('of a part the next invocation does the rest, whatever the number of deletes by then', async () => {
  expect(await run(() => ({ ...DONE, state: 'PARTLY' }))).toMatchObject({ state: 'PARTLY' });
  expect(handedOn).toEqual([{ ...REQUEST, parts: 1, contended: 0 }]);
  expect([Object.fromEntries(metrics), item().owner, item().notBefore]).toEqual([{ TablesCompactedInPart: 1 }, undefined, undefined]);
  await run(() => DONE, handedOn[0], 'two');
  expect(asked[1]).toEqual({ targetBytes: 1000, deadline: expect.any(Function) });
  expect(lines.map(({ message, parts }) => [message, parts])).toEqual([['table compacted in part', 0], ['table compacted', 1]]);
});

test.each<[string, Partial<CompactionRequest>, number]>([
  ['five minutes after it began', {}, 5 * MINUTE],
  ['sooner, where others were faster', { sliceMs: 40_000 }, 40_000],
  ['two minutes before the invocation ends', { sliceMs: 60 * MINUTE }, 13 * MINUTE + 1],
])('it ends after the file at hand %s', async (_name, more, at) => {
  const over: boolean[] = [];
  await run(({ deadline }) => {
    clock = AT + at - 1;
    over.push(deadline!());
    clock += 1;
    over.push(deadline!());
    return DONE;
  }, { ...REQUEST, ...more });
  expect(over).toEqual([false, true]);
});

test('one invocation has a table at a time, until the time of the other is over; a repeated event goes on at once', async () => {
  let within: unknown;
  const outer = services(() => DONE);
  await compactLanded({
    ...outer,
    compact: async () => {
      within = [await run(() => DONE, REQUEST, 'other'), await items.take(NAME, 'one', later(0), later(MINUTE))];
      return DONE;
    },
  }, REQUEST, { id: 'one', remaining: () => 15 * MINUTE });
  expect(within).toEqual([{ tableName: NAME, state: 'HELD' }, expect.objectContaining({ owner: 'one' })]);
  expect(asked).toEqual([]);
  await items.take(NAME, 'killed', later(0), later(15 * MINUTE));
  expect((await run(() => DONE)).state).toBe('HELD');
  clock += 15 * MINUTE;
  expect((await run(() => DONE)).state).toBe('COMPACTED');
});

test('runs of changes that are faster are no failure: smaller parts are tried, some times, and then the next run starts it', async () => {
  let request: CompactionRequest | undefined = REQUEST;
  const slices: unknown[] = [];
  for (let at = 1; request; at++) {
    slices.push(request.sliceMs);
    expect(await run(() => {
      clock += 8 * MINUTE;
      return refusing('COMMIT_CONTENTION')() as never;
    }, request, `${at}`)).toEqual({ tableName: NAME, state: 'CONTENDED' });
    request = handedOn.shift();
  }
  expect(slices).toEqual([undefined, 150_000, 75_000, 37_500, 18_750, 10_000]);
  expect([metrics.size, failures, item().problem, item().contendedSince, item().notBefore]).toEqual([0, [], undefined, later(0), undefined]);
  clock += MINUTE;
  await run(() => DONE);
  expect(item().contendedSince).toBeUndefined();
});

test('a part that came to nothing, since another writer was faster at the deadline, is no progress', async () => {
  const { snapshotId, ...nothing } = DONE;
  expect(await run(() => ({ ...nothing, state: 'PARTLY', why: 'another writer was faster' }))).toEqual({ tableName: NAME, state: 'CONTENDED' });
  expect([handedOn, metrics.size]).toEqual([[{ ...REQUEST, contended: 1, sliceMs: 10_000 }], 0]);
});

test('parts come to an end after a day of them, and the next run goes on', async () => {
  await run(() => ({ ...DONE, state: 'PARTLY' }), { ...REQUEST, parts: 286 });
  expect(handedOn).toHaveLength(1);
  await run(() => ({ ...DONE, state: 'PARTLY' }), handedOn.pop(), 'two');
  expect([handedOn, item().notBefore]).toEqual([[], undefined]);
});

test('that they have been faster for more than a day is told, and it rests', async () => {
  await run(refusing('COMMIT_CONTENTION'));
  clock += 24 * 60 * MINUTE + 1;
  handedOn = [];
  await run(refusing('COMMIT_CONTENTION'), REQUEST, 'two');
  expect(failures).toEqual([expect.objectContaining({ code: 'TABLE_NOT_COMPACTED', message: expect.stringContaining(`'${NAME}': COMMIT_CONTENTION`) })]);
  expect([Object.fromEntries(metrics), handedOn]).toEqual([{ TablesNotCompacted: 1 }, []]);
  expect(item()).toMatchObject({ problem: expect.stringContaining('COMMIT_CONTENTION'), notBefore: later(48 * 60 * MINUTE + 1), contendedSince: later(0) });
});

test.each<IcebergErrorCode>(['CONTENT_DIFFERS', 'TABLE_UNREADABLE', 'COMMIT_UNPROVEN'])('%s fails the invocation by name, so that Lambda repeats it, and rests for an hour', async (code) => {
  await expect(run(refusing(code))).rejects.toMatchObject({
    code: 'TABLE_NOT_COMPACTED', message: `'${NAME}': ${code}: as it is`, cause: expect.objectContaining({ code }),
  });
  expect([Object.fromEntries(metrics), failures.length]).toEqual([{ TablesNotCompacted: 1 }, 1]);
  expect(item()).toMatchObject({ problem: `${code}: as it is`, notBefore: later(60 * MINUTE) });
  expect(item().owner).toBeUndefined();
  clock += MINUTE;
  expect((await run(() => DONE)).state).toBe('COMPACTED');
  expect(item().problem).toBeUndefined();
});

test('rows of others are refused by name, once a day', async () => {
  expect(await run(refusing('FOREIGN_ROWS'))).toEqual({ tableName: NAME, state: 'REFUSED' });
  expect([Object.fromEntries(metrics), failures[0].message]).toEqual([{ TablesNotCompacted: 1 }, `'${NAME}': FOREIGN_ROWS: as it is`]);
  expect(item()).toMatchObject({ problem: 'FOREIGN_ROWS: as it is', notBefore: later(24 * 60 * MINUTE) });
});

test('a table that is gone since is left', async () => {
  expect(await run(refusing('NOT_THERE'))).toEqual({ tableName: NAME, state: 'LEFT' });
  expect([metrics.size, failures]).toEqual([0, []]);
});
