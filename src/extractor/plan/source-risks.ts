import { LegacyToS3Error } from '../api/errors';
import { HiddenRows, NotComparedReason, SourceRisk, type PlanRefusal } from '../api/extraction-plan';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceColumn, SourceSecurity, SourceTable } from '../source/catalog/read-catalog';

export interface RiskFindings {
  readonly refusals: PlanRefusal[];
  /** The tables with the columns the login may read. */
  readonly readable: SourceTable[];
}

/** Finds what the source would silently alter or withhold. */
export function findRisks(tables: readonly SourceTable[], security: SourceSecurity): RiskFindings {
  const refusals: PlanRefusal[] = [];
  const readable = tables.map((table) => {
    const subject = quoteTable(table.schema, table.table);
    const refuse = (risk: SourceRisk, columns: readonly string[], reason: string) => {
      if (columns.length > 0) refusals.push({ risk, message: `${subject}: ${list(columns)} ${reason}` });
    };
    const names = (wanted: 'masked' | 'encrypted') => table.columns.filter((column) => column[wanted]).map(({ name }) => name);
    if (!security.unmask) refuse(SourceRisk.MASKED_COLUMNS, names('masked'), 'masked from this login; GRANT UNMASK shows the values');
    refuse(SourceRisk.ENCRYPTED_COLUMNS, names('encrypted'), 'encrypted by Always Encrypted; only ciphertext could land');
    if (security.filtered.has(table.objectId)) {
      refusals.push({ risk: SourceRisk.ROW_LEVEL_SECURITY, message: `${subject}: a security policy filters its rows; rows it hides would be missing` });
    }
    const denied = (security.denied.get(table.objectId) ?? []).filter((name) => table.columns.some((column) => column.name === name));
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

/**
 * Refuses a plan whose source would silently alter or withhold data, save what is accepted.
 *
 * @returns what was accepted, as warnings
 * @throws LegacyToS3Error of code SOURCE_ALTERS_DATA
 */
export function refuseRisks(refusals: readonly PlanRefusal[], accepted: readonly SourceRisk[]): string[] {
  const open = refusals.filter(({ risk }) => !accepted.includes(risk));
  if (open.length === 0) return refusals.map(({ message }) => message);
  const named = open.slice(0, 5).map(({ message }) => message).join('; ');
  const risks = [...new Set(open.map(({ risk }) => risk))].join(', ');
  throw new LegacyToS3Error('SOURCE_ALTERS_DATA', `${named}${open.length > 5 ? `; and ${open.length - 5} more` : ''}; `
    + `grant the permission, leave the tables out, or accept it by name (${risks})`);
}

function list(columns: readonly string[]): string {
  const quoted = columns.map((name) => `'${name}'`).join(', ');
  return columns.length === 1 ? `column ${quoted} is` : `columns ${quoted} are`;
}
