import { isDeepStrictEqual } from 'node:util';
import type { RunOptions } from './run-options';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { withPartitionPrefixes } from '../../plan/partition-prefixes';
import { planProblem } from '../../plan/validate-plan';
import type { OutputFormat } from '../../rows/columns/output-format';
import type { RunRecord, RunSelection } from '../../state/checkpoint';

/** An option that may not change, as it was given to the resumed run and as the run has it. */
interface Choice {
  readonly name: string;
  readonly given: string;
  readonly own: string;
  readonly same: boolean;
}

/** What holds in a run that did not say it. */
const FORMAT_DEFAULTS: { readonly [format in OutputFormat['name']]: { readonly [option: string]: unknown } } = {
  csv: { delimiter: ',', quote: '"', header: true, nullText: '' },
  jsonl: { binary: 'base64' },
  parquet: { rowGroupBytes: 64 * 1024 * 1024 },
};
const TYPE_DEFAULTS: { readonly [option: string]: string } = {
  time: 'text', uniqueidentifier: 'text', timestamps: 'companion', dates: 'native', clr: 'binary', invalidText: 'error',
};

/** Flags of the command line that are not the option's name in kebab case. */
const FLAGS: { readonly [name: string]: string | undefined } = {
  'targetChunkBytes': '--target-chunk-size',
  'targetFileBytes': '--target-file-size',
  'format.name': '--format',
  'format.rowGroupBytes': '--row-group-size',
  'tableOptions': undefined,
  'columnTypes': undefined,
};

/** What a run keeps of the choice of tables and chunks; nothing where a plan made it. */
export function selectionOf({ plan, include, exclude, includeViews, tableOptions, chunkTarget }: RunOptions): RunSelection | undefined {
  if (plan) return undefined;
  return {
    ...(include && { tables: include }),
    excludeTables: exclude,
    ...(includeViews && { includeViews }),
    tableOptions,
    ...(chunkTarget && (chunkTarget.rows === undefined ? { targetChunkBytes: chunkTarget.bytes } : { targetChunkRows: chunkTarget.rows })),
  };
}

/**
 * The options of a run that is gone on with: what decides which rows are read, and how they land and are proven, is the
 * run's own; how fast, how patiently and by whose credentials is what was given now.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when something given now is not what the run has
 */
