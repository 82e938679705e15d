import { constants } from 'node:buffer';
import { keptBytes, MAX_KEPT_BYTES, MAX_MANIFEST_PAGE_BYTES } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { quoteTable } from '../../source/catalog/identifiers';
import type { KnownTable } from '../tables/landed-table';

/** Characters that a checkpoint may have: a text of the engine, and some room for what it says of the run itself. */
const MAX_PLAN_CHARACTERS = constants.MAX_STRING_LENGTH - 0x1000000;

/** Of a column in a manifest besides its name, which is there twice, with its tally (bytes); types and values are short. */
const COLUMN_BYTES = 700;

/**
 * Refuses, before anything is read, a run whose manifest nobody could read again: run completion would not announce it, or its
 * checkpoint could not be written. How many objects there will be is not known; each chunk has one at least.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function refuseLargeManifest(tables: readonly KnownTable[], chunks: number): void {
  const columns = tables.reduce((sum, table) => sum + (table.columns?.length ?? 0), 0);
  const refuse = (what: string) => new LegacyToS3Error('INVALID_CONFIG', `${what}; extract the tables in several runs`);
  if (keptBytes({ columns, objects: chunks }) > MAX_KEPT_BYTES) {
    throw refuse(`the run would have ${columns} columns and ${chunks} objects or more, which its completion cannot hold: allowed are `
      + `${Math.floor(MAX_KEPT_BYTES / keptBytes({ columns: 1, objects: 0 }))} columns, or ${Math.floor(MAX_KEPT_BYTES / keptBytes({ columns: 0, objects: 1 }))} objects, or some of both`);
  }
  let characters = 0;
  for (const { relations, ...table } of tables) {
    const names = (table.columns ?? []).reduce((sum, { name }) => sum + Buffer.byteLength(name), 0);
    const head = COLUMN_BYTES * (table.columns?.length ?? 0) + 2 * names + (relations ? Buffer.byteLength(JSON.stringify(relations)) : 0);
    if (head > MAX_MANIFEST_PAGE_BYTES) {
      throw refuse(`the columns and indexes of ${quoteTable(table.schema, table.table)} would take some ${head} bytes of the manifest; a page of it has ${MAX_MANIFEST_PAGE_BYTES} at most`);
    }
    characters += JSON.stringify(table).length;
  }
  if (characters > MAX_PLAN_CHARACTERS) throw refuse(`the plan would have some ${characters} characters; a checkpoint has ${MAX_PLAN_CHARACTERS} at most`);
}
