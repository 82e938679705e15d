import { CompactionItems, CompactionNote } from './compaction-items';
import { COMPACTION_LINES, compactionEvent, CompactionItem, CompactionRequest } from '../../contract';
import type { Compacting } from '../../iceberg/commit/compact/compact-files';
import type { Compacted } from '../../iceberg/commit/compact/compact-table';
import { Workplace } from '../../iceberg/commit/workplace';
import { IcebergError, IcebergErrorCode } from '../../iceberg/spec/errors';
import { describeError, HandlerError } from '../shared/errors';
import { Telemetry } from '../shared/telemetry';

/** How long files are written before a part is committed (milliseconds): what is lost where a run of changes is faster. */
const SLICE_MS = 300_000;

/** The least of it; each time others were faster it is halved. */
const LEAST_SLICE_MS = 10_000;

/** No file is begun with less than this left, or than a quarter of what there was (milliseconds). */
const RESERVE_MS = 120_000;

/** How often others may be faster, one invocation after the other, before it is left to the next run. */
const MAX_CONTENDED = 6;

/** Parts of a table that invocations commit one after the other: a day's. */
const MAX_PARTS = 288;

/** How long others may be faster before it is told (milliseconds). */
const LONGEST_CONTENDED_MS = 86_400_000;

/** How long a table rests that could not be compacted: where trying again may help, and where it does not before somebody has done something. */
const REST_MS = 3_600_000;
const REFUSED_REST_MS = 86_400_000;

/** Failures that trying again does not cure. */
const REFUSALS: readonly IcebergErrorCode[] = ['FOREIGN_ROWS'];

/** Longest problem kept, in characters. */
const MAX_PROBLEM = 2_000;

/** How much longer than its invocation somebody may have a table: clocks differ. */
const GRACE_MS = 30_000;

/** What compacting works with. */
export interface CompactServices {
  /** Where tables of a bucket are. */
  readonly workplaceOf: (bucket: string) => Workplace;
  readonly items: Pick<CompactionItems, keyof CompactionItems>;
  readonly telemetry: Telemetry;
  readonly compact: (workplace: Workplace, name: string, compacting: Compacting) => Promise<Compacted>;
  /** Bytes at which a new file ends; half a dozen times that is in memory. */
  readonly targetBytes: number;
  /** Invokes this function once more with an event. */
  readonly invokeAgain: (event: object) => Promise<void>;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** What Lambda tells of an invocation. */
export interface CompactInvocation {
  /** That of an event that is repeated is the same. */
  readonly id: string;
  /** Milliseconds that are left. */
  readonly remaining: () => number;
}

/** What an invocation did with its table. */
export interface CompactionSummary {
  readonly tableName: string;
  /** HELD: another is at it. CONTENDED: others were faster. REFUSED: it cannot be compacted. Else as a compaction says. */
  readonly state: Compacted['state'] | 'HELD' | 'CONTENDED' | 'REFUSED';
}

/**
 * Compacts a table, or a part of it, and has the next invocation go on with the rest. One invocation has a table at a time; what is
 * committed does not depend on it: a commit on a table that was changed meanwhile is refused, and one that was killed left the table as it was.
 *
 * @throws HandlerError TABLE_NOT_COMPACTED when it could not be compacted, and trying again may help
 */
export async function compactLanded(
  services: CompactServices, request: CompactionRequest, invocation: CompactInvocation,
): Promise<CompactionSummary> {
  const { items, telemetry, now = Date.now } = services;
  const { tableName } = request;
  const until = now() + invocation.remaining() + GRACE_MS;
  const held = await items.take(tableName, invocation.id, iso(now()), iso(until));
  if (!held) {
    telemetry.info('a table is being compacted by another invocation', { tableName });
    return { tableName, state: 'HELD' };
  }
  const begun = now();
  try {
    const done = await compactPart(services, request, invocation, begun);
    if (done.state === 'PARTLY' && done.snapshotId === undefined) throw new IcebergError('COMMIT_CONTENTION', done.why ?? 'another writer was faster');
    return await ended(services, request, invocation, done);
  } catch (error) {
    if (error instanceof IcebergError && error.code === 'COMMIT_CONTENTION') return contended(services, request, invocation, { held, begun, error });
    return failed(services, request, invocation, error);
  }
}

async function compactPart(
  { workplaceOf, compact, targetBytes, now = Date.now }: CompactServices, request: CompactionRequest, { remaining }: CompactInvocation, begun: number,
): Promise<Compacted> {
  const { bucket, tableName, whenDeletes, parts = 0, sliceMs = SLICE_MS } = request;
  const reserve = Math.min(RESERVE_MS, remaining() / 4);
  return compact(workplaceOf(bucket), tableName, {
    // A table that was begun with is gone on with, however few delete files there are by now.
    ...(parts === 0 && whenDeletes !== undefined && { whenDeletes }),
    targetBytes,
    deadline: () => remaining() < reserve || now() - begun >= sliceMs,
  });
}

async function ended(
  { items, telemetry, invokeAgain, now = Date.now }: CompactServices, request: CompactionRequest, { id }: CompactInvocation,
  { state, why, snapshotId, ...told }: Compacted,
): Promise<CompactionSummary> {
  const { tableName, parts = 0, atMostEverySeconds = 0 } = request;
  const line = { tableName, ...told, ...(why !== undefined && { why }), ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }), parts };
  if (state === 'PARTLY') {
    telemetry.metric('tablesCompactedInPart', 1);
    telemetry.info(COMPACTION_LINES.inPart, line);
    await items.release(tableName, id, { contendedSince: undefined, problem: undefined });
    if (parts + 1 < MAX_PARTS) await invokeAgain(compactionEvent({ ...request, parts: parts + 1, contended: 0 }));
    else telemetry.warn('the rest of a table is left to the next run', { tableName, parts: parts + 1 });
    return { tableName, state };
  }
  if (state === 'COMPACTED') {
    telemetry.metric('tablesCompacted', 1);
    telemetry.metric('bytesCompacted', told.bytesAfter);
  }
  telemetry.info(state === 'COMPACTED' ? COMPACTION_LINES.compacted : COMPACTION_LINES.left, line);
  const at = now();
  const notBefore = atMostEverySeconds > 0 ? iso(at + atMostEverySeconds * 1000) : undefined;
  await items.release(tableName, id, { compactedAt: iso(at), notBefore, contendedSince: undefined, problem: undefined });
  return { tableName, state };
}

