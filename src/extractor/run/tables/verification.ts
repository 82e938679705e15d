import { tableTotal } from './table-total';
import type { Manifest, ManifestColumn, ManifestTable, ManifestTableVerification, VerificationState } from '../../../contract';
import { counted } from '../../api/counted';
import { unhashedColumns } from '../../rows/hash/source-hash';
import { comparedColumns, differenceText } from '../../source/aggregates/aggregate-query';
import type { RunConsistency } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';

/** Differences that are told. */
const MOST_DIFFERENCES = 3;

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
    const more = changed.length > MOST_DIFFERENCES ? `; and ${changed.length - MOST_DIFFERENCES} more` : '';
    const detail = `not comparable: the source changed between the read and its aggregates: ${changed.slice(0, MOST_DIFFERENCES).join('; ')}${more}`;
    return { state: 'counted', detail, ...asked, ...aggregates };
  }
  return aggregated ? { state: 'verified', ...asked, ...aggregates } : { state: 'counted', detail: 'the source was not asked for aggregates', ...asked, ...aggregates };
}

/** Tables that are named. */
const MOST_TABLES = 10;
const STATES: readonly VerificationState[] = ['unverified', 'counted', 'verified'];

/** What the comparisons prove of all tables: no more than of the least proven one. */
export function runVerification(tables: readonly ManifestTable[], consistency: RunConsistency): Manifest['verification'] {
  if (consistency === 'query') return { state: 'unverified', detail: 'the server was sent nothing but the query' };
  const verifications = tables.map(({ schema, table, verification }) => ({ name: `${schema}.${table}`, ...verification! }));
  const sourceSeconds = verifications.reduce((sum, { sourceSeconds: seconds = 0 }) => sum + seconds, 0);
  const state = STATES[Math.min(...verifications.map((each) => STATES.indexOf(each.state)), STATES.length - 1)];
  const when = { snapshot: 'in the same SNAPSHOT transaction', databaseSnapshot: 'in the same database snapshot' }[consistency as string] ?? 'right after the read';
  const equal = 'the rows of every table equal COUNT_BIG';
  const proven = { verified: `${equal}, and its columns the aggregates, asked of the source ${when}`, counted: `${equal} asked of the source ${when}`, unverified: undefined }[state];
  const short = verifications.filter((each) => each.state === state && each.state !== 'verified');
  const reasons = new Set(short.map(({ detail }) => detail));
  // What is the same for all of them is said once.
  const named = reasons.size === 1 && short.length === verifications.length ? [...reasons].map(String) : short.slice(0, MOST_TABLES).map(({ name, detail }) => `${name}: ${detail}`);
  const more = short.length > MOST_TABLES && named.length > 1 ? [`and ${short.length - MOST_TABLES} more`] : [];
  return { state, detail: [...proven === undefined ? [] : [proven], ...named, ...more].join('; '), sourceSeconds };
}

/** Whether others wrote while the tables were read, so that what was landed cannot be compared. */
export function isIncomparable(tables: readonly ManifestTable[]): boolean {
  return tables.some(({ verification }) => verification?.detail?.startsWith('not comparable') ?? false);
}
