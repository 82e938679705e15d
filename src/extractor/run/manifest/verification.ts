import type { Manifest, VerificationState } from '../../../contract';
import type { RunConsistency } from '../../source/consistency/consistency';
import type { LandedTable } from '../tables/landed-table';

/** Tables that are named. */
const MOST_TOLD = 10;
const STATES: readonly VerificationState[] = ['unverified', 'counted', 'verified'];

/** What the comparisons prove of all tables: no more than of the least proven one. */
export function verificationOf(tables: readonly LandedTable[], consistency: RunConsistency): Manifest['verification'] {
  if (consistency === 'query') return { state: 'unverified', detail: 'the server was sent nothing but the query' };
  const verifications = tables.map(({ table }) => ({ name: `${table.schema}.${table.table}`, ...table.verification! }));
  const sourceSeconds = verifications.reduce((sum, { sourceSeconds: seconds = 0 }) => sum + seconds, 0);
  const state = STATES[Math.min(...verifications.map((each) => STATES.indexOf(each.state)), STATES.length - 1)];
  const when = { snapshot: 'in the same SNAPSHOT transaction', databaseSnapshot: 'in the same database snapshot' }[consistency as string] ?? 'right after the read';
  const counted = 'the rows of every table equal COUNT_BIG';
  const proven = { verified: `${counted}, and its columns the aggregates, asked of the source ${when}`, counted: `${counted} asked of the source ${when}`, unverified: undefined }[state];
  const short = verifications.filter((each) => each.state === state && each.state !== 'verified');
  const reasons = new Set(short.map(({ detail }) => detail));
  // What is the same for all of them is said once.
  const named = reasons.size === 1 && short.length === verifications.length ? [...reasons].map(String) : short.slice(0, MOST_TOLD).map(({ name, detail }) => `${name}: ${detail}`);
  const more = short.length > MOST_TOLD && named.length > 1 ? [`and ${short.length - MOST_TOLD} more`] : [];
  return { state, detail: [...proven === undefined ? [] : [proven], ...named, ...more].join('; '), sourceSeconds };
}

/** Whether others wrote while the tables were read, so that what was landed cannot be compared. */
export function isIncomparable(tables: readonly LandedTable[]): boolean {
  return tables.some(({ table }) => table.verification?.detail?.startsWith('not comparable') ?? false);
}
