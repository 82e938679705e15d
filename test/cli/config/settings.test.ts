import { Command } from 'commander';
import { addSettings, settingValues } from '../../../src/cli/config/command-settings';
import { TABLE_SETTINGS, TYPE_SETTINGS } from '../../../src/cli/config/nested-kinds';
import { SETTINGS, type SettingGroup } from '../../../src/cli/config/settings';
import { toProps } from '../../../src/cli/config/to-props';
import { propertiesOf } from '../../support/packages/declared-properties';

const GROUPS: readonly SettingGroup[] = ['source', 'target', 'tables', 'format', 'reading'];
const SOURCE = ['--server', 'db', '--database', 'd', '--user', 'u'];
const LANDING = { target: 's3://b', kmsKeyId: 'key' };

function propsOf(args: readonly string[]) {
  const command = addSettings(new Command(), GROUPS).exitOverride().configureOutput({ writeErr: () => undefined });
  command.parse([...SOURCE, ...args], { from: 'user' });
  return toProps(settingValues(command.opts()), LANDING);
}

/** Properties that a file cannot or must not hold. */
const NOT_IN_A_FILE = ['source.password', 'source.connectionString', 'plan'];

/** Settings of what the command line does beside an extraction. */
const OF_COMMANDS = ['landedTables', 'softDeletes'];

test('every property of an extraction is a setting, and no setting is without a property', () => {
  const below = (key: string, type: string) => propertiesOf(type).map((name) => `${key}.${name}`);
  const properties = [...propertiesOf('ExtractorProps'), ...propertiesOf('LandingProps')].flatMap((name) => {
    switch (name) {
      case 'source': return below('source', 'SqlServerSource');
      case 'query': return below('query', 'QueryExtraction');
      case 'types': return below('types', 'TypeOptions');
      case 'format': return ['format.name', ...new Set(['CsvOptions', 'JsonLinesOptions', 'ParquetOptions'].flatMap((type) => below('format', type)))];
      default: return [name];
    }
  });
  expect(SETTINGS.map(({ key }) => key).sort()).toEqual([...properties.filter((name) => !NOT_IN_A_FILE.includes(name)), ...OF_COMMANDS].sort());
  expect(Object.keys(TABLE_SETTINGS).sort()).toEqual(propertiesOf('TableOptions').sort());
  expect(Object.keys(TYPE_SETTINGS).sort()).toEqual(propertiesOf('TypeOptions').sort());
});

test('keys and flags are unique', () => {
  const flags = SETTINGS.flatMap((setting) => (setting.flags === undefined ? [] : [setting.flags.split(' ')[0]]));
  expect(new Set(flags).size).toBe(flags.length);
  expect(new Set(SETTINGS.map(({ key }) => key)).size).toBe(SETTINGS.length);
});

test('without options the props leave every default to the extractor', () => {
  const props = propsOf([]);
  expect(props).toMatchObject({ source: { server: 'db', database: 'd', user: 'u' }, target: 's3://b', kmsKeyId: 'key' });
  expect(Object.entries(props).filter(([name, value]) => value !== undefined && !['source', 'target', 'kmsKeyId'].includes(name))).toEqual([]);
});

