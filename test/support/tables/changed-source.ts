import { createHash } from 'node:crypto';
import type { ParquetRun } from './parquet-runs';
import { withPages } from './with-pages';
import {
  CHANGE_COLUMNS, CHANGE_FIELD_IDS, changeFileName, ChangeMark, ChangeRole, datasetRunFolder, Manifest, manifestKey, ManifestColumn, ManifestObject,
  ManifestTable, partFileName, runIdAt,
} from '../../../src/contract';
import { liveEntries, liveManifests } from '../../../src/iceberg/commit/snapshot-files';
import { TableRun } from '../../../src/iceberg/commit/table-run';
import { metadataAt, Workplace } from '../../../src/iceberg/commit/workplace';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { EndColumn, parquetEnd, plain } from '../iceberg/parquet-end';

type Row = readonly [id: number, value: string];

const COLUMNS: readonly ManifestColumn[] = [
  { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int', fieldId: 1 },
  { name: 'Name', ordinal: 2, sourceType: 'nvarchar(50)', nullable: true, outputType: 'STRING', glueType: 'string', fieldId: 2 },
];

const END_COLUMNS: { readonly [name: string]: Omit<EndColumn, 'name'> } = {
  Id: { physical: 'INT32', fieldId: 1 },
  Name: { physical: 'BYTE_ARRAY', fieldId: 2 },
  __op: { physical: 'BYTE_ARRAY', fieldId: CHANGE_FIELD_IDS.__op },
  __version: { physical: 'BYTE_ARRAY', fieldId: CHANGE_FIELD_IDS.__version },
  __committed_at: { physical: 'INT64', fieldId: CHANGE_FIELD_IDS.__committed_at },
};

interface SourceTable {
  readonly rows: Map<number, string>;
  /** By key: version of its last change. */
  readonly changed: Map<number, number>;
}

/** A run of the source, and the rows that each table had then. */
export interface SourceRun extends ParquetRun {
  readonly expected: ReadonlyMap<string, readonly Row[]>;
  readonly marks: ReadonlyMap<string, ChangeMark>;
}

/** Where the files of a run lie; number of the run, which is its second of the year 2026. */
interface RunPlace {
  readonly at: number;
  /** @default - all of the source */
  readonly tables?: readonly string[];
  /** Changes what the manifest says of a table. */
  readonly alter?: (table: ManifestTable) => ManifestTable;
}

/**
 * A source whose tables (Id int, Name nvarchar) are written to, and runs of it: whole, or the changes since a mark. The files have the
 * footers that the extractor writes and, unless asked for, no pages; what would be in them is kept here.
 */
export class ChangedSource {
  /** Rows of each file, by key. */
  public readonly content = new Map<string, readonly Row[]>();
  public lineage = 'object 42, database 1';
  public keyColumns: readonly string[] = ['Id'];
  private readonly tables: Map<string, SourceTable>;
  private version = 0;

  /** @param hasPages whether the files have pages, so that they can be read */
  public constructor(public readonly names: readonly string[] = ['Accounts'], private readonly prefix = 'lake/', private readonly hasPages = false) {
    this.tables = new Map(names.map((name) => [name, { rows: new Map(), changed: new Map() }]));
  }

  /** Inserts or updates rows, or deletes those without a value; a version for each call. */
  public write(table: string, changes: { readonly [id: number]: string | undefined }): this {
    this.version += 1;
    const { rows, changed } = this.tables.get(table)!;
    for (const [id, value] of Object.entries(changes)) {
      if (value === undefined) rows.delete(Number(id));
      else rows.set(Number(id), value);
      changed.set(Number(id), this.version);
    }
    return this;
  }

  /** Some writes by chance. */
  public writeSome(table: string, random: () => number): this {
    const changes = Array.from({ length: 1 + Math.floor(random() * 4) }, () => (
      [1 + Math.floor(random() * 8), random() < 0.3 ? undefined : `v${this.version}`] as const));
    return this.write(table, Object.fromEntries(changes));
  }

  /** Where the source is. */
  public mark(at: number): ChangeMark {
    return { way: 'changeTracking', lineage: this.lineage, order: String(this.version).padStart(20, '0'), at: new Date(instantOf(at)).toISOString() };
  }

  /** A run that reads tables whole. */
  public load({ exact = true, marked = true, ...place }: RunPlace & { readonly exact?: boolean; readonly marked?: boolean }): SourceRun {
    return this.run(place, (table, write) => {
      const rows = [...this.tables.get(table)!.rows];
      return { objects: [write(undefined, rows)], rows: rows.length, ...(marked && { base: { mark: this.mark(place.at), exact } }) };
    });
  }

  /** A run of what changed since another one. */
  public changes(since: SourceRun, place: RunPlace): SourceRun {
    return this.run(place, (table, write) => {
      const { rows, changed } = this.tables.get(table)!;
      const from = since.marks.get(table)!;
      const ids = [...changed].filter(([, version]) => version > Number(from.order)).map(([id]) => id);
      const there = ids.filter((id) => rows.has(id)).map((id): Row => [id, rows.get(id)!]);
      const gone = ids.filter((id) => !rows.has(id)).map((id): Row => [id, '']);
      const objects = [write('changes', there), ...(this.keyColumns.length > 0 ? [write('keys', there), write('deletes', gone)] : [])];
      const counts = { inserts: 0, updates: there.length, deletes: gone.length, deletesSeen: this.keyColumns.length > 0 };
      return {
        objects,
        rows: there.length,
        changes: { way: 'changeTracking', previousRun: since.runId, from, to: this.mark(place.at), keyColumns: this.keyColumns, ...counts },
      };
    });
  }

  private run(
    { at, tables: names = this.names, alter = (table) => table }: RunPlace,
    read: (table: string, write: (role: ChangeRole | undefined, rows: readonly Row[]) => ManifestObject) => Pick<ManifestTable, 'objects' | 'rows' | 'base' | 'changes'>,
  ): SourceRun {
    const runId = runIdAt(new Date(instantOf(at)), 'abcdef');
    const files: { key: string; bytes: Buffer }[] = [];
    const tables = names.map((table): ManifestTable => {
      const dataset = { database: 'Ledger', schema: 'dbo', table };
      const write = (role: ChangeRole | undefined, rows: readonly Row[]): ManifestObject => {
        const key = datasetRunFolder(this.prefix, dataset, runId) + (role ? changeFileName(role, 0, 0, 'parquet') : partFileName(0, 0, 'parquet'));
        const bytes = (this.hasPages ? withPages : bytesOf)(role, rows, this.keyColumns);
        files.push({ key, bytes });
        this.content.set(key, rows);
        const value = createHash('sha256').update(bytes).digest('base64');
        return { key, part: '0-0', rows: rows.length, sizeBytes: bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value }, ...(role && { role }) };
      };
      const told = read(table, write);
      return alter({
        ...dataset,
        ...told,
        columns: COLUMNS,
        identity: { objectId: 42, created: '2026-01-01T00:00:00', database: 'fork:1' },
        schemaFingerprint: 'f00d',
        sizeBytes: told.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      });
    });
    const sum = (of: (table: ManifestTable) => number) => tables.reduce((total, table) => total + of(table), 0);
    const manifest: Manifest = {
      manifestVersion: tables.some(({ changes }) => changes) ? 4 : 1,
      runId,
      producer: { name: 'cdk-legacy-to-s3', version: '0.0.0' },
      startedAt: new Date(instantOf(at)).toISOString(),
      finishedAt: new Date(instantOf(at) + 500).toISOString(),
      source: { kind: 'tables', server: 'legacy', database: 'Ledger' },
      consistency: { mode: 'snapshot', guarantee: 'each table as of one instant' },
      verification: { state: 'counted', detail: '' },
      format: { name: 'parquet', compression: 'none' },
      prefix: this.prefix,
      tables,
      totals: {
        tables: tables.length,
        objects: sum(({ objects }) => objects.length),
        rows: sum(({ rows }) => rows),
        sizeBytes: sum(({ sizeBytes }) => sizeBytes),
      },
    };
    return {
      runId,
      manifest,
      manifestKey: manifestKey(this.prefix, runId),
      files,
      expected: new Map(names.map((name) => [name, sorted([...this.tables.get(name)!.rows])])),
      marks: new Map(names.map((name) => [name, this.mark(at)])),
    };
  }

  /** Rows that a reader sees that applies deletes (Iceberg spec, "Scan Planning"), sorted; one that is there twice is twice in them. */
  public async shown(workplace: Workplace, name: string): Promise<Row[]> {
    const table = await workplace.catalog.load(name);
    if (table?.metadataLocation === undefined) return [];
    const metadata = await metadataAt(workplace, table.metadataLocation);
    const entries = (await liveManifests(workplace.files, currentSnapshot(metadata))).flatMap(liveEntries).map(({ entry }) => entry);
    const rowsOf = (path: string) => this.content.get(path.slice(workplace.root.length)) ?? [];
    const deletes = entries.filter(({ file }) => file.content === 2)
      .map(({ file, sequenceNumber }) => ({ ids: new Set(rowsOf(file.filePath).map(([id]) => id)), sequence: Number(sequenceNumber) }));
    return sorted(entries.filter(({ file }) => file.content === 0).flatMap(({ file, sequenceNumber }) => (
      rowsOf(file.filePath).filter(([id]) => !deletes.some(({ ids, sequence }) => Number(sequenceNumber) < sequence && ids.has(id))))));
  }
}

