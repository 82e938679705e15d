import { MOST_DIFFERENCES, type ChunkSums } from './chunk-sums';
import type { Manifest, ManifestColumn, ManifestTable, ManifestTableVerification, VerificationState } from '../../../contract';
import { counted } from '../../api/counted';
import { HiddenRows, type PlannedColumn, type PlannedTable } from '../../api/extraction-plan';
import { varyingPart } from '../../options/filter-determinism';
import { unhashedColumns } from '../../rows/hash/source-hash';
import { comparedColumns } from '../../source/aggregates/aggregate-query';
import type { RunConsistency } from '../../source/consistency/consistency';

/** What is known of a table beside its chunks. */
type Planned = Pick<PlannedTable, 'rowFilter' | 'hiddenRows'> & { readonly columns?: readonly PlannedColumn[] };

/** What the proof of a table rests on whose rows may be hidden from the login. */
const RESTS_ON: { readonly [reason in HiddenRows]: string } = {
  [HiddenRows.POLICY]: 'of the rows that the login sees: a security policy filters the table, which was accepted by name',
  [HiddenRows.UNKNOWN]: 'of the rows that the login sees: it may not know whether a security policy hides others (VIEW DEFINITION)',
};

/**
 * How far a table is proven. Under a snapshot a difference has failed the run before.
 *
 * @param sourceSeconds how long the source took to count, and to aggregate, over all chunks
 */
export function tableVerification(
  landedColumns: readonly ManifestColumn[], chunks: ChunkSums, sourceSeconds: number, planned: Planned = {},
): ManifestTableVerification {
  const proof = comparison(landedColumns, chunks, sourceSeconds, planned);
  if (!planned.hiddenRows || proof.state === 'unverified') return proof;
  const detail = [RESTS_ON[planned.hiddenRows], ...proof.detail === undefined ? [] : [proof.detail]].join('; ');
  return { ...proof, state: proof.state === 'verified' ? 'verifiedAsVisible' : proof.state, detail };
}

function comparison(
  landedColumns: readonly ManifestColumn[], chunks: ChunkSums, sourceSeconds: number, planned: Planned,
): ManifestTableVerification {
  const varying = varyingPart(planned.rowFilter);
  if (varying !== undefined) {
    return { state: 'unverified', detail: `neither rows nor values were compared with the source, since the row filter has ${varying}, which gives other values each time` };
  }
  const reasonOf = ({ ordinal, framing }: ManifestColumn) => (framing === undefined ? undefined : planned.columns?.[ordinal - 1]?.notCompared);
  const notCompared = landedColumns.flatMap((column) => {
    const reason = reasonOf(column);
    return reason ? [{ column: column.name, reason }] : [];
  });
  const columns = landedColumns.filter((column) => !reasonOf(column));
  const { rows, sourceRows, tableRows, aggregated, hashedRows, differing } = chunks;
  if (sourceRows === undefined) return { state: 'unverified', detail: 'the source was not asked' };
  const asked = { sourceRows, ...(tableRows !== undefined && { tableRows }), sourceSeconds };
  const unhashed = unhashedColumns(landedColumns, notCompared.map(({ column }) => column));
  const open = notCompared.length > 0 && `not compared: ${notCompared.map(({ column, reason }) => `"${column}" (${reason})`).join(', ')}`;
  const aggregates = {
    ...(aggregated && { aggregates: comparedColumns(columns) }),
    ...(hashedRows !== undefined && { hashedRows }),
    ...(hashedRows !== undefined && unhashed.length > 0 && { unhashedColumns: unhashed }),
    ...(notCompared.length > 0 && { notCompared }),
  };
  if (!chunks.equal) {
    const detail = `not comparable: the source changed between the read and COUNT_BIG: ${counted(rows, 'row')} landed, ${sourceRows.toLocaleString('en-US')} counted`;
    return { state: 'unverified', detail, ...asked, ...aggregates };
  }
  if (differing > 0) {
    const more = differing > MOST_DIFFERENCES ? `; and ${differing - MOST_DIFFERENCES} more` : '';
    const detail = `not comparable: the source changed between the read and its aggregates: ${chunks.differences.join('; ')}${more}`;
    return { state: 'counted', detail, ...asked, ...aggregates };
  }
  if (!aggregated) return { state: 'counted', detail: 'the source was not asked for aggregates', ...asked, ...aggregates };
  return { state: 'verified', ...(open && { detail: open }), ...asked, ...aggregates };
}

