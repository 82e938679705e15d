import { IcebergError } from './errors';
import { icebergType, IcebergType, isPromotion } from './types';
import { catalogColumnNames, ManifestColumn } from '../../contract';

/** A column. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: IcebergType;
  readonly doc?: string;
}

/** A schema as table metadata has it (Iceberg spec, Appendix C, "Schemas"); columns are not nested here. */
export interface Schema {
  readonly 'type': 'struct';
  readonly 'schema-id': number;
  readonly 'fields': readonly Field[];
  readonly 'identifier-field-ids'?: readonly number[];
}

/** A landed column on its way to a field. */
export interface LandedField {
  /** Name in the Parquet files. */
  readonly fileName: string;
  /** In lower case, as engines compare names; a character that Glue refuses is `_`. */
  readonly name: string;
  /** That the files carry; undefined where they carry none. */
  readonly id?: number;
  readonly type: IcebergType;
  readonly doc: string;
}

/**
 * The fields of a run's files, in their order. All may be null: a run has what the source's transaction had, and Iceberg lets a
 * required column never come later.
 *
 * @throws IcebergError COLUMN_REFUSED when two columns have one name but for case, or a type is none of Iceberg's
 */
export function landedFields(columns: readonly ManifestColumn[]): LandedField[] {
  const names = catalogColumnNames(columns.map(({ name }) => name));
  const seen = new Map<string, string>();
  return columns.map(({ name: fileName, sourceType, outputType, fieldId }, at) => {
    const name = names[at];
    const other = seen.get(name);
    if (other !== undefined) {
      throw new IcebergError('COLUMN_REFUSED', `the columns '${other}' and '${fileName}' have one name: engines take no notice of case`);
    }
    seen.set(name, fileName);
    const doc = fileName.toLowerCase() === name ? sourceType : `${sourceType} ${fileName}`;
    return { fileName, name, type: icebergType(outputType, fileName), doc, ...(fieldId !== undefined && { id: fieldId }) };
  });
}

/** How a run's columns follow those of the table before. */
export type Evolution =
  | { readonly kind: 'evolves'; readonly fields: readonly Field[] }
  /** Iceberg has no such change: the table begins anew. */
  | { readonly kind: 'breaks'; readonly why: string };

/**
 * The fields of a table after a run: by field id where the run's files carry them, else by name. Added, dropped, renamed, moved and
 * widened columns are a change of metadata (Iceberg spec, "Schema Evolution").
 *
 * @param earlier schemas of the table, the current one last
 * @param lastColumnId greatest id that the table ever had
 */
export function evolveFields(earlier: readonly Schema[], lastColumnId: number, landed: readonly LandedField[]): Evolution {
  // Of each id the latest form: files of before are read by the type that it has now.
  const byId = new Map(earlier.flatMap(({ fields }) => fields).map((field) => [field.id, field]));
  const byName = knownByName(earlier, byId, landed);
  let nextId = Math.max(lastColumnId, ...landed.map(({ id = 0 }) => id));
  const fields: Field[] = [];
  for (const { id, name, type, doc } of landed) {
    const known = id === undefined ? byName.get(name) : byId.get(id);
    if (known && !isPromotion(known.type, type)) {
      return { kind: 'breaks', why: `the column '${name}' was ${known.type} and is ${type}, which Iceberg cannot read the files of before by` };
    }
    fields.push({ id: id ?? known?.id ?? ++nextId, name, required: false, type, doc });
  }
  return { kind: 'evolves', fields };
}

/**
 * The field of each landed column without an id. A name that comes back is the column of before: one name leads to one field, and files
 * of the runs before it are read by it.
 */
function knownByName(earlier: readonly Schema[], byId: ReadonlyMap<number, Field>, landed: readonly LandedField[]): ReadonlyMap<string, Field> {
  const known = new Map<string, Field>();
  const taken = new Set(landed.map(({ id }) => id));
  for (const { fields } of [...earlier].reverse()) {
    const names = new Map(fields.map(({ name, id }) => [name, id]));
    for (const { id, name } of landed) {
      const there = names.get(name);
      if (id !== undefined || there === undefined || known.has(name) || taken.has(there)) continue;
      known.set(name, byId.get(there)!);
      taken.add(there);
    }
  }
  return known;
}

/** A field and the names that files without field ids have for it (Iceberg spec, "Name Mapping Serialization"). */
export interface MappedField {
  readonly 'field-id': number;
  readonly 'names': readonly string[];
}

/** The name mapping with a run's names: those of before stay where no other field has them now. */
export function nameMapping(before: readonly MappedField[], fields: readonly Field[], landed: readonly LandedField[]): MappedField[] {
  const now = new Map<string, number>();
  fields.forEach(({ id, name }, at) => {
    now.set(name, id);
    now.set(landed[at].fileName, id);
  });
  const names = new Map(fields.map(({ id }) => [id, [] as string[]]));
  for (const mapped of before) {
    const kept = mapped.names.filter((name) => !now.has(name));
    if (kept.length > 0 || names.has(mapped['field-id'])) names.set(mapped['field-id'], [...kept]);
  }
  for (const [name, id] of now) names.get(id)!.push(name);
  return [...names].map(([id, each]) => ({ 'field-id': id, 'names': each }));
}

/** Whether two lists of fields are the same schema. */
export function sameFields(a: readonly Field[], b: readonly Field[]): boolean {
  const text = (fields: readonly Field[]) => JSON.stringify(fields.map(({ id, name, required, type, doc }) => [id, name, required, type, doc]));
  return text(a) === text(b);
}