/** A table of a run, its files put where they are to land. */
export function landedTableRun(run: SourceRun, put: (key: string, bytes: Buffer) => void, at = 0): TableRun {
  for (const { key, bytes } of run.files) put(key, bytes);
  return { manifest: run.manifest, manifestKey: run.manifestKey, manifestETag: `etag-${run.runId}`, table: run.manifest.tables[at] };
}

function instantOf(at: number): number {
  return Date.UTC(2026, 0, 1, 0, 0, at);
}

function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort(([a, x], [b, y]) => a - b || x.localeCompare(y));
}

function bytesOf(role: ChangeRole | undefined, rows: readonly Row[], keyColumns: readonly string[]): Buffer {
  const names = role === 'keys' || role === 'deletes' ? keyColumns : COLUMNS.map(({ name }) => name);
  const ids = rows.map(([id]) => id);
  const bounds = rows.length === 0 ? {} : { min: plain('INT32', Math.min(...ids)), max: plain('INT32', Math.max(...ids)) };
  const columns = [...names, ...(role === 'changes' || role === 'deletes' ? CHANGE_COLUMNS : [])].map((name): EndColumn => (
    { name, ...END_COLUMNS[name], statistics: [name === 'Id' ? { ...bounds, nulls: 0 } : { nulls: 0 }] }));
  return parquetEnd(columns, rows.length === 0 ? [] : [rows.length]);
}
