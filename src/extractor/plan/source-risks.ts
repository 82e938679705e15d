import { LegacyToS3Error } from '../api/errors';
import { HiddenRows, NotComparedReason, SourceRisk, type PlanRefusal } from '../api/extraction-plan';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceColumn, SourceSecurity, SourceTable } from '../source/catalog/read-catalog';

/** Refusals that an error names: all of them belong into one message, as long as it can be read. */
const MOST_TOLD = 20;

export interface RiskFindings {
  readonly refusals: PlanRefusal[];
  /** The tables with the columns the login may read. */
  readonly readable: SourceTable[];
}

/**
 * Finds what the source would silently alter or withhold.
 *
 * @param all the tables that the views among them may show
 */
export function findRisks(tables: readonly SourceTable[], security: SourceSecurity, all: readonly SourceTable[] = tables): RiskFindings {
  const refusals: PlanRefusal[] = [];
  const readable = tables.map((table) => {
    const subject = quoteTable(table.schema, table.table);
    const refuse = (risk: SourceRisk, columns: readonly string[], reason: string) => {
      if (columns.length > 0) refusals.push({ risk, message: `${subject}: ${list(columns)} ${reason}` });
    };
    const names = (wanted: 'masked' | 'encrypted') => table.columns.filter((column) => column[wanted]).map(({ name }) => name);
    if (!security.unmask) refuse(SourceRisk.MASKED_COLUMNS, names('masked'), 'masked from this login; GRANT UNMASK shows the values');
    refuse(SourceRisk.ENCRYPTED_COLUMNS, names('encrypted'), 'encrypted by Always Encrypted; only ciphertext could land');
    if (table.kind.viewOf) refusals.push(...viewRisks(subject, table.kind.viewOf, security, all));
    if (security.filtered.has(table.objectId)) {
      refusals.push({ risk: SourceRisk.ROW_LEVEL_SECURITY, message: `${subject}: a security policy filters its rows; rows it hides would be missing` });
    }
    refuse(SourceRisk.VECTOR_TEXT, table.columns.filter(({ type }) => type.startsWith('vector')).map(({ name }) => name),
      'sent by the server with 8 significant digits of each element, of the 9 that a float32 needs to be read back the same');
    const hidden = security.denied.get(table.objectId) ?? [];
    const denied = table.columns.filter(({ name, catalogName = name }) => hidden.includes(catalogName)).map(({ name }) => name);
    refuse(SourceRisk.DENIED_COLUMNS, denied, 'not readable for this login');
    const hiddenRows = security.filtered.has(table.objectId) ? HiddenRows.POLICY : security.policiesTold ? undefined : HiddenRows.UNKNOWN;
    const columns = table.columns.filter(({ name }) => !denied.includes(name)).map((column) => withReason(column, security));
    return { ...table, columns, ...(hiddenRows && { hiddenRows }) };
  });
  return { refusals, readable };
}

/** Says of a column why its values cannot be compared. */
function withReason(column: SourceColumn, { unmask }: SourceSecurity): SourceColumn {
  if (column.encrypted) return { ...column, notCompared: NotComparedReason.ENCRYPTED };
  if (column.masked && !unmask) return { ...column, notCompared: NotComparedReason.MASKED };
  return column.nondeterministic ? { ...column, notCompared: NotComparedReason.NONDETERMINISTIC } : column;
}

/** Masks and policies of the tables that a view shows; the catalog tells nothing of them with the view. */
function viewRisks(subject: string, shown: ReadonlySet<number>, security: SourceSecurity, all: readonly SourceTable[]): PlanRefusal[] {
  // A login that may not see definitions is not told what a view shows, so that it may be any of them.
  const tables = all.filter(({ objectId, kind }) => !kind.viewOf && (shown.size === 0 || shown.has(objectId)));
  const told = (of: readonly SourceTable[], what: string) => `${subject}: the view ${shown.size === 0 ? 'may show' : 'shows'} `
    + `${of.slice(0, MOST_TOLD).map(({ schema, table }) => quoteTable(schema, table)).join(', ')}, ${what}`;
  const masked = security.unmask ? [] : tables.filter(({ columns }) => columns.some((column) => column.masked));
  const filtered = tables.filter(({ objectId }) => security.filtered.has(objectId));
  return [
    ...(masked.length > 0 ? [{ risk: SourceRisk.MASKED_COLUMNS, message: told(masked, 'with columns masked from this login; GRANT UNMASK shows the values') }] : []),
    ...(filtered.length > 0 ? [{ risk: SourceRisk.ROW_LEVEL_SECURITY, message: told(filtered, 'whose rows a security policy filters; rows it hides would be missing') }] : []),
  ];
}

/**
 * Refuses a plan whose source would silently alter or withhold data, save what is accepted.
 *
 * @returns what was accepted, as warnings
 * @throws LegacyToS3Error of code SOURCE_ALTERS_DATA
 */
export function refuseRisks(refusals: readonly PlanRefusal[], accepted: readonly SourceRisk[]): string[] {
  const open = refusals.filter(({ risk }) => !accepted.includes(risk));
  if (open.length === 0) return refusals.map(({ risk, message }) => (risk === SourceRisk.UNREADABLE_TABLES ? `${message}; it is left out` : message));
  const named = open.slice(0, MOST_TOLD).map(({ message }) => message).join('; ');
  const risks = [...new Set(open.map(({ risk }) => risk))].join(', ');
  throw new LegacyToS3Error('SOURCE_ALTERS_DATA', `${named}${open.length > MOST_TOLD ? `; and ${open.length - MOST_TOLD} more` : ''}; `
    + `grant the permission, leave the tables out, or accept it by name (${risks})`);
}

function list(columns: readonly string[]): string {
  const quoted = columns.map((name) => `'${name}'`).join(', ');
  return columns.length === 1 ? `column ${quoted} is` : `columns ${quoted} are`;
}
