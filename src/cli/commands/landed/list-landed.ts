import { tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { textTable } from '../text-table';

/** Prints the landed tables of a folder or a pipeline: `tables --landed`. */
export async function listLanded(options: LandedOptions): Promise<void> {
  const tables = await loadTables().landedTables(tablesSourceOf(options));
  if (options.json) return void process.stdout.write(`${JSON.stringify(tables)}\n`);
  if (tables.length === 0) return void process.stdout.write('no run has become snapshots of landed tables there\n');
  process.stdout.write(textTable(['TABLE', 'DATASET', 'GENERATION', 'RUN', 'ROWS', 'SNAPSHOTS', 'METADATA'], tables.map((
    { name, dataset, generation, newest, run, rows, deleteFiles, snapshots, metadataLocation }) => (
    [
      name, dataset, newest ? String(generation) : `${generation}, former`, run ?? 'of others',
      // Deleted rows are in the files still; only a reader tells how many are left.
      `${deleteFiles > 0 ? '≤ ' : ''}${rows.toLocaleString('en-US')}`, String(snapshots), metadataLocation,
    ]))));
}
