import { CHANGE_COLUMNS, CHANGE_FIELD_IDS, type ChangeRole } from './changes';
import type { ManifestColumn, ManifestTable } from './manifest-table';

/**
 * {@link CHANGE_COLUMNS} as columns of files. They are not among the columns of a manifest's table, which are those of the landed table;
 * {@link columnsOfRole} tells what a file has.
 *
 * @param ordinal place of the first in the source's result, from 1
 */
export function changeColumns(ordinal = 1): ManifestColumn[] {
  const [op, version, committed] = CHANGE_COLUMNS;
  const text = { outputType: 'STRING', glueType: 'string', framing: 'shortLength' } as const;
  return [
    { name: op, ordinal, sourceType: 'nchar(1)', nullable: false, ...text, fieldId: CHANGE_FIELD_IDS[op] },
    { name: version, ordinal: ordinal + 1, sourceType: 'nvarchar(41)', nullable: false, ...text, fieldId: CHANGE_FIELD_IDS[version] },
    {
      name: committed,
      ordinal: ordinal + 2,
      sourceType: 'datetime2(3)',
      nullable: true,
      outputType: 'TIMESTAMP(MICROS)',
      glueType: 'timestamp',
      framing: 'byteLength',
      fieldId: CHANGE_FIELD_IDS[committed],
    },
  ];
}

/**
 * Field id of the column of a landed table with soft deletes that tells when a row was deleted (`timestamptz`): above {@link CHANGE_FIELD_IDS},
 * below Iceberg's reserved ones. It is known by its id alone.
 */
export const DELETED_AT_FIELD_ID = 2_000_000_003;

/** Its name: `__deleted_at`, with a number where a column of the source is called so. @param names of the other columns, in lower case */
export function deletedAtName(names: readonly string[]): string {
  const taken = new Set(names);
  let name = '__deleted_at';
  for (let n = 2; taken.has(name); n++) name = `__deleted_at_${n}`;
  return name;
}

/** The columns of a file of a table's run, by what it holds. */
export function columnsOfRole({ columns, changes }: Pick<ManifestTable, 'columns' | 'changes'>, role: ChangeRole | 'rows'): readonly ManifestColumn[] {
  if (role === 'rows') return columns;
  if (role === 'changes') return [...columns, ...changeColumns(placesOf(columns) + 1)];
  // Companions too that the key does not name: two datetimeoffsets of one instant are one key.
  const places = [...new Set((changes?.keyColumns ?? []).flatMap((name) => columns.find((column) => column.name === name)?.ordinal ?? []))];
  const own = places.flatMap((place, at) => columns.filter(({ ordinal }) => ordinal === place).map((column) => ({ ...column, ordinal: at + 1 })));
  return role === 'keys' ? own : [...own, ...changeColumns(places.length + 1)];
}

/** Columns of the source; companions have the places of theirs. */
function placesOf(columns: readonly ManifestColumn[]): number {
  return columns.reduce((most, { ordinal }) => Math.max(most, ordinal), 0);
}
