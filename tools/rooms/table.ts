/** A folder of src/ with the files that lie in it and in those of its sub-folders that are no rooms themselves. */
export interface Room {
  /** Below src/. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly does: string;
  /** Rooms whose files its files may import, types included. */
  readonly mayImport: readonly string[];
}

const room = (name: string, does: string, ...mayImport: string[]): Room => ({ name, does, mayImport });

/** The rooms of one world with its name before each, and before what they import of it; `^` stands before a room of another world. */
function world(name: string, rooms: readonly Room[]): Room[] {
  const whole = (part: string) => part === '.' ? name : part.startsWith('^') ? part.slice(1) : `${name}/${part}`;
  return rooms.map((each) => room(whole(each.name), each.does, ...each.mayImport.map(whole)));
}

const CONTRACT = '^contract';
const CODEC = '^codec';

/**
 * Which room may import which. Lower rooms come first, and a room may import only rooms above it in this table: so no arrow
 * runs back, and no two rooms import each other. `npx tsx tools/rooms/check.ts` compares it with the imports.
 */
export const ROOMS: readonly Room[] = [
  room('contract', 'what the worlds agree on: keys, object metadata, manifest, names of metrics'),
  room('codec', 'zstd, of Node or in WebAssembly'),

  ...world('extractor', [
    room('api', 'data that users see: props, options, events, results, plan, errors'),
    room('options', 'props validated, patterns of names', 'api'),
  ]),

  ...world('iceberg', [
    room('spec', 'schema, values, table metadata, manifests: the format as its specification has it', CONTRACT),
    room('files', 'where metadata is written and files are read: S3, a folder'),
    room('catalogs', 'which metadata a name stands for: Glue, a folder, REST', CONTRACT, 'spec', 'files'),
    room('rows', 'rows of a snapshot, deletes applied: read, counted, summed, written', CONTRACT, CODEC, 'spec', 'files'),
    room('commit', 'a run becomes snapshots: identity, schema, files, tags', CONTRACT, 'spec', 'files', 'catalogs', 'rows'),
  ]),

  ...world('pipeline', [
    room('checks', 'options refused early, names claimed once', CONTRACT),
    room('access', 'roles, grants, key policies', CONTRACT),
    room('functions', 'a Lambda function of bundled code, and its options', CONTRACT, 'checks', 'access'),
    room('landing', 'the bucket', 'checks', 'access'),
    room('triggers', 'from bucket to recorder: S3, EventBridge, SQS', CONTRACT, 'checks', 'access'),
    room('recording', 'recorder, metadata table, failure queue', CONTRACT, 'checks', 'access', 'functions'),
    room('catalog', 'Glue database and Athena workgroup', CONTRACT, 'checks', 'access', 'landing'),
    room('interface', 'what others see of a pipeline', 'catalog'),
    room('completion', 'the function that a manifest starts', CONTRACT, 'checks', 'access', 'recording', 'catalog'),
    room('compaction', 'the function that compacts landed tables', CONTRACT, 'access', 'recording', 'catalog'),
    room('replay', 'the function that does failed work again', CONTRACT, 'checks', 'access', 'functions'),
    room('observability/metrics', 'metrics, and filters that count log lines', CONTRACT),
    room('observability/alarms', 'alarms and their topic', 'checks', 'access', 'observability/metrics'),
    room('observability/dashboard', 'widgets and saved queries', CONTRACT, 'checks', 'observability/metrics'),
    room('observability', 'alarms and widgets for any function', CONTRACT, 'checks', 'observability/metrics', 'observability/alarms',
      'observability/dashboard'),
    room('extraction', 'Extraction: an extractor run by Step Functions', CONTRACT, '^extractor/api', '^extractor/options', 'checks', 'access', 'functions',
      'recording', 'interface', 'observability/metrics', 'observability/alarms', 'observability/dashboard'),
    room('.', 'LegacyToS3Pipeline: puts them together', CONTRACT, 'checks', 'access', 'functions', 'landing', 'triggers', 'recording', 'catalog',
      'completion', 'compaction', 'replay', 'observability/metrics', 'observability/alarms', 'observability/dashboard', 'observability', 'interface', 'extraction'),
  ]),

  ...world('handlers', [
    room('shared', 'events, items of the table, errors, telemetry', CONTRACT),
    room('record', 'an object event becomes an item', CONTRACT, 'shared'),
    room('buffer', 'the same from a queue, message by message', CONTRACT, 'shared'),
    room('complete', 'a manifest is checked and its run announced', CONTRACT, 'shared'),
    room('replay', 'failed events and missed objects once more', CONTRACT, 'shared'),
    room('catalog', 'a run becomes partitions of Glue tables', CONTRACT, 'shared', 'complete'),
    room('tables', 'a run becomes snapshots of Iceberg tables', CONTRACT, '^iceberg/spec', '^iceberg/files', '^iceberg/catalogs', '^iceberg/rows', '^iceberg/commit', 'shared', 'complete', 'catalog'),
    room('compact', 'a landed table is compacted, part by part', CONTRACT, '^iceberg/spec', '^iceberg/commit', 'shared'),
    room('.', 'entries of the Lambda functions', CONTRACT, '^iceberg/files', '^iceberg/catalogs', '^iceberg/commit', 'shared', 'record', 'buffer', 'complete', 'replay', 'catalog', 'tables', 'compact'),
  ]),

  ...world('extractor', [
    room('wasm', 'WebAssembly instances and their memory'),
    room('aws', 'settings of AWS clients'),
    room('landing/target', 'what every landing target offers', CONTRACT),
    room('landing/file', 'objects in a folder', 'api', 'landing/target'),
    room('landing/s3', 'objects in S3, by multipart upload', CONTRACT, 'api', 'wasm', 'aws', 'landing/target'),
    room('landing', 'the target of a URL, and what landed in it', CONTRACT, 'api', 'landing/target', 'landing/file', 'landing/s3'),
    room('rows/tds', 'packets, tokens, column metadata, where a row ends', 'api'),
    room('rows/columns', 'types, column buffers, code generated for a row', CONTRACT, 'api', 'options', 'rows/tds'),
    room('rows/text', 'values as text, and their kernel', 'wasm', 'rows/tds', 'rows/columns'),
    room('rows/hash', 'content hash and tallies', CONTRACT, 'wasm', 'rows/tds', 'rows/columns', 'rows/text'),
    room('rows/formats', 'CSV, JSON Lines, Parquet, compression', CODEC, 'wasm', 'rows/tds', 'rows/columns', 'rows/text'),
    room('rows/objects', 'rows of a result into objects of a size', CONTRACT, 'api', 'landing/target', 'rows/tds', 'rows/columns', 'rows/text',
      'rows/hash', 'rows/formats'),
    room('rows', 'one statement, read to its end', 'api', 'rows/tds', 'rows/objects'),
    room('source/connection', 'connections, their faults and advice', 'api', 'rows/tds', 'rows/objects'),
    room('source/credentials', 'whence server, login and password come', 'api', 'options', 'aws'),
    room('source/catalog', 'tables, columns, keys, relations', CONTRACT, 'api', 'options', 'source/connection'),
    room('source/consistency', 'isolation, database snapshots', CONTRACT, 'api', 'source/connection', 'source/catalog'),
    room('source/aggregates', 'what the source is asked about its rows', CONTRACT, 'rows/tds', 'rows/columns', 'rows/hash'),
    room('changes', 'what changed in a table since a mark, by each way to learn of it', CONTRACT, 'api', 'options', 'rows/objects', 'source/connection',
      'source/catalog'),
    room('state', 'checkpoint and lease of a run', CONTRACT, 'api', 'changes', 'landing/target', 'landing/file', 'landing/s3', 'landing', 'rows/columns',
      'source/aggregates'),
    room('plan', 'tables cut into chunks', CONTRACT, 'api', 'options', 'changes', 'rows/columns', 'rows/objects', 'source/connection', 'source/catalog', 'source/consistency'),
    room('verify/values', 'values as the hash takes them', CONTRACT, 'rows/tds', 'rows/columns'),
    room('verify/compression', 'objects and pages decompressed', CODEC),
    room('verify/kernel', 'stored pages into rows of the hash', CONTRACT, 'wasm', 'rows/tds', 'rows/columns', 'rows/hash', 'verify/values'),
    room('verify/text', 'CSV and JSON Lines read back', CONTRACT, 'rows/columns', 'rows/hash', 'verify/values', 'verify/kernel'),
    room('verify/parquet', 'Parquet read back', CONTRACT, CODEC, 'rows/columns', 'rows/hash', 'verify/values', 'verify/compression', 'verify/kernel',
      'verify/text'),
    room('run/context', 'a run\'s options and what its parts share', 'changes', 'api', 'options', 'landing/target', 'landing', 'rows/columns', 'rows/objects',
      'source/connection', 'source/credentials', 'source/catalog', 'source/consistency', 'state', 'plan'),
    room('run/tables', 'sums, progress and proof of a table', CONTRACT, 'api', 'options', 'rows/columns', 'rows/hash', 'source/connection',
      'source/catalog', 'source/consistency', 'source/aggregates', 'state', 'run/context'),
    room('run/landed', 'keys of rows that landed, read back', CONTRACT, 'api', 'landing/target', 'landing', 'rows/columns', 'verify/parquet'),
    room('run/chunks', 'a chunk read, compared and tried again', CONTRACT, 'api', 'options', 'changes', 'landing/target', 'rows/columns', 'rows/hash',
      'rows/objects', 'rows', 'source/connection', 'source/catalog', 'source/consistency', 'source/aggregates', 'state', 'plan', 'run/context',
      'run/tables', 'run/landed'),
    room('run/manifest', 'the commit', CONTRACT, 'api', 'landing/target', 'rows/columns', 'source/connection', 'source/catalog',
      'source/consistency', 'state', 'run/context', 'run/tables'),
    room('run/threads', 'readers in threads', 'api', 'landing', 'state', 'run/context', 'run/chunks'),
    room('run', 'plan, read all, commit', CONTRACT, 'api', 'changes', 'landing/target', 'landing', 'source/connection', 'source/credentials', 'source/catalog',
      'source/consistency', 'state', 'plan', 'run/context', 'run/tables', 'run/chunks', 'run/manifest', 'run/threads'),
    room('run/manage', 'check, list, watch, abort, prune', CONTRACT, 'api', 'landing/target', 'landing', 'source/connection', 'source/credentials',
      'source/catalog', 'source/consistency', 'state', 'run/context', 'run/tables', 'run'),
    room('run/sync', 'runs of changes: what changed, and which run follows which', CONTRACT, 'api', 'changes', 'landing/target', 'landing', 'source/connection',
      'source/credentials', 'source/catalog', 'state', 'plan', 'run/context', 'run/landed', 'run/chunks', 'run', 'run/manage'),
    room('run/distributed', 'the steps of an execution: begin, work, complete', CONTRACT, 'api', 'changes', 'landing/target', 'landing/s3', 'landing', 'source/connection',
      'source/credentials', 'source/catalog', 'source/consistency', 'state', 'plan', 'run/context', 'run/tables', 'run/chunks', 'run/manifest', 'run', 'run/manage', 'run/sync'),
    room('verify/objects', 'an object checked against the manifest', CONTRACT, 'api', 'landing/target', 'rows/columns', 'rows/hash',
      'verify/values', 'verify/compression', 'verify/kernel', 'verify/text', 'verify/parquet'),
    room('verify/threads', 'objects checked in threads', 'api', 'landing', 'run/threads', 'verify/values', 'verify/objects'),
    room('verify', 'a run checked later, and what landed tables show now; the source too', CONTRACT, 'api', 'options', 'changes', 'state', 'run/sync', 'landing/target', 'landing', 'rows/columns', 'rows/hash',
      'rows/objects', 'rows', 'source/connection', 'source/credentials', 'source/catalog', 'plan', 'run/context', 'run/chunks', 'run/threads',
      'run', 'verify/objects', 'verify/threads'),
    room('workers', 'functions that Step Functions calls', CONTRACT, 'api', 'landing/s3', 'landing', 'source/connection', 'state', 'run/threads', 'run/distributed'),
    room('.', 'entry of the bundled engine, and its loading', 'api', 'run/threads', 'run', 'run/manage', 'run/sync', 'run/distributed', 'verify/threads', 'verify'),
    room('doors', 'Extractor, extract, plan, resume, verifyRun', CONTRACT, 'api', 'options', '.'),
  ]),

  ...world('cli', [
    room('process', 'exit codes, signals, closed outputs', '^extractor/doors'),
    room('config', 'settings by flag, file and environment', '^extractor/api', '^extractor/options', '^extractor/source/catalog', '^extractor/doors'),
    room('progress', 'lines of a run on a terminal or a log', '^extractor/api', '^extractor/doors', 'config'),
    room('account', 'outputs of the stack, its replay function and executions', CONTRACT, '^extractor/doors'),
    room('remote', 'an execution in the account, followed and gone on with', CONTRACT, '^extractor/api', '^extractor/doors', 'process', 'progress', 'account'),
    room('dashboard/model', 'body of the dashboard, and the view made of it'),
    room('dashboard/metric-math', 'metric math as CloudWatch has it'),
    room('dashboard/metrics', 'metrics asked for', 'dashboard/model', 'dashboard/metric-math'),
    room('dashboard/log-query', 'Logs Insights queries, here', 'dashboard/model'),
    room('dashboard/runs', 'runs from the metadata table', CONTRACT, 'dashboard/model'),
    room('dashboard/executions', 'executions of extractions, and how far they are', '^extractor/doors', 'account', 'remote', 'dashboard/model'),
    room('dashboard/widgets', 'a widget with its values', 'dashboard/model', 'dashboard/metric-math', 'dashboard/metrics', 'dashboard/log-query'),
    room('dashboard', 'server and page', '^extractor/doors', 'account', 'remote', 'dashboard/model', 'dashboard/metrics', 'dashboard/log-query',
      'dashboard/runs', 'dashboard/executions', 'dashboard/widgets'),
    room('tables', 'landed tables: committed into a folder, listed, changed, asked', CONTRACT, '^iceberg/spec', '^iceberg/files', '^iceberg/catalogs', '^iceberg/rows', '^iceberg/commit',
      '^extractor/doors', 'account'),
    room('commands', 'one file a command', CONTRACT, '^extractor/api', '^extractor/options', '^extractor/source/catalog', '^extractor/doors',
      'process', 'config', 'progress', 'account', 'remote', 'dashboard', 'tables'),
    room('.', 'the program', '^extractor/api', 'process', 'commands'),
  ]),

  room('.', 'entry of the package for jsii', 'pipeline', 'extractor/doors'),
];