/** Tables that are named. */
const MOST_TABLES = 10;
const STATES: readonly VerificationState[] = ['unverified', 'counted', 'verifiedAsVisible', 'verified'];

/** Tables of one state: how many, the first of them by name with their reasons, and the reason where all have the same. */
class TablesOfState {
  public count = 0;
  public readonly named: string[] = [];
  public readonly reasons = new Set<string | undefined>();

  public add({ schema, table }: Pick<ManifestTable, 'schema' | 'table'>, detail: string | undefined): void {
    this.count += 1;
    if (this.named.length < MOST_TABLES) this.named.push(`${schema}.${table}: ${detail}`);
    // Whether there are several is all that is asked.
    if (this.reasons.size < 2) this.reasons.add(detail);
  }
}

/** What the comparisons prove of all tables: no more than of the least proven one. Tables come in their order, and are not kept. */
export class RunProof {
  /** Whether others wrote while the tables were read, so that what was landed cannot be compared. */
  public incomparable = false;
  private tables = 0;
  private sourceSeconds = 0;
  private readonly states = new Map<VerificationState, TablesOfState>();
  /** Of what equals, what was no part of the comparison. */
  private readonly open = new TablesOfState();

  public add(table: Pick<ManifestTable, 'schema' | 'table' | 'verification'>): void {
    const { state, detail, sourceSeconds = 0 } = table.verification!;
    this.tables += 1;
    this.sourceSeconds += sourceSeconds;
    this.incomparable ||= isIncomparable([table]);
    if (!this.states.has(state)) this.states.set(state, new TablesOfState());
    this.states.get(state)!.add(table, detail);
    if (state === 'verified' && detail !== undefined) this.open.add(table, detail);
  }

  /** @param missing how many tables failed */
  public verification(consistency: RunConsistency, missing = 0): Manifest['verification'] {
    if (consistency === 'query') return { state: 'unverified', detail: 'the server was sent nothing but the query' };
    const { sourceSeconds, open, tables } = this;
    const state = STATES.find((each) => this.states.has(each)) ?? 'verified';
    const when = { snapshot: 'in the same SNAPSHOT transaction', databaseSnapshot: 'in the same database snapshot' }[consistency as string] ?? 'right after the read';
    const equal = 'the rows of every table equal COUNT_BIG';
    const all = `${equal}, and its columns the aggregates, asked of the source ${when}`;
    const proven = { verified: all, verifiedAsVisible: all, counted: `${equal} asked of the source ${when}`, unverified: undefined }[state];
    const short = state === 'verified' ? undefined : this.states.get(state);
    // What is the same for all of them is said once.
    const named = !short ? [] : short.reasons.size === 1 && short.count === tables ? [...short.reasons].map(String) : short.named;
    const more = short && short.count > MOST_TABLES && named.length > 1 ? [`and ${short.count - MOST_TABLES} more`] : [];
    const others = open.count > MOST_TABLES ? [`columns of ${open.count - MOST_TABLES} more tables were not compared`] : [];
    const lacking = missing === 0 ? [] : [`of the tables that landed: ${counted(missing, 'table')} failed and are missing`];
    return { state, detail: [...lacking, ...proven === undefined ? [] : [proven], ...named, ...more, ...open.named, ...others].join('; '), sourceSeconds };
  }
}

/** What the comparisons prove of all tables. */
export function runVerification(tables: readonly ManifestTable[], consistency: RunConsistency, missing = 0): Manifest['verification'] {
  const proof = new RunProof();
  tables.forEach((table) => proof.add(table));
  return proof.verification(consistency, missing);
}

/** Whether others wrote while the tables were read, so that what was landed cannot be compared. */
export function isIncomparable(tables: ReadonlyArray<Pick<ManifestTable, 'verification'>>): boolean {
  return tables.some(({ verification }) => verification?.detail?.startsWith('not comparable') ?? false);
}
