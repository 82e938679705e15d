import type { ExtractionCounts, WorkItem } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedChunk, PlannedTable } from '../../api/extraction-plan';
import type { OnTableError } from '../../api/extractor-props';
import type { TableRelations } from '../../source/catalog/read-relations';
import type { RunRecord } from '../../state/checkpoint';
import type { WholeSelection } from '../../state/durations';
import { eachInFlight } from '../../state/in-flight';
import { folderOf } from '../../state/run-folder';
import type { StateStore } from '../../state/state-store';
import type { RunOptions } from '../context/run-options';
import type { SeenChanges } from '../sync/keep-chain';

/** A table as a worker needs it: without its chunks, of which an item names some. */
export interface TableText {
  readonly table: Omit<PlannedTable, 'chunks'>;
  /** How many chunks it has. */
  readonly chunkCount: number;
  readonly relations?: TableRelations;
}

/** The table with some of its chunks, each in its place: how many it has decides how one is read. */
export function sparseTable({ table, chunkCount }: TableText, some: readonly PlannedChunk[]): PlannedTable {
  const chunks: PlannedChunk[] = [];
  chunks.length = chunkCount;
  for (const chunk of some) chunks[chunk.chunk] = chunk;
  return { ...table, chunks };
}

/** The record of a run without its tables, and what its last step has to know besides. */
export interface HeaderText extends RunRecord {
  readonly onTableError: OnTableError;
  /** Of each worker; absent of runs of before: as many as the worker has by itself. */
  readonly readers?: number;
  /** Absent where not all that is deployed is read, or a run is gone on with. */
  readonly whole?: WholeSelection;
  /** Of a run of changes, and of the first load that they follow. */
  readonly following?: FollowingText;
  /** Whether all that has marks is to be of one transaction. */
  readonly oneVersion?: true;
}

/** What a run of an execution that follows its source leaves for the next one. */
export interface FollowingText extends SeenChanges {
  /** Of the chain. */
  readonly key: string;
  readonly kind: 'firstLoad' | 'changes';
  /** Tables whose changes could not be told. */
  readonly gaps: number;
  /** Whether tables whose changes cannot be told are read whole, by the next run where it is known of them when they are read. */
  readonly reloads?: boolean;
}

/** The tables of a first load are brought to one version by the first run of changes. */
export function isTogether({ oneVersion }: Pick<RunOptions, 'oneVersion'>, following: FollowingText | undefined): boolean {
  return oneVersion && following?.kind === 'changes';
}

/** Items of an execution. */
export interface WrittenItems {
  /** In the store. */
  readonly key: string;
  readonly items: readonly WorkItem[];
}

const headerKey = (runId: string) => `${folderOf(runId)}header.json`;
const tableKey = (runId: string, index: number) => `${folderOf(runId)}table-${String(index).padStart(5, '0')}.json`;
const six = (number: number) => String(number).padStart(6, '0');
const itemsKey = (runId: string, epoch: number) => `${folderOf(runId)}items-${six(epoch)}.jsonl`;
const taskItemKey = (runId: string, epoch: number, task: number) => `${folderOf(runId)}item-${six(epoch)}-${six(task)}.json`;

/** What the workers of a run read of it, beside its checkpoint: its record without tables, a text for each table, and the items. */
export class RunTexts {
  public constructor(private readonly store: StateStore, private readonly runId: string) {}

  public async writePlan(
    record: Omit<HeaderText, 'onTableError' | 'readers'>, { onTableError, readers }: Pick<HeaderText, 'onTableError' | 'readers'>,
    relationsOf: (index: number) => TableRelations | undefined,
  ): Promise<void> {
    const header: HeaderText = { ...record, plan: { ...record.plan, tables: [] }, onTableError, readers };
    await this.store.put(headerKey(this.runId), JSON.stringify(header));
    await this.writeEach(record.plan.tables, (planned, index) => {
      const { chunks, ...table } = planned;
      return [tableKey(this.runId, index), { table, chunkCount: chunks.length, relations: relationsOf(index) } satisfies TableText];
    });
  }

  /** Writes the items, the last of what an execution begins with; before it each item of a task by itself. @returns their key in the store */
  public async writeItems(epoch: number, items: readonly WorkItem[]): Promise<string> {
    const key = itemsKey(this.runId, epoch);
    await this.writeEach(items.filter(({ task }) => task !== undefined), (item) => [taskItemKey(this.runId, epoch, item.task!), item]);
    await this.store.put(key, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    return key;
  }

  /** The items that were written before; undefined where they were not. */
  public async readItems(epoch: number): Promise<WrittenItems | undefined> {
    const text = await this.store.read(itemsKey(this.runId, epoch));
    if (text === undefined) return undefined;
    return { key: itemsKey(this.runId, epoch), items: text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as WorkItem) };
  }

  /** The record, its plan without tables. @throws LegacyToS3Error of code RUN_NOT_FOUND */
  public async header(): Promise<HeaderText> {
    return this.parsed<HeaderText>(headerKey(this.runId));
  }

  public async table(index: number): Promise<TableText> {
    return this.parsed<TableText>(tableKey(this.runId, index));
  }

  /** The item of a task. */
  public async taskItem(epoch: number, task: number): Promise<WorkItem> {
    return this.parsed<WorkItem>(taskItemKey(this.runId, epoch, task));
  }

  private async writeEach<T>(all: readonly T[], textOf: (each: T, index: number) => readonly [key: string, text: object]): Promise<void> {
    await eachInFlight(all.entries(), async ([index, each]) => {
      const [key, text] = textOf(each, index);
      await this.store.put(key, JSON.stringify(text));
    });
  }

  private async parsed<T>(key: string): Promise<T> {
    const text = await this.store.read(key);
    if (text === undefined) {
      throw new LegacyToS3Error('RUN_NOT_FOUND', `${this.store.url}${key} is not there: run ${this.runId} is complete, was given up, or was not begun by an execution`);
    }
    return JSON.parse(text) as T;
  }
}

export function countsOf(items: readonly WorkItem[]): ExtractionCounts {
  const tables = new Set<number>();
  let [chunks, estimatedBytes] = [0, 0];
  for (const item of items) {
    for (const table of item.tables) {
      tables.add(table.index);
      chunks += table.chunks.length;
      for (const chunk of table.chunks) estimatedBytes += chunk.estimatedBytes;
    }
  }
  return { tables: tables.size, chunks, items: items.length, estimatedBytes };
}