test.each<[string[], object]>([
  [['--port', '1444'], { source: { port: 1444 } }],
  [['--encrypt', 'false'], { source: { encrypt: false } }],
  [['--password-from-env', 'PW'], { source: { passwordFromEnv: 'PW' } }],
  [['--ca-file', 'ca.pem'], { source: { caFile: 'ca.pem' } }],
  [['--trust-server-certificate'], { source: { trustServerCertificate: true } }],
  [['--host-name-in-certificate', 'h'], { source: { hostNameInCertificate: 'h' } }],
  [['--connect-timeout', '9'], { source: { connectTimeoutSeconds: 9 } }],
  [['--read-only-intent'], { source: { readOnlyIntent: true } }],
  [['--authentication', 'ntlm', '--domain', 'CORP'], { source: { authentication: 'ntlm', domain: 'CORP' } }],
  [['--tenant-id', 't', '--client-id', 'c'], { source: { tenantId: 't', clientId: 'c' } }],
  [['--password-secret', 'arn'], { source: { passwordSecretArn: 'arn' } }],
  [['--password-parameter', '/p'], { source: { passwordParameter: '/p' } }],
  [['--password-file', '/f', '--connection-string-from-env', 'CS'], { source: { passwordFile: '/f', connectionStringFromEnv: 'CS' } }],
  [['--profile', 'p', '--role-arn', 'r', '--proxy-url', 'http://p'], { profile: 'p', roleArn: 'r', proxyUrl: 'http://p' }],
  [['--region', 'r', '--endpoint-url', 'http://e'], { region: 'r', endpointUrl: 'http://e' }],
  [['--expected-bucket-owner', '123456789012'], { expectedBucketOwner: '123456789012' }],
  [['--checksum', 'CRC64NVME'], { checksum: 'CRC64NVME' }],
  [['--tables', 'a,b', '--tables', '[c,d]'], { tables: ['a', 'b', '[c,d]'] }],
  [['--exclude-tables', 'x.*'], { excludeTables: ['x.*'] }],
  [['--target-chunk-size', '2MiB'], { targetChunkBytes: 2 ** 21 }],
  [['--target-chunk-rows', '10'], { targetChunkRows: 10 }],
  [['--query', 'SELECT 1 AS a', '--as', 'q'], { query: { sql: 'SELECT 1 AS a', name: 'q' } }],
  [['--accept', 'masked-columns,denied-columns'], { accept: ['maskedColumns', 'deniedColumns'] }],
  [['--format', 'csv', '--compression', 'gzip', '--delimiter', ';', '--quote', '\'', '--header', 'false', '--null-text', '\\N'],
    { format: { name: 'csv', compression: 'gzip', delimiter: ';', quote: '\'', header: false, nullText: '\\N' } }],
  [['--format', 'jsonl', '--binary', 'hex'], { format: { name: 'jsonl', binary: 'hex' } }],
  [['--row-group-size', '8MiB'], { format: { rowGroupBytes: 2 ** 23 } }],
  [['--target-file-size', '1MiB'], { targetFileBytes: 2 ** 20 }],
  [['--types-time', 'native', '--types-lone-surrogates', 'replace'], { types: { time: 'native', loneSurrogates: 'replace' } }],
  [['--readers', '3', '--threads', '2', '--max-retries', '0', '--retry-errors', '50001, 50002'], { readers: 3, threads: 2, maxRetries: 0, retryErrorNumbers: [50001, 50002] }],
  [['--idle-timeout', '7', '--lock-timeout', '8', '--max-dop', '2'], { idleTimeoutSeconds: 7, lockTimeoutSeconds: 8, maxDop: 2 }],
])('%j', (args, props) => {
  expect(propsOf(args)).toMatchObject(props);
});

test.each<[string[], RegExp]>([
  [['--checksum', 'MD5'], /expected one of SHA256, CRC64NVME/],
  [['--accept', 'anything'], /expected some of masked-columns, row-level-security/],
  [['--header', 'yes'], /expected true or false/],
  [['--retry-errors', '1205,x'], /expected whole numbers/],
  [['--types-time', 'iso'], /expected one of text, native/],
  [['--row-group-size', 'x'], /expected a size such as/],
])('%j is refused with what is allowed', (args, message) => {
  expect(() => propsOf(args)).toThrow(message);
});

test.each([[['--delimiter', ';']], [['--format', 'csv', '--binary', 'hex']], [['--format', 'jsonl', '--row-group-size', '1MiB']]])(
  '%j: an option of another format is refused', (args) => {
    expect(() => propsOf(args)).toThrow(/^format\.\w+ is of format \w+, not of \w+$/);
  },
);
