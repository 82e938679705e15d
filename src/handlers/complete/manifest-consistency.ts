import { changesContradictions, datasetRunFolder, Manifest, ManifestTable, objectsOfRole } from '../../contract';

/**
 * Where a manifest contradicts itself: totals that are not the sum of their parts, an object named twice or outside its
 * table's folder.
 */
export function manifestContradictions(manifest: Manifest): string[] {
  const seen = new Set<string>();
  const problems = manifest.tables.flatMap((table) => [...tableContradictions(manifest, table), ...repeatedKeys(table, seen)]);
  const objects = sum(manifest.tables, (table) => table.objects.length);
  const expected = {
    tables: manifest.tables.length, objects, rows: sum(manifest.tables, (t) => t.rows), sizeBytes: sum(manifest.tables, (t) => t.sizeBytes),
  };
  for (const [name, value] of Object.entries(expected)) {
    const stated = manifest.totals?.[name as keyof typeof expected];
    if (stated !== value) problems.push(`totals.${name}: the tables have ${value}, the manifest says ${stated}`);
  }
  return problems;
}

/** `<schema>.<table>`, for messages. */
export function tableLabel(table: ManifestTable): string {
  return `${table.schema}.${table.table}`;
}

function tableContradictions(manifest: Manifest, table: ManifestTable): string[] {
  const problems: string[] = [];
  for (const name of ['rows', 'sizeBytes'] as const) {
    // Rows of a table whose changes were read are those of its newest values; its other files hold keys.
    const counted = table.changes && name === 'rows' ? objectsOfRole(table.objects, 'changes') : table.objects;
    const total = sum(counted, (object) => object[name]);
    if (total !== table[name]) problems.push(`${tableLabel(table)}: its objects have ${name} ${total}, the manifest says ${table[name]}`);
  }
  problems.push(...changesContradictions(table).map((problem) => `${tableLabel(table)}: ${problem}`));
  const folder = datasetRunFolder(manifest.prefix, table, manifest.runId);
  for (const { key } of table.objects) {
    if (!key.startsWith(folder) || key === folder) problems.push(`${tableLabel(table)}: '${key}' does not lie in '${folder}'`);
  }
  return problems;
}

function repeatedKeys(table: ManifestTable, seen: Set<string>): string[] {
  const problems: string[] = [];
  for (const { key } of table.objects) {
    if (seen.has(key)) problems.push(`${tableLabel(table)}: '${key}' is named more than once`);
    seen.add(key);
  }
  return problems;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
