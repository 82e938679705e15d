import { Long, sameLong } from '../spec/long';
import { MAIN, TableMetadata } from '../spec/table-metadata';

/** A change of a table as a REST catalog takes it (Iceberg REST catalog API, `TableUpdate`). */
export interface TableUpdate {
  readonly action: string;
  readonly [field: string]: unknown;
}

/** What must hold for the changes to be made (Iceberg REST catalog API, `TableRequirement`). */
export interface TableRequirement {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** That the table still is what metadata says, as far as a change rests on it: its uuid, its ids, and what each changed reference names. */
export function requirementsOf(before: TableMetadata, updates: readonly TableUpdate[]): TableRequirement[] {
  const changed = new Set([MAIN, ...updates.map((update) => update['ref-name'] as string).filter((name) => name !== undefined)]);
  return [
    { type: 'assert-table-uuid', uuid: before['table-uuid'] },
    { 'type': 'assert-current-schema-id', 'current-schema-id': before['current-schema-id'] },
    { 'type': 'assert-last-assigned-field-id', 'last-assigned-field-id': before['last-column-id'] },
    ...[...changed].map((ref) => ({ 'type': 'assert-ref-snapshot-id', ref, 'snapshot-id': before.refs?.[ref]?.['snapshot-id'] ?? null })),
  ];
}

/** The changes that make of one metadata the next, in the order in which they can be made. */
export function updatesBetween(before: TableMetadata, after: TableMetadata): TableUpdate[] {
  const ids = (metadata: TableMetadata) => new Set((metadata.snapshots ?? []).map((snapshot) => String(snapshot['snapshot-id'])));
  const [had, has] = [ids(before), ids(after)];
  const known = new Set(before.schemas.map((schema) => schema['schema-id']));
  const removed = [...had].filter((id) => !has.has(id));
  const gone: readonly Long[] = (before.snapshots ?? []).map((snapshot) => snapshot['snapshot-id']).filter((id) => removed.includes(String(id)));
  return [
    ...after.schemas.filter((schema) => !known.has(schema['schema-id']))
      .map((schema) => ({ 'action': 'add-schema', schema, 'last-column-id': after['last-column-id'] })),
    ...(before['current-schema-id'] === after['current-schema-id'] ? [] : [{ 'action': 'set-current-schema', 'schema-id': after['current-schema-id'] }]),
    ...(after.snapshots ?? []).filter((snapshot) => !had.has(String(snapshot['snapshot-id']))).map((snapshot) => ({ action: 'add-snapshot', snapshot })),
    ...refUpdates(before, after),
    ...(gone.length === 0 ? [] : [{ 'action': 'remove-snapshots', 'snapshot-ids': gone }]),
    ...propertyUpdates(before.properties ?? {}, after.properties ?? {}),
  ];
}

function refUpdates({ refs: had = {} }: TableMetadata, { refs: has = {} }: TableMetadata): TableUpdate[] {
  const removed = Object.keys(had).filter((name) => !(name in has)).map((name) => ({ 'action': 'remove-snapshot-ref', 'ref-name': name }));
  const same = (name: string) => had[name]?.type === has[name].type && sameLong(had[name]['snapshot-id'], has[name]['snapshot-id'])
    && sameLong(had[name]['max-ref-age-ms'], has[name]['max-ref-age-ms']);
  const set = Object.keys(has).filter((name) => !same(name)).map((name) => ({ 'action': 'set-snapshot-ref', 'ref-name': name, ...has[name] }));
  return [...set, ...removed];
}

function propertyUpdates(had: { readonly [name: string]: string }, has: { readonly [name: string]: string }): TableUpdate[] {
  const updates = Object.fromEntries(Object.entries(has).filter(([name, value]) => had[name] !== value));
  const removals = Object.keys(had).filter((name) => !(name in has));
  return [
    ...(Object.keys(updates).length === 0 ? [] : [{ action: 'set-properties', updates }]),
    ...(removals.length === 0 ? [] : [{ action: 'remove-properties', removals }]),
  ];
}
