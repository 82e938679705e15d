import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { landSamples, sampleTypes } from './land-samples';
import { athenaType, ShownColumn, showColumns, sparkType } from './reader-types';
import { SAMPLE_COLUMNS } from './sample-columns';
import { DateType, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../../src/extractor/api/type-options';
import { ParquetColumn, parquetColumns, TYPE_TABLE } from '../../src/extractor/rows/columns/type-table';

/** Writes docs/type-mapping.md from the engine's own type table: `npx tsx tools/docs/type-mapping.ts`. */

export const TYPE_MAPPING_FILE = path.join(__dirname, '../../docs/type-mapping.md');

/** The text of docs/type-mapping.md. Needs the project's Python environment, for pyarrow and DuckDB. */
export async function typeMapping(): Promise<string> {
  const shown = showColumns(await landSamples({ name: 'parquet', compression: 'none' }));
  const json = (await landSamples({ name: 'jsonl', compression: 'none' })).toString('utf8');
  const csv = (await landSamples({ name: 'csv', compression: 'none', header: false })).toString('utf8').trimEnd().split(',');
  const forms: string[][] = [];
  const readers: string[][] = [];
  sampleTypes().forEach((type, i) => {
    const landed = parquetColumns([type]);
    const suffix = (name: string) => name.slice(type.name.length);
    const each = (text: (index: number) => string) => landed
      .map(({ name }, index) => (index === 0 ? text(index) : `${code(`…${suffix(name)}`)} ${text(index)}`)).join('; ');
    const view = (columns: readonly ShownColumn[]) => each((index) => {
      const column = columns.find(({ name }) => name === landed[index].name);
      if (!column) throw new Error(`a reader does not show ${landed[index].name}`);
      return `${column.type} ${code(column.value)}`;
    });
    const { types } = SAMPLE_COLUMNS[i];
    const mapping = TYPE_TABLE[type.kind];
    forms.push([
      types, each((index) => `${landed[index].outputType}${physical(landed[index])}`), each((index) => landed[index].glueType),
      mapping.csv, code(csv[i]), `${mapping.json} ${code(jsonValue(json, type.name))}`,
    ]);
    readers.push([
      types, each((index) => athenaType(landed[index].glueType)), each((index) => sparkType(landed[index].type)),
      view(shown.duckdb), view(shown.pyarrow),
    ]);
  });
  const text = readFileSync(path.join(__dirname, 'type-mapping.template.md'), 'utf8');
  return text
    .replace('{{forms}}', () => table(['SQL Server', 'Parquet', 'Glue', 'CSV', 'CSV sample', 'JSON Lines'], forms))
    .replace('{{options}}', () => table(['Option', 'SQL Server', 'Parquet', 'Glue'], optionRows()))
    .replace('{{readers}}', () => table(['SQL Server', 'Athena (documented)', 'Spark 3 (documented)', 'DuckDB (seen)', 'pyarrow (seen)'], readers));
}

/** What each option that is not the default makes of the types it concerns. */
function optionRows(): string[][] {
  const choices: ReadonlyArray<TypeOptions> = [
    { time: TimeType.NATIVE }, { uniqueidentifier: UniqueidentifierType.UUID }, { dates: DateType.TEXT },
    { timestamps: TimestampType.TEXT }, { timestamps: TimestampType.NANOSECONDS }, { timestamps: TimestampType.TRUNCATED },
  ];
  return choices.flatMap((options) => sampleTypes().flatMap((type, i) => {
    const [standard, chosen] = [type, { ...type, options }].map((each) => parquetColumns([each]).map(({ name, outputType, glueType }) => ({
      name: name === type.name ? '' : `${code(`…${name.slice(type.name.length)}`)} `, outputType, glueType,
    })));
    if (JSON.stringify(standard) === JSON.stringify(chosen)) return [];
    const cell = (of: 'outputType' | 'glueType') => chosen.map((column) => column.name + column[of]).join('; ');
    const [[option, value]] = Object.entries(options);
    return [[code(`${option}: ${value}`), SAMPLE_COLUMNS[i].types, cell('outputType'), cell('glueType')]];
  }));
}

/** The physical type, where the name of the type does not say it. */
function physical({ type }: ParquetColumn): string {
  if (!('logical' in type) || type.logical !== 'DECIMAL') return '';
  return type.physical === 'FIXED_LEN_BYTE_ARRAY' ? ` in FIXED(${type.length})` : ` in ${type.physical}`;
}

/** A value as it is spelled; parsing it would round a bigint. */
function jsonValue(line: string, name: string): string {
  const [, value] = new RegExp(`"${name}":("[^"]*"|[^,}]*)`).exec(line) ?? [];
  if (value === undefined) throw new Error(`${name} is not in ${line}`);
  return value;
}

function code(text: string): string {
  return `\`${text.replace(/\|/g, '\\|')}\``;
}

function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

if (require.main === module) {
  typeMapping().then((text) => writeFileSync(TYPE_MAPPING_FILE, text), (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
