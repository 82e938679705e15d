import type { ManifestAlterations } from '../../../contract';
import { counted } from '../../api/counted';
import { quoteTable } from '../../source/catalog/identifiers';
import type { NamedTable } from '../../source/catalog/table-patterns';

/** One count a column. */
export function sumAlterations(alterations: readonly ManifestAlterations[]): ManifestAlterations[] {
  const sums = new Map<string, ManifestAlterations>();
  // Chunks that an older version landed do not count sequences.
  for (const { column, replacedSurrogates, replacedSequences = 0, truncatedTimes } of alterations) {
    const sum = sums.get(column);
    sums.set(column, {
      column,
      replacedSurrogates: (sum?.replacedSurrogates ?? 0) + replacedSurrogates,
      replacedSequences: (sum?.replacedSequences ?? 0) + replacedSequences,
      truncatedTimes: (sum?.truncatedTimes ?? 0) + truncatedTimes,
    });
  }
  return [...sums.values()];
}

/** What landed otherwise than it is, by column; names of the source are quoted. */
export function alterationsWarning({ schema, table }: NamedTable, alterations: readonly ManifestAlterations[]): string {
  const columns = alterations.map(({ column, replacedSurrogates, replacedSequences = 0, truncatedTimes }) => {
    const counts = [
      [replacedSurrogates, 'half of a surrogate pair', 'halves of surrogate pairs', 'as U+FFFD'],
      [replacedSequences, 'sequence of bytes that is no text', 'sequences of bytes that are no text', 'as U+FFFD'],
      [truncatedTimes, 'time', 'times', 'without the seventh digit'],
    ] as const;
    const told = counts.filter(([count]) => count > 0).map(([count, one, many, how]) => (
      `${count === 1 ? `1 ${one}` : `${count.toLocaleString('en-US')} ${many}`} ${how}`
    ));
    return `"${column}" (${told.join(', ')})`;
  });
  return `${quoteTable(schema, table)}: ${counted(alterations.length, 'column')} landed otherwise than the source has it, as options allow: `
    + `${columns.join('; ')}; verify compares sizes, checksums and rows of this table, not its values`;
}
