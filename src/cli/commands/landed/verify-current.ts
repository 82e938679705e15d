import { problemLine, someNames, tablesSourceOf } from './landed-options';
import { loadTables } from './load-tables';
import { counted } from '../../../extractor/api/counted';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { formatBytes } from '../../config/byte-size';
import { settingValues } from '../../config/command-settings';
import { toProps } from '../../config/to-props';
import { stopOnSignals } from '../../process/stop-on-signals';
import { connectRetryLine } from '../../progress/lines';
import type { ComparisonCost, CurrentTable, RowDifference } from '../../tables';
import { withPassword } from '../ask-password';
import { targetOf, type TargetOptions } from '../target-options';

/** Options of the comparison of landed tables with their source. */
export interface CurrentOptions extends TargetOptions {
  readonly current: true | readonly string[];
  readonly list?: number;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Differing keys of each table that are listed where nothing else is said. */
const LISTED = 20;

/** Compares what landed tables show now with the source, and tells what it costs before. @throws LegacyToS3Error of code CONTENT_MISMATCH where something differs */
export async function runVerifyCurrent(options: CurrentOptions): Promise<void> {
  const { current, list = LISTED, dryRun = false, json } = options;
  const values = settingValues(options);
  const props = toProps(values, await targetOf(values, options));
  const source = tablesSourceOf(options, values);
  const signals = stopOnSignals('nothing was changed');
  const line = (text: string) => void process.stderr.write(`${text}\n`);
  try {
    const tables = await loadTables().verifyCurrent(source, current === true ? [] : current, { ...props, source: await withPassword(props.source) }, {
      most: list,
      dryRun,
      signal: signals.signal,
      onCost: (cost) => (json && !dryRun ? undefined : line(costLine(cost))),
      onConnectRetry: (event) => line(`warning: ${connectRetryLine(event)}`),
    });
    process.stdout.write(json ? `${JSON.stringify(tables)}\n` : tables.map((table) => tableLines(table).map((text) => `${text}\n`).join('')).join(''));
    refuse(tables);
  } finally {
    signals.dispose();
  }
}

function costLine({ name, landedRows, landedFiles, landedBytes, sourceRows, sourceBytes, statements }: ComparisonCost): string {
  return `${name}: reads ${counted(landedFiles, 'landed file')} (${counted(landedRows, 'row')}, ${formatBytes(landedBytes)}), and of the source all rows (about ${sourceRows.toLocaleString('en-US')}, `
    + `${formatBytes(sourceBytes)}) by ${statements} statements in one SNAPSHOT transaction; all rows of both once more where they differ`;
}

function tableLines(table: CurrentTable): string[] {
  if (table.state === 'PLANNED') return [];
  if (table.state === 'NOT_COMPARED') return [`${table.name} was not compared: ${table.why}`];
  const { name, state, why, landedRows, sourceRows, changedKeys, mark, sourceMark, differing, isWhole, differences, notCompared } = table;
  const left = changedKeys === 0 ? '' : `; ${counted(changedKeys, 'key')} changed since and left out`;
  const at = `as of ${mark}, compared with the source at ${sourceMark}${left}`;
  return [
    state === 'EQUAL' ? `${name} equals the source: ${counted(landedRows, 'row')} ${at}`
      : `${name} ${state === 'UNDECIDED' ? 'could not be decided' : 'does not equal the source'}: ${isWhole ? '' : 'at least '}${counted(differing, 'key')} differ, ${counted(landedRows, 'landed row')}, ${counted(sourceRows, 'row')} of the source, ${at}${why === undefined ? '' : `: ${why}`}`,
    ...differences.map((difference) => `  ${differenceText(difference)}${state === 'UNDECIDED' ? ', or changed since' : ''}`),
    ...(differing > differences.length ? [`  and ${differing - differences.length} more`] : []),
    ...(notCompared.length > 0 ? [`  not compared, since the source does not repeat them: ${notCompared.join(', ')}`] : []),
  ];
}

function differenceText({ key, what, columns = [], copies }: RowDifference): string {
  const named = Object.entries(key).map(([column, value]) => `${column} = ${value}`).join(', ');
  switch (what) {
    case 'missingInLanded': return `${named}: is not landed`;
    case 'missingInSource': return `${named}: is landed, and not in the source`;
    case 'doubled': return `${named}: is landed ${copies} times`;
    case 'value': return `${named}: other values in ${columns.join(', ')}`;
  }
}

function refuse(tables: readonly CurrentTable[]): void {
  const different = tables.flatMap((table) => (table.state === 'DIFFERENT' ? [table.name] : []));
  if (different.length > 0) throw new LegacyToS3Error('CONTENT_MISMATCH', `${someNames(different)} ${different.length === 1 ? 'does' : 'do'} not equal the source; repair reads a table whole again`);
  const undecided = tables.flatMap((table) => (table.state === 'UNDECIDED' ? [table.name] : []));
  if (undecided.length > 0) {
    throw new LegacyToS3Error('VERIFICATION_FAILED', `${someNames(undecided)} could not be decided: what differs may have changed in the source since`);
  }
  const left = tables.flatMap((table) => (table.state === 'NOT_COMPARED' ? [{ name: table.name, problem: { code: table.code, message: table.why } }] : []));
  if (left.length > 0) throw new LegacyToS3Error('VERIFICATION_FAILED', `${someNames(left.map(({ name }) => name))} could not be compared: ${problemLine(left[0])}`);
}
