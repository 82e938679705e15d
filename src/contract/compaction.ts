/*
 * Compaction in the account: after it has applied changes, run completion looks whether a landed table is due, and invokes the function
 * that compacts one table at a time. An item of the metadata table says who is at it, and before when nobody is started.
 */

/** When tables are compacted, and by which function: JSON in the environment of run completion. Absent: never. */
export interface CompactionSettings {
  readonly functionName: string;
  /** Fewest delete files. @default - it is due by time alone, once changes were applied */
  readonly whenDeletes?: number;
  /** Least time since it was compacted or read whole (seconds). @default - none */
  readonly atMostEverySeconds?: number;
}

/** Field of the event that says which table is compacted. */
export const COMPACTION_FIELD = 'compactTable';

/** Which table an invocation compacts. */
export interface CompactionRequest extends Omit<CompactionSettings, 'functionName'> {
  /** Landing bucket. */
  readonly bucket: string;
  /** In the catalog. */
  readonly tableName: string;
  /** Parts that invocations before this one have committed. @default 0 */
  readonly parts?: number;
  /** How often others were faster, one invocation after the other. @default 0 */
  readonly contended?: number;
  /** Milliseconds after which a part is committed. @default - as the function has it */
  readonly sliceMs?: number;
}

/** The event of a request. */
export function compactionEvent(request: CompactionRequest): object {
  return { [COMPACTION_FIELD]: request };
}

/** What an event asks to compact; undefined for an event that asks for nothing like that. */
export function compactionRequest(event: unknown): CompactionRequest | undefined {
  const asked = (event as { readonly [COMPACTION_FIELD]?: unknown } | null | undefined)?.[COMPACTION_FIELD];
  if (typeof asked !== 'object' || asked === null) return undefined;
  const { bucket, tableName } = asked as Partial<CompactionRequest>;
  return typeof bucket === 'string' && typeof tableName === 'string' ? asked as CompactionRequest : undefined;
}

/** An item of the metadata table for each landed table that was compacted, or is; times are ISO 8601, UTC. */
export interface CompactionItem {
  /** {@link compactionItemKey} */
  readonly objectKey: string;
  readonly versionId: typeof COMPACTION_SORT_KEY;
  readonly itemType: 'compaction';
  readonly tableName: string;
  /** Invocation that is at it; absent: none is. */
  readonly owner?: string;
  /** When the owner cannot be at it any more, whatever became of it. */
  readonly heldUntil?: string;
  /** None is started before. */
  readonly notBefore?: string;
  /** When it was compacted last, or found to need none. */
  readonly compactedAt?: string;
  /** Since when others were faster each time; absent: they were not. */
  readonly contendedSince?: string;
  /** Why it could not be compacted the last time; absent: it could. */
  readonly problem?: string;
}

/** Partition key of a {@link CompactionItem}. */
export function compactionItemKey(tableName: string): string {
  return `compaction#${tableName}`;
}

/** Sort key of a {@link CompactionItem}. */
export const COMPACTION_SORT_KEY = 'compaction';
