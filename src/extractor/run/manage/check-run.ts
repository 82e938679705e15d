import { stateCheckFile } from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import { counted } from '../../api/counted';
import type { ErrorCode } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import type { CheckItem } from '../../api/run-summary';
import { openTarget } from '../../landing/open-target';
import { readFeatures } from '../../source/catalog/source-features';
import { causes, missingFromServer } from '../../source/connection/source-errors';
import { addressOf, SqlServerConnection } from '../../source/connection/sql-server-connection';
import { INSTANT_SQL } from '../../source/consistency/consistency';
import { toSafeError } from '../../source/credentials/redact';
import { openStore } from '../../state/open-store';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { planOver } from '../plan-run';
import { planTellingWays } from '../plan-ways';

/** A difference of clocks that makes instants hard to compare, and, near 15 minutes, AWS refuse requests (seconds). */
const CLOCK_WARNING = 60;

/** Looks at one thing, and goes on after it fails. @param adviceOf what to do then; it is given what the message itself advised, which is not repeated */
type Attempt = (name: string, adviceOf: (code: ErrorCode, told?: string) => string | undefined, work: () => Promise<Omit<CheckItem, 'name'>>) => Promise<void>;

const CHECKPOINT_ADVICE = 'allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there; without them a run cannot be resumed';
const TABLES_ADVICE = 'grant SELECT on the tables, and VIEW DEFINITION where they are not listed';

/** Codes of errors whose message ends with what to do, behind its last semicolon. */
const ADVISING: ReadonlySet<ErrorCode> = new Set(['LOGIN_FAILED', 'SOURCE_UNREACHABLE', 'TLS_UNTRUSTED', 'TARGET_ACCESS_DENIED', 'TARGET_NOT_FOUND']);

/** Codes of errors that a login meets which may see or read too little. */
const UNGRANTED: ReadonlySet<ErrorCode> = new Set(['SOURCE_PERMISSION_DENIED', 'NO_TABLE_MATCHED']);

/**
 * Looks at everything a run needs, and goes on after what fails.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when the properties themselves are wrong
 */
export async function check(props: ExtractorProps): Promise<CheckItem[]> {
  const options = await resolveOptions(props);
  const items: CheckItem[] = [{ name: 'node', state: 'ok', detail: `Node.js ${process.versions.node}` }];
  for (const detail of options.sourceWarnings) items.push({ name: 'options', state: 'warn', detail });
  const attempt: Attempt = async (name, adviceOf, work) => {
    try {
      items.push({ name, ...await work() });
    } catch (error) {
      const { code, message } = toSafeError(error, [options.connection.password]);
      const isAdvising = ADVISING.has(code) || causes(error).some((cause) => missingFromServer(cause) !== undefined);
      const [, said, told] = isAdvising ? /^(.*); (.*)$/s.exec(message) ?? [] : [];
      const advice = adviceOf(code, told);
      items.push({ name, state: 'fail', detail: `${code}: ${said ?? message}`, ...(advice !== undefined && { advice }) });
    }
  };
  await checkSource(options, items, attempt);
  await attempt('target', (_, told = 'check the name, the credentials and that the role may do what grantLand gives') => told, async () => {
    const target = openTarget(options.target, options.targetOptions);
    try {
      await target.check();
      return { state: 'ok', detail: `${target.url} can be written` };
    } finally {
      await target.close();
    }
  });
  await attempt('checkpoint', () => CHECKPOINT_ADVICE, async () => {
    const { store, close } = openStore(options.target, options.targetOptions);
    const key = stateCheckFile(process.pid);
    try {
      await store.put(key, '{}');
      await store.read(key);
      await store.list('check-');
      await store.remove([key]);
      return { state: 'ok', detail: `${store.url} can be written, read and listed` };
    } finally {
      close();
    }
  });
  return items;
}

/** Tables that are named. */
const MOST_TOLD = 5;

/** How changes of the tables would be learnt, and what would enable better ways. */
function changesItem({ tables }: ExtractionPlan): CheckItem[] {
  const told = tables.flatMap(({ schema, table, changes }) => (changes ? [{ name: `${schema}.${table}`, changes }] : []));
  if (told.length === 0) return [];
  const ways = [...new Set(told.map(({ changes }) => changes.way))].map((way) => {
    const own = told.filter(({ changes }) => changes.way === way);
    const names = own.slice(0, MOST_TOLD).map(({ name, changes }) => (way === ChangeWay.WHOLE ? `${name}: ${changes.why}` : name));
    return `${way}: ${counted(own.length, 'table')} (${names.join(', ')}${own.length > MOST_TOLD ? ` and ${own.length - MOST_TOLD} more` : ''})`;
  });
  const enable = [...new Set(told.flatMap(({ changes }) => changes.enable ?? []))];
  const advice = `for a better way: ${enable.slice(0, MOST_TOLD).join('; ')}${enable.length > MOST_TOLD ? ` and ${enable.length - MOST_TOLD} more; plan --json tells all` : ''}`;
  return [{ name: 'changes', state: 'ok', detail: `sync would learn changes by ${ways.join('; ')}`, ...(enable.length > 0 && { advice }) }];
}

async function checkSource(options: RunOptions, items: CheckItem[], attempt: Attempt): Promise<void> {
  let connection: SqlServerConnection | undefined;
  try {
    await attempt('connection', (_, told = 'check server, port, firewall, certificate, login and password') => told, async () => {
      connection = await SqlServerConnection.open(options.connection);
      return { state: 'ok', detail: `database '${connection.database}' on ${addressOf(options.connection)}` };
    });
    const opened = connection;
    if (!opened) return;
    await attempt('clock', () => 'set the clocks by NTP', async () => {
      const [row] = await opened.query(INSTANT_SQL, 'ask for the time');
      const seconds = Math.round(Math.abs(Date.now() - Date.parse(String(row?.instant))) / 1000);
      const differs = seconds > CLOCK_WARNING;
      const detail = `the server's clock differs by ${seconds} s from this machine's`;
      return differs ? { state: 'warn', detail, advice: 'set the clocks by NTP: AWS refuses requests that are 15 minutes off' } : { state: 'ok', detail };
    });
    if (options.query) return;
    await attempt('tables', (code, told) => told ?? (UNGRANTED.has(code) ? TABLES_ADVICE : undefined), async () => {
      // One chunk a table: no table is looked into.
      const features = await readFeatures(opened);
      const survey = await planOver(opened, features, { ...options, chunkTarget: { bytes: Number.MAX_SAFE_INTEGER } });
      const plan = await planTellingWays(opened, features, survey, options);
      items.push(...changesItem(plan));
      for (const message of plan.warnings) items.push({ name: 'source', state: 'warn', detail: message, advice: 'see the plan; the run goes on nevertheless' });
      for (const { risk, message } of plan.refusals) {
        items.push({ name: 'source', state: 'fail', detail: message, advice: `lift it, leave the table out, or accept ${risk} by name` });
      }
      const rows = plan.tables.reduce((sum, table) => sum + table.estimatedRows, 0);
      return { state: 'ok', detail: `${counted(plan.tables.length, 'table')}, about ${counted(rows, 'row')}, ${plan.snapshotAllowed ? 'SNAPSHOT' : 'READ COMMITTED'}` };
    });
  } finally {
    await connection?.close();
  }
}