export function resumedOptions(options: RunOptions, props: ExtractorProps, record: RunRecord): RunOptions {
  const problem = planProblem(record.plan);
  if (problem !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', `the checkpoint of run ${record.runId} was changed: plan.${problem}`);
  const differing = choicesOf(options, props, record).filter(({ same }) => !same);
  if (differing.length > 0) {
    const told = differing.map(({ name, given, own }) => {
      const flag = flagOf(name);
      return `${name}${flag === undefined ? '' : ` (${flag})`} is ${given}, but the run has ${own}`;
    });
    throw new LegacyToS3Error('INVALID_CONFIG', `run ${record.runId} cannot change what it reads and how that lands: ${told.join('; ')}; `
      + `leave ${differing.length === 1 ? 'it' : 'them'} out to go on with the run, or begin a new one`);
  }
  return optionsOfRun(options, record);
}

/** The options with those of the run in place of what was given. */
export function optionsOfRun(options: RunOptions, record: RunRecord): RunOptions {
  const { plan, format, targetFileBytes, consistency, sourceAggregates, sourceHashes, accepted } = record;
  const risks = [...new Set([...accepted, ...options.accepted])];
  const follows = record.chain !== undefined && { follows: true };
  return { ...options, isBegun: true, ...follows, plan, format, targetFileBytes, consistency, sourceAggregates, sourceHashes, accepted: risks };
}

function choicesOf(options: RunOptions, props: ExtractorProps, record: RunRecord): Choice[] {
  return [
    ...selectionChoices(props, record),
    { name: 'plan', given: 'of other tables or chunks', own: 'its own', same: props.plan === undefined || isSamePlan(props.plan, record.plan) },
    ...formatChoices(options.format, props, record.format),
    choice('targetFileBytes', props.targetFileBytes, record.targetFileBytes),
    choice('consistency', props.consistency, record.consistency),
    choice('sourceAggregates', props.sourceAggregates, record.sourceAggregates),
    choice('sourceHashes', props.sourceHashes, record.sourceHashes),
  ];
}

/** Which tables are read, and how they are cut. */
function selectionChoices(props: ExtractorProps, { selection, chain }: RunRecord): Choice[] {
  // What a sync reads is chosen by what changed among the tables that it is given.
  if (!selection && chain !== undefined) return [];
  const names = ['tables', 'excludeTables', 'includeViews', 'tableOptions', 'targetChunkBytes', 'targetChunkRows'] as const;
  if (!selection) return names.map((name) => ({ name, given: text(props[name]), own: 'what its plan says', same: props[name] === undefined }));
  const { tables, excludeTables, includeViews = false, tableOptions, targetChunkBytes, targetChunkRows } = selection;
  const cut = targetChunkRows !== undefined ? `targetChunkRows ${targetChunkRows}`
    : targetChunkBytes !== undefined ? `targetChunkBytes ${targetChunkBytes}` : 'chunks cut for its readers';
  const size = (name: 'targetChunkBytes' | 'targetChunkRows'): Choice => {
    const [given, own] = [props[name], selection[name]];
    return { name, given: text(given), own: own === undefined ? cut : text(own), same: given === undefined || given === own };
  };
  return [
    choice('tables', props.tables, tables ?? ['*'], haveSamePatterns),
    choice('excludeTables', props.excludeTables, excludeTables, haveSamePatterns),
    choice('includeViews', props.includeViews, includeViews),
    choice('tableOptions', props.tableOptions, tableOptions),
    size('targetChunkBytes'),
    size('targetChunkRows'),
  ];
}

function formatChoices(given: OutputFormat, props: ExtractorProps, own: OutputFormat): Choice[] {
  const choices: Choice[] = [];
  if (props.format) {
    choices.push(choice('format.name', given.name, own.name));
    // Of another format every option would differ.
    const names = given.name === own.name ? ['compression', ...Object.keys(FORMAT_DEFAULTS[own.name])] : [];
    const defaults = FORMAT_DEFAULTS[own.name];
    const [asked, has] = [given, own] as unknown as ReadonlyArray<{ readonly [option: string]: unknown }>;
    for (const name of names) choices.push(choice(`format.${name}`, asked[name] ?? defaults[name], has[name] ?? defaults[name]));
  }
  const types: { readonly [option: string]: unknown } = {
    ...TYPE_DEFAULTS,
    binary: own.name === 'jsonl' ? own.binary ?? FORMAT_DEFAULTS.jsonl.binary : 'hex',
    loneSurrogates: own.types?.all?.invalidText ?? TYPE_DEFAULTS.invalidText,
    ...own.types?.all,
  };
  for (const [name, value] of Object.entries(props.types ?? {})) choices.push(choice(`types.${name}`, value, types[name]));
  return [...choices, choice('columnTypes', props.columnTypes, own.types?.columns ?? {})];
}

/** What was not given differs from nothing. */
function choice(name: string, given: unknown, own: unknown, areSame: (given: unknown, own: unknown) => boolean = isDeepStrictEqual): Choice {
  return { name, given: text(given), own: text(own), same: given === undefined || areSame(plain(given), plain(own)) };
}

/** Neither case nor order matters, nor how often one is named. */
function haveSamePatterns(given: unknown, own: unknown): boolean {
  const set = (patterns: unknown) => [...new Set((patterns as string[]).map((pattern) => pattern.trim().toLowerCase()))].sort();
  return isDeepStrictEqual(set(given), set(own));
}

/** Warnings and refusals are of the moment, and so are which objects the tables are and how changes are learnt; tables and chunks are what is read. */
function isSamePlan(given: ExtractionPlan, own: ExtractionPlan): boolean {
  const tables = (plan: ExtractionPlan) => withPartitionPrefixes(plan).tables.map(({ identity: _, changes: _changes, ...table }) => (
    { ...table, columns: table.columns.map(({ columnId: _id, ...column }) => column) }));
  return given.database === own.database && isDeepStrictEqual(plain(tables(given)), plain(tables(own)));
}

/** As JSON has it: members that are undefined are none. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value)) as unknown;
}

function flagOf(name: string): string | undefined {
  if (name in FLAGS) return FLAGS[name];
  const option = name.startsWith('format.') ? name.slice('format.'.length) : name.replace('.', '-');
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function text(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.length === 0 ? 'none' : `'${value.join(', ')}'`;
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value) ?? 'nothing';
}
