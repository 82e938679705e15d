import { tableTotal } from './table-total';
import type { ManifestColumn, ManifestTableVerification } from '../../../contract';
import { counted } from '../../api/counted';
import { unhashedColumns } from '../../rows/hash/source-hash';
import { comparedColumns, differenceText } from '../../source/aggregates/aggregate-query';
import type { LandedChunk } from '../../state/landed-chunk';

/** Differences that are told. */
const MOST_TOLD = 3;

/** How far a table is proven. Under a snapshot a difference has failed the run before. */
export function tableVerification(columns: readonly ManifestColumn[], chunks: readonly LandedChunk[]): ManifestTableVerification {
  if (chunks.some(({ sourceRows }) => sourceRows === undefined)) return { state: 'unverified', detail: 'the source was not asked' };
  const tableRows = tableTotal(chunks);
  const asked = {
    sourceRows: chunks.reduce((sum, { sourceRows }) => sum + Number(sourceRows), 0),
    ...(tableRows !== undefined && { tableRows }),
    sourceSeconds: chunks.reduce((sum, { sourceSeconds = 0 }) => sum + sourceSeconds, 0),
  };
  const landed = chunks.reduce((sum, { rows }) => sum + rows, 0);
  const aggregated = chunks.every((chunk) => chunk.aggregated);
  const hashed = chunks.every(({ hashedRows }) => hashedRows !== undefined);
  const unhashed = unhashedColumns(columns);
  const aggregates = {
    ...(aggregated && { aggregates: comparedColumns(columns) }),
    ...(hashed && { hashedRows: chunks.reduce((sum, { hashedRows = 0 }) => sum + hashedRows, 0) }),
    ...(hashed && unhashed.length > 0 && { unhashedColumns: unhashed }),
  };
  const changed = chunks.flatMap(({ chunk, differences = [] }) => differences.map((difference) => `chunk ${chunk}, ${differenceText(difference)}`));
  if (chunks.some(({ sourceRows, rows }) => Number(sourceRows) !== rows)) {
    const detail = `not comparable: the source changed between the read and COUNT_BIG: ${counted(landed, 'row')} landed, ${asked.sourceRows.toLocaleString('en-US')} counted`;
    return { state: 'unverified', detail, ...asked, ...aggregates };
  }
  if (changed.length > 0) {
    const more = changed.length > MOST_TOLD ? `; and ${changed.length - MOST_TOLD} more` : '';
    const detail = `not comparable: the source changed between the read and its aggregates: ${changed.slice(0, MOST_TOLD).join('; ')}${more}`;
    return { state: 'counted', detail, ...asked, ...aggregates };
  }
  return aggregated ? { state: 'verified', ...asked, ...aggregates } : { state: 'counted', detail: 'the source was not asked for aggregates', ...asked, ...aggregates };
}
