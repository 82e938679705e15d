import { setMaxListeners } from 'node:events';
import { chunkOf } from './check-manifest';
import { columnProblems, notComparable } from './compare-table';
import { localChecker, type CheckedObject, type ObjectChecker, type ObjectJob } from './objects/check-object';
import { withMessage } from './problem-message';
import { ProgressCounter } from './progress-counter';
import { VerifierThread } from './threads/verifier-thread';
import { columnsOfRole, datasetRunFolder, formatOfTable, type Manifest, type ManifestObject, type ManifestTable } from '../../contract';
import type { VerifyControls } from '../api/controls';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import type { TargetOptions } from '../landing/open-target';
import type { LandingTarget } from '../landing/target/landing-target';
import { sumHashTexts } from '../rows/hash/content-hash';
import { defaultReaders } from '../run/context/run-options';
import { threadCount } from '../run/threads/worker-thread';

/** How objects are read. */
export interface ReadOptions {
  /** At the same time. */
  readonly readers?: number;
  readonly threads?: number;
  /** The target as threads open it. */
  readonly url: string;
  readonly targetOptions: TargetOptions;
}

/** What came of a table's objects. */
export interface CheckedTable {
  readonly table: ManifestTable;
  /** In the order of the manifest's objects. */
  readonly problems: readonly VerificationProblem[];
  /** Objects that are proven with decimals of 17 bytes. */
  readonly wideObjects: number;
  /** Of chunks with such objects: the content hash with decimals of the length of their digits. */
  readonly declaredHashes: ReadonlyMap<number, string>;
}

/** A table's objects, of which some are yet to be read. */
interface TableWork {
  readonly table: ManifestTable;
  readonly name: string;
  readonly checked: CheckedObject[];
  readonly problems: VerificationProblem[][];
  left: number;
}

/**
 * Reads every object of a run back, several at once, and compares them and what their columns add up to with the manifest.
 *
 * @throws LegacyToS3Error the first failure, after all reading has ended
 */
export async function checkObjects(
  target: LandingTarget, manifest: Manifest, options: ReadOptions, controls: VerifyControls,
): Promise<{ readonly counts: ProgressCounter['counts']; readonly tables: readonly CheckedTable[] }> {
  const tables = manifest.tables.map((table): TableWork => ({
    table, name: `${table.schema}.${table.table}`, checked: [], problems: [], left: table.objects.length,
  }));
  const queue = tables.flatMap((work) => work.table.objects.map((object, at) => ({ work, object, at })));
  const { totals } = manifest;
  const progress = new ProgressCounter(totals, controls);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const interrupt = () => stop.abort(new LegacyToS3Error('INTERRUPTED', `stopped after ${progress.counts.objects} of ${counted(totals.objects, 'object')}`));
  controls.signal?.addEventListener('abort', interrupt, { once: true });
  if (controls.signal?.aborted) interrupt();
  const readers = Math.max(1, Math.min(options.readers ?? defaultReaders(), queue.length));
  const count = threadCount(options.threads, readers, queue.map(({ object }) => object.sizeBytes));
  const threads = Array.from({ length: count }, () => new VerifierThread(options.url, options.targetOptions, stop.signal));
  const checkers: readonly ObjectChecker[] = threads.length > 0 ? threads : [localChecker(target, stop.signal)];
  const tell = (problem: Omit<VerificationProblem, 'message'>): VerificationProblem => {
    const told = withMessage(problem);
    controls.onProblem?.(told);
    return told;
  };
  const jobOf = ({ table }: TableWork, object: ManifestObject): ObjectJob => ({
    object,
    columns: columnsOfRole(table, object.role ?? 'rows'),
    format: formatOfTable(manifest.format, table),
    comparable: notComparable(table) === undefined,
    contentHashVersion: manifest.contentHashVersion ?? 1,
  });
  const finishTable = async ({ table, name, checked, problems }: TableWork) => {
    const tallies = checked.flatMap((each) => (each.tallies ? [each.tallies] : []));
    const found = tallies.length === table.objects.length && notComparable(table) === undefined ? columnProblems(table, tallies) : [];
    problems.push(found.map((problem) => tell({ ...problem, table: name })));
    const unnamed = await unnamedObjects(target, manifest, table);
    problems.push(unnamed.map((objectKey) => tell({ fault: VerificationFault.UNNAMED_OBJECT, table: name, objectKey })));
  };
  const read = async (checker: ObjectChecker) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      stop.signal.throwIfAborted();
      const { work, object, at } = next;
      const checked = await checker.check(jobOf(work, object), (more) => progress.more(object, more));
      work.checked[at] = checked;
      const place = { table: work.name, chunk: chunkOf(object.part), objectKey: object.key };
      work.problems[at] = checked.problems.map((problem) => tell({ ...problem, ...place }));
      progress.done(object, checked);
      work.left -= 1;
      if (work.left === 0) await finishTable(work);
    }
  };
  try {
    for (const work of tables) if (work.left === 0) await finishTable(work);
    const results = await Promise.allSettled(Array.from({ length: readers }, async (_, i) => (
      read(checkers[i % checkers.length]).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }))));
    stop.signal.throwIfAborted();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return { counts: progress.counts, tables: tables.map(checkedTable) };
  } finally {
    controls.signal?.removeEventListener('abort', interrupt);
    await Promise.all(checkers.map(async (checker) => checker.close()));
  }
}

function checkedTable({ table, checked, problems }: TableWork): CheckedTable {
  const wide = checked.filter(({ declaredHash }) => declaredHash !== undefined);
  const hashes = new Map<number, string[]>();
  table.objects.forEach(({ part, contentHash }, at) => {
    const chunk = chunkOf(part);
    hashes.set(chunk, [...hashes.get(chunk) ?? [], checked[at].declaredHash ?? contentHash ?? '0']);
  });
  const declaredHashes = new Map(wide.length === 0 ? [] : [...hashes].map(([chunk, of]) => [chunk, sumHashTexts(of)]));
  return { table, problems: problems.flat(), wideObjects: wide.length, declaredHashes };
}

async function unnamedObjects(target: LandingTarget, { runId }: Manifest, table: ManifestTable): Promise<string[]> {
  const named = new Set(table.objects.map(({ key }) => key));
  return (await target.list(datasetRunFolder(target.prefix, table, runId))).filter((key) => !named.has(key));
}
