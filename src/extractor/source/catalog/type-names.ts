/** A type as sys.columns has it. */
export interface CatalogType {
  /** `system_type_id` of sys.types. */
  readonly typeId: number;
  readonly userTypeId: number;
  /** Bytes; -1 for (max). */
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
}

/** system_type_id of sys.types, which no version has changed. */
const NAMES: { readonly [id: number]: string } = {
  34: 'image',
  35: 'text',
  36: 'uniqueidentifier',
  40: 'date',
  41: 'time',
  42: 'datetime2',
  43: 'datetimeoffset',
  48: 'tinyint',
  52: 'smallint',
  56: 'int',
  58: 'smalldatetime',
  59: 'real',
  60: 'money',
  61: 'datetime',
  62: 'float',
  98: 'sql_variant',
  99: 'ntext',
  104: 'bit',
  106: 'decimal',
  108: 'numeric',
  122: 'smallmoney',
  127: 'bigint',
  165: 'varbinary',
  167: 'varchar',
  173: 'binary',
  175: 'char',
  189: 'timestamp',
  231: 'nvarchar',
  239: 'nchar',
  241: 'xml',
};

/**
 * user_type_id of the types that came with SQL Server 2025. A vector has the system_type_id of varbinary, which keeps it; a
 * json has one of its own ("json data type", "vector data type").
 */
const NAMES_2025: { readonly [id: number]: string } = { 244: 'json', 255: 'vector' };

/** Bytes before the elements of a vector, and of each of them (float32). */
const [VECTOR_HEADER, VECTOR_ELEMENT] = [8, 4];

/** user_type_id of the CLR types that come with the server; their system_type_id is 240. */
const CLR_NAMES: { readonly [id: number]: string } = { 128: 'hierarchyid', 129: 'geometry', 130: 'geography' };

/** The base type's name without length, for example `decimal`; `udt` for a CLR type of somebody's own. */
export function baseTypeName({ typeId, userTypeId }: CatalogType): string {
  return NAMES_2025[userTypeId] ?? NAMES[typeId] ?? CLR_NAMES[userTypeId] ?? 'udt';
}

/** The base type as SQL Server spells it, for example `nvarchar(max)`. An alias type gives its base. */
export function typeName(type: CatalogType): string {
  const name = baseTypeName(type);
  const { maxLength, precision, scale } = type;
  switch (name) {
    case 'decimal': case 'numeric': return `${name}(${precision},${scale})`;
    case 'time': case 'datetime2': case 'datetimeoffset': return `${name}(${scale})`;
    case 'char': case 'varchar': case 'binary': case 'varbinary': return `${name}(${maxLength < 0 ? 'max' : maxLength})`;
    case 'nchar': case 'nvarchar': return `${name}(${maxLength < 0 ? 'max' : maxLength / 2})`;
    case 'vector': return `${name}(${(maxLength - VECTOR_HEADER) / VECTOR_ELEMENT})`;
    default: return name;
  }
}

/** Whether values differ in length. */
export function isVariableLength(type: string): boolean {
  return /^(n?varchar|varbinary|n?text|image|xml|sql_variant|hierarchyid|geometry|geography|udt|json|vector)\b/.test(type);
}

/** Types that have no text in a client's terms but what the server makes of them, in UTF-8. */
export function isSentAsText(type: string): boolean {
  return /^(json|vector)\b/.test(type);
}
