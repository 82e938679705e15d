import { Chance, KNOWN_TABLES } from './known-tables';
import type { StandIn } from '../../../tools/stand-in';
import { startCli } from '../../cli/spawn-cli';
import type { FakeS3Server, Fault, RecordedRequest } from '../cloud/fake-s3-server';
import { BUCKET } from '../tables/memory-tables';

/** A request at whose arrival the process is killed. */
interface KillPoint {
  readonly operation: string;
  /** Of the key. */
  readonly pattern: RegExp;
  /** Whether S3 has done what was asked when the process dies; it never learns. */
  readonly done: boolean;
}

const KILL_POINTS: readonly KillPoint[] = [
  { operation: 'PutObject', pattern: /\/run\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/chunk-\d+-\d+\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/chunk-\d+-\d+\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/(?:part|changes)-\d+-\d+\.parquet$/, done: true },
  { operation: 'PutObject', pattern: /\/(?:keys|deletes)-\d+-\d+\.parquet$/, done: false },
  { operation: 'PutObject', pattern: /\/deletes-\d+-\d+\.parquet$/, done: true },
  { operation: 'PutObject', pattern: /\/_manifest\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/_manifest\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/chain\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/chain\.json$/, done: true },
  { operation: 'GetObject', pattern: /\/chain\.json$/, done: true },
];

/** What a process may be told that the source was altered while it read, after which it is to be run anew. */
const ALTERED = /SCHEMA_CHANGED|CHANGES_GAP/;

/** Such a process takes some seconds, on a busy machine up to half a minute. */
const LONGEST_PROCESS_MS = 150_000;

export interface SyncProcess {
  readonly server: StandIn;
  readonly s3: FakeS3Server;
  readonly chance: Chance;
  /** Whether all tables are read in one transaction, else by four readers. */
  readonly oneVersion: boolean;
  /** A config file. */
  readonly config: string;
  readonly kills: boolean;
}

/** A process of the command line that syncs the known tables. @returns how it ended */
export async function runSync({ server, s3, chance, oneVersion, config, kills }: SyncProcess): Promise<'killed' | 'altered' | 'done'> {
  const cli = startCli([
    'sync', '--config', config, '--server', server.host, '--port', String(server.port), '--user', server.user, '--database', server.database, '--encrypt', 'false',
    '--to', `s3://${BUCKET}/lake`, '--endpoint-url', s3.endpoint, '--format', 'parquet', '--tables', KNOWN_TABLES.map(({ name }) => `dbo.${name}`).join(','),
    ...(oneVersion ? ['--one-version'] : ['--readers', '4']), '--target-chunk-rows', '40', '--on-gap', 'reload', '--take-over', '--json',
  ], { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret', AWS_REGION: 'eu-central-1', LEGACY_TO_S3_PASSWORD: server.password });
  const statements: string[] = [];
  server.faults.onRequest = ({ spid, kind, sql }) => void statements.push(`${spid} ${kind} ${sql.slice(0, 200)}`);
  let killed = false;
  const kill = () => { killed ||= cli.process.kill('SIGKILL'); };
  let timer: NodeJS.Timeout | undefined;
  if (kills && chance.below(3) > 0) s3.fault = killAt(chance.of(KILL_POINTS), kill);
  else if (kills) timer = setTimeout(kill, 300 + chance.below(1_500));
  let stuck: string | undefined;
  const watch = setTimeout(() => {
    stuck = whereItStands(s3, statements);
    cli.process.kill('SIGKILL');
  }, LONGEST_PROCESS_MS);
  const { code, stdout, stderr } = await cli.ended;
  [timer, watch].forEach(clearTimeout);
  s3.fault = () => undefined;
  server.faults.onRequest = undefined;
  if (stuck !== undefined) throw new Error(`a process did not end within ${LONGEST_PROCESS_MS / 1000} s; ${stuck}\n${stderr}${stdout.slice(-2000)}`);
  if (killed) return 'killed';
  if (code === 0) return 'done';
  if (ALTERED.test(stderr)) return 'altered';
  throw new Error(`a process ended with code ${code} by itself: ${stderr}${stdout.slice(-2000)}`);
}

/** The last that was asked of the store and of the source, to tell what a process waits for. */
function whereItStands(s3: FakeS3Server, statements: readonly string[]): string {
  const requests = s3.requests.slice(-5).map(({ operation, key }) => `${operation} ${key}`);
  return `asked of the store last: ${requests.join(', ')}; of the source: ${statements.slice(-8).join('\n')}`;
}

function killAt({ operation, pattern, done }: KillPoint, kill: () => void): (request: RecordedRequest) => Fault | undefined {
  let seen = false;
  return (request) => {
    if (seen || request.operation !== operation || !pattern.test(request.key)) return undefined;
    seen = true;
    // With the answer held back the process can do nothing more before it is dead.
    kill();
    return done ? 'hang-after' : 'hang';
  };
}
