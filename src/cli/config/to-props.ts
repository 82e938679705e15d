import { SETTINGS, type SettingGroup, type SettingValues } from './settings';
import {
  ExtractFormat, LegacyToS3Error,
  type Changes, type Consistency, type CsvOptions, type ExtractorProps, type JsonLinesOptions, type LandingProps, type ParquetOptions,
  type SourceRisk, type SqlServerSource, type TypeOptions,
} from '../../extractor/doors/public';

/** What only some format has, by its key. */
const FORMATS_OF: { readonly [key: string]: readonly string[] } = {
  'format.delimiter': ['csv'],
  'format.quote': ['csv'],
  'format.header': ['csv'],
  'format.nullText': ['csv'],
  'format.binary': ['jsonl'],
  'format.rowGroupBytes': ['parquet'],
};

/** The values below a key, as an object; undefined when there are none. */
function below(values: SettingValues, key: string): { readonly [name: string]: unknown } | undefined {
  const found = [...values].filter(([name]) => name.startsWith(`${key}.`)).map(([name, value]) => [name.slice(key.length + 1), value]);
  return found.length === 0 ? undefined : Object.fromEntries(found) as { readonly [name: string]: unknown };
}

/** The source. @throws LegacyToS3Error of code INVALID_CONFIG when it lacks what every source needs */
export function toSource(values: SettingValues): SqlServerSource {
  // A connection string or a secret may say the rest; the extractor knows when it does not.
  const elsewhere = values.has('source.connectionStringFromEnv') || values.has('source.passwordSecretArn');
  const missing = elsewhere ? undefined : ([['source.server', '--server'], ['source.database', '--database'], ['source.user', '--user']] as const)
    .find(([key]) => !values.has(key) && !(key === 'source.user' && /^entra(?!Password)/.test(String(values.get('source.authentication')))));
  if (missing) throw new LegacyToS3Error('INVALID_CONFIG', `no ${missing[0].slice('source.'.length)}: pass ${missing[1]}, or set ${missing[0]} in the config file`);
  return below(values, 'source') as unknown as SqlServerSource;
}

/** Where to land, apart from the target itself. */
export function toLanding(values: SettingValues): Omit<LandingProps, 'target' | 'kmsKeyId'> {
  return pick(values, keysOf('target').filter((key) => key !== 'target' && key !== 'kmsKeyId'));
}

/** How values land. */
export function toTypes(values: SettingValues): Pick<ExtractorProps, 'types' | 'columnTypes'> {
  return { types: below(values, 'types') as TypeOptions | undefined, ...pick(values, ['columnTypes']) };
}

/** What is planned. */
export function toPlanning(values: SettingValues): Pick<
  ExtractorProps, 'tables' | 'excludeTables' | 'includeViews' | 'tableOptions' | 'targetChunkBytes' | 'targetChunkRows' | 'readers' | 'maxDop'
> {
  return pick(values, [...keysOf('tables'), 'readers', 'maxDop']);
}

/** All of an extraction. @throws LegacyToS3Error of code INVALID_CONFIG */
export function toProps(values: SettingValues, landing: Pick<LandingProps, 'target' | 'kmsKeyId'>): ExtractorProps {
  const query = below(values, 'query') as ExtractorProps['query'];
  if (query && (query.sql === undefined || query.name === undefined)) {
    throw new LegacyToS3Error('INVALID_CONFIG', 'query and name belong together: --query "SELECT …" --as name, or query.sql and query.name in the config file');
  }
  return {
    source: toSource(values),
    ...landing,
    ...toLanding(values),
    ...toPlanning(values),
    ...pick(values, ['targetFileBytes', ...keysOf('reading')]),
    ...toTypes(values),
    query,
    accept: (values.get('accept') as string[] | undefined)?.map((risk) => camel(risk) as SourceRisk),
    ...(values.has('consistency') && { consistency: camel(values.get('consistency') as string) as Consistency }),
    ...(values.has('changes') && { changes: camel(values.get('changes') as string) as Changes }),
    format: toFormat(values),
  };
}

/** The value of an enum that a person spells in kebab case. */
export function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Nothing where nothing was said of it: a run that is gone on with has its own. */
function toFormat(values: SettingValues): ExtractFormat | undefined {
  const told = below(values, 'format');
  if (!told) return undefined;
  const name = (values.get('format.name') ?? 'parquet') as string;
  for (const [key, formats] of Object.entries(FORMATS_OF)) {
    if (values.has(key) && !formats.includes(name)) throw new LegacyToS3Error('INVALID_CONFIG', `${key} is of format ${formats.join(' and ')}, not of ${name}`);
  }
  const { name: _, ...options } = told;
  switch (name) {
    case 'csv': return ExtractFormat.csv(options as CsvOptions);
    case 'jsonl': return ExtractFormat.jsonLines(options as JsonLinesOptions);
    default: return ExtractFormat.parquet(options as ParquetOptions);
  }
}

/** The properties that are the settings of a group. */
function keysOf(group: SettingGroup): string[] {
  return SETTINGS.filter((setting) => setting.group === group).map(({ key }) => key);
}

function pick(values: SettingValues, keys: readonly string[]): { [key: string]: never } {
  return Object.fromEntries(keys.filter((key) => values.has(key)).map((key) => [key, values.get(key)])) as { [key: string]: never };
}