/** Runs of changes were faster: smaller parts are committed sooner. After some times it is left to the next run, and told when it never comes to an end. */
async function contended(
  services: CompactServices, request: CompactionRequest, { id }: CompactInvocation,
  { held, begun, error }: { readonly held: CompactionItem; readonly begun: number; readonly error: IcebergError },
): Promise<CompactionSummary> {
  const { items, telemetry, invokeAgain, now = Date.now } = services;
  const { tableName, contended: times = 0, sliceMs = SLICE_MS } = request;
  const { contendedSince = iso(begun) } = held;
  telemetry.info('a table was changed while it was compacted', { tableName, contended: times + 1, contendedSince });
  const isLong = now() - Date.parse(contendedSince) > LONGEST_CONTENDED_MS;
  if (isLong) tell(services, tableName, error);
  await items.release(tableName, id, isLong ? noteOf(error, now() + REFUSED_REST_MS, contendedSince) : { contendedSince });
  if (!isLong && times + 1 < MAX_CONTENDED) {
    const next = Math.max(LEAST_SLICE_MS, Math.floor(Math.min(sliceMs, now() - begun) / 2));
    await invokeAgain(compactionEvent({ ...request, contended: times + 1, sliceMs: next }));
  }
  return { tableName, state: 'CONTENDED' };
}

async function failed(
  services: CompactServices, { tableName }: CompactionRequest, { id }: CompactInvocation, error: unknown,
): Promise<CompactionSummary> {
  const { items, telemetry, now = Date.now } = services;
  if (error instanceof IcebergError && error.code === 'NOT_THERE') {
    telemetry.info(COMPACTION_LINES.left, { tableName, why: error.message });
    await items.release(tableName, id, { problem: undefined });
    return { tableName, state: 'LEFT' };
  }
  const isRefused = error instanceof IcebergError && REFUSALS.includes(error.code);
  const failure = tell(services, tableName, error);
  await items.release(tableName, id, noteOf(error, now() + (isRefused ? REFUSED_REST_MS : REST_MS)));
  if (!isRefused) throw failure;
  return { tableName, state: 'REFUSED' };
}

function tell({ telemetry }: CompactServices, tableName: string, error: unknown): HandlerError {
  const failure = new HandlerError('TABLE_NOT_COMPACTED', `'${tableName}': ${describeError(error)}`, { cause: error });
  telemetry.metric('tablesNotCompacted', 1);
  telemetry.failure('a table could not be compacted', failure);
  return failure;
}

function noteOf(error: unknown, restsUntil: number, contendedSince?: string): CompactionNote {
  return { problem: describeError(error).slice(0, MAX_PROBLEM), notBefore: iso(restsUntil), ...(contendedSince !== undefined && { contendedSince }) };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
