import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderTables } from '../src/iceberg/catalogs/folder-tables';
import { commitRun } from '../src/iceberg/commit/commit-run';
import { Workplace } from '../src/iceberg/commit/workplace';
import { FolderFiles } from '../src/iceberg/files/folder-files';
import { TableFiles } from '../src/iceberg/files/table-files';
import { landRun } from '../test/support/iceberg/landed-table';
import { MemoryFiles } from '../test/support/iceberg/memory-files';

/*
 * Commits into Iceberg tables: time and memory of one of many objects, growth of the metadata for each kept snapshot, and how much longer a
 * commit takes when many are kept. In a folder, and in a store whose calls take as long as S3's.
 *
 * Usage: npx tsx bench/iceberg-commit.ts [objects] [snapshots]
 */

/** What S3 takes to answer, in milliseconds, from a function in its region. */
const S3_MS = 25;
/** Files are named by 40 characters of bucket, a prefix of three folders, and a long table. */
const ROOT = `s3://${'company-landing-zone-eu-central-1-production'.slice(0, 40)}/`;
const NAMES = { prefix: 'legacy/erp/landing/', table: 'CustomerOrderLineItemAdjustments' };
const COLUMNS = Array.from({ length: 30 }, (_each, at): [string, string, number] => [`ColumnWithALongName${at}`, ['INT32', 'INT64', 'STRING', 'DECIMAL(19,4)'][at % 4], at + 1]);

interface Place {
  readonly name: string;
  readonly root: string;
  readonly files: TableFiles;
  readonly end: () => void;
}

const store = (): Place => ({ name: `store of ${S3_MS} ms`, root: ROOT, files: slow(new MemoryFiles()), end: () => undefined });

function folder(): Place {
  const at = mkdtempSync(path.join(tmpdir(), 'iceberg-commit-'));
  return { name: 'folder', root: `file://${at}/`, files: new FolderFiles(), end: () => rmSync(at, { recursive: true }) };
}

/** Each call takes as long as one of S3's. */
function slow(files: MemoryFiles): TableFiles {
  return new Proxy(files, {
    get: (target, key) => {
      const member = Reflect.get(target, key) as unknown;
      if (typeof member !== 'function' || key === 'put') return member;
      return async (...args: unknown[]) => {
        await new Promise((resolve) => setTimeout(resolve, S3_MS));
        return (member as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

async function commit({ files, root }: Place, run: number, objects: number): Promise<{ readonly seconds: number; readonly metadataBytes: number }> {
  const work: Workplace = { files, root, catalog: new FolderTables(files, `${root}${NAMES.prefix.slice(0, -1)}-tables/`) };
  // All have one content, so that what lands weighs next to nothing.
  const uris: string[] = [];
  let content: Buffer = Buffer.alloc(0);
  const made = landRun((uri, bytes) => {
    uris.push(uri);
    content = bytes;
  }, { ...NAMES, run, root, columns: COLUMNS, rows: Array.from({ length: objects }, () => 1000) });
  if (files instanceof FolderFiles) for (const uri of uris) await files.replace(uri, content);
  else for (const uri of uris) (files as MemoryFiles).all.set(uri, { bytes: content, modifiedAt: new Date() });
  const from = performance.now();
  const { metadataLocation } = await commitRun(work, made);
  const seconds = (performance.now() - from) / 1000;
  return { seconds, metadataBytes: (await files.read(metadataLocation!))!.length };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function manyObjects(place: Place, objects: number): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  const first = await commit(place, 1, objects);
  const second = await commit(place, 2, objects);
  console.log(`${place.name}: ${objects} objects of ${COLUMNS.length} columns in ${first.seconds.toFixed(2)} s; replaced by as many in ${second.seconds.toFixed(2)} s; `
    + `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB, ${Math.round(before / 1024)} MB of them before`);
}

async function manySnapshots(place: Place, snapshots: number): Promise<void> {
  const figures: Array<Awaited<ReturnType<typeof commit>>> = [];
  for (let run = 1; run < snapshots + 5; run++) figures.push(await commit(place, run, 1));
  const near = (kept: number) => figures.slice(kept - 5, kept + 5);
  const [few, many] = [10, snapshots].map((kept) => 1000 * median(near(kept).map(({ seconds }) => seconds)));
  const from = Math.min(100, Math.floor(snapshots / 2));
  const growth = (figures[snapshots - 1].metadataBytes - figures[from - 1].metadataBytes) / (snapshots - from);
  console.log(`${place.name}: ${few.toFixed(0)} ms with 10 kept snapshots, ${many.toFixed(0)} ms with ${snapshots}: ${(100 * (many / few - 1)).toFixed(0)} % longer; `
    + `metadata grows ${growth.toFixed(0)} bytes a snapshot, to ${(figures[snapshots - 1].metadataBytes / 1e6).toFixed(2)} MB`);
}

const PLACES: { readonly [name: string]: () => Place } = { folder, store };
const MEASURES: { readonly [name: string]: (place: Place, count: number) => Promise<void> } = { objects: manyObjects, snapshots: manySnapshots };

/** Each measure in a process of its own, for its memory. */
async function main([measure, name, count, ...rest]: readonly string[]): Promise<void> {
  if (name !== undefined && name in PLACES) {
    const place = PLACES[name]();
    await MEASURES[measure](place, Number(count)).finally(place.end);
    return;
  }
  const counts = { objects: measure ?? '2000', snapshots: name ?? '1000' };
  for (const [of, many] of Object.entries(counts)) {
    for (const where of Object.keys(PLACES)) {
      spawnSync(process.execPath, [...process.execArgv, '--import', 'tsx', __filename, of, where, many, ...rest], { stdio: 'inherit' });
    }
  }
}

void main(process.argv.slice(2));
