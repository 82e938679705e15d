import type { Command } from 'commander';
import { addLandedOptions, problemLine, someNames, tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { formatBytes } from '../../config/byte-size';
import { wholeNumber } from '../../config/command-settings';
import type { CompactedTable } from '../../tables';
import { textTable } from '../text-table';

type CompactOptions = LandedOptions & { readonly whenDeletes?: number; readonly fileSize?: number };

/** Bytes of a mebibyte, by which the size of files is given. */
const MIB = 1024 * 1024;

/** Adds `tables compact`. */
export function addCompactCommand(tables: Command): void {
  addLandedOptions(tables.command('compact [table...]')
    .description('Fold deletes of runs of changes into the files that they touch, and put small files together; rows stay as they are, which is proved by hashes of both, and landed files stay')
    .option('--when-deletes <number>', 'only tables with so many delete files (default: all that runs of changes were applied to)', wholeNumber)
    .option('--file-size <MiB>', 'size at which a new file ends, in MiB; in memory until then (default: 128)', wholeNumber), 'print what became of each table as JSON')
    .action(async (names: string[], options: CompactOptions) => {
      const { whenDeletes, fileSize, json } = options;
      if (fileSize === 0) throw new LegacyToS3Error('INVALID_CONFIG', '--file-size takes a whole number of at least 1');
      const compacting = { whenDeletes, ...(fileSize !== undefined && { targetBytes: fileSize * MIB }) };
      const done = await loadTables().compact(tablesSourceOf(options), names, compacting);
      process.stdout.write(json ? `${JSON.stringify(done)}\n` : compactedText(done));
      const failed = done.flatMap((each) => (each.state === 'FAILED' ? [each] : []));
      if (failed.length === 0) return;
      throw new LegacyToS3Error('LANDED_TABLE_REFUSED', `${someNames(failed.map(({ name }) => name))} could not be compacted: ${problemLine(failed[0])}`);
    });
}

function compactedText(tables: readonly CompactedTable[]): string {
  const told = tables.flatMap((each) => (each.state === 'FAILED' ? [] : [each]));
  if (told.length === 0) return 'no landed table is there\n';
  return textTable(['TABLE', 'DELETE FILES', 'ROWS DELETED', 'ROWS WRITTEN', 'FILES', 'SIZE', 'SNAPSHOT'], told.map((each) => (each.state === 'LEFT'
    ? [each.name, String(each.deleteFiles), '-', '-', String(each.filesBefore), formatBytes(each.bytesBefore), `left: ${each.why}`]
    : [
      each.name, `${each.deleteFiles} → ${each.deleteFilesLeft}`, each.deletedRows.toLocaleString('en-US'), each.rowsWritten.toLocaleString('en-US'),
      `${each.filesBefore} → ${each.filesAfter}`, `${formatBytes(each.bytesBefore)} → ${formatBytes(each.bytesAfter)}`, each.snapshotId!,
    ])));
}
