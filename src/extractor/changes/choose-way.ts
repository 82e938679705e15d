import type { ChangeFacts } from './change-facts';
import { judgeWays, type ChangeAbilities, type ChangeSettings, type ChangingTable, type Obstacle, type Verdict } from './judge-ways';
import { keyEquality, type KeyEquality } from './key-equality';
import type { ChangeWay } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import { quoteTable } from '../source/catalog/identifiers';

/** The way of one table. */
export interface WayChoice {
  readonly way: ChangeWay | 'whole';
  /** One sentence. */
  readonly why: string;
  /** What each better way lacks, best way first. */
  readonly missing: readonly string[];
  /** Statements that would enable the best way that can be enabled; they are told, never sent. */
  readonly enable: readonly string[];
  /** How landed keys are found; absent where rows are added only, and of a whole table. */
  readonly keys?: KeyEquality['kind'];
  /** What the way is told ({@link ChangedTable.settings}). */
  readonly settings: { readonly [name: string]: string };
}

const WAY_NAMES: { readonly [way in ChangeWay]: string } = {
  changeTracking: 'Change Tracking', cdc: 'change data capture', rowversion: 'rowversion', watermark: 'watermark',
};

/**
 * The best way to learn of a table's changes, or the one that is named.
 *
 * @throws LegacyToS3Error of code CHANGES_REFUSED when a way is named that is not to be had, INVALID_CONFIG when the settings contradict each other
 */
export function chooseWay(table: ChangingTable, facts: ChangeFacts, settings: ChangeSettings = {}, abilities: ChangeAbilities = {}): WayChoice {
  const { changes = 'auto' } = settings;
  const subject = quoteTable(table.schema, table.table);
  refuseContradictions(subject, settings);
  if (changes === 'whole') return { way: 'whole', why: 'it is named: changes: whole', missing: [], enable: [], settings: {} };
  const keys = keyEquality(table.primaryKey.map((name) => table.columns.find((column) => column.name === name)!), abilities.typeOptions);
  const judged = judgeWays({ table, subject, facts, settings, keys, abilities });
  if (changes !== 'auto') {
    const { obstacles } = judged[changes];
    if (obstacles.length === 0) return chosen(changes, `it is named: changes: ${changes}${lagOf(changes, facts)}`, judged[changes], keys, settings);
    throw new LegacyToS3Error('CHANGES_REFUSED', `${subject}: its changes are to be learnt by ${WAY_NAMES[changes]}, but ${obstacles.map(({ lacks }) => lacks).join('; ')}`
      + `${remedy(obstacles)}; or leave the way open (changes: auto)`);
  }
  const order: readonly ChangeWay[] = settings.watermark === undefined ? ['changeTracking', 'cdc', 'rowversion'] : ['changeTracking', 'cdc', 'rowversion', 'watermark'];
  const best = order.find((way) => judged[way].obstacles.length === 0 && (isComplete(way) || settings.deletes !== undefined));
  const better = best === undefined ? order : order.slice(0, order.indexOf(best));
  const missing = better.map((way) => `${WAY_NAMES[way]}: ${lackOf(way, judged[way], settings)}`);
  // The first way that statements alone would enable.
  const enabling = better.find((way) => judged[way].obstacles.length > 0 && judged[way].obstacles.every(({ enable }) => enable !== undefined));
  const enable = enabling === undefined ? [] : statements(judged[enabling].obstacles);
  if (best === undefined) return { way: 'whole', why: `no other way is to be had: ${missing.join('; ')}`, missing, enable, settings: {} };
  return { ...chosen(best, `it is the best way that is to be had: ${WAY_NAMES[best]}${lagOf(best, facts)}`, judged[best], keys, settings), missing, enable };
}

/** Whether a way sees all inserts, updates and deletes. */
function isComplete(way: ChangeWay): boolean {
  return way === 'changeTracking' || way === 'cdc';
}

/** Capture makes an entry every few minutes though nothing changes, so that an older one tells that it does not run. */
const IDLE_CAPTURE_SECONDS = 900;

function lagOf(way: ChangeWay, { captureLagSeconds: lag = 0 }: ChangeFacts): string {
  return way === 'cdc' && lag > IDLE_CAPTURE_SECONDS ? `; capture is ${lag} s behind: look whether SQL Server Agent and the capture job run` : '';
}

function lackOf(way: ChangeWay, { obstacles }: Verdict, { deletes }: ChangeSettings): string {
  if (obstacles.length > 0) return obstacles.map(({ lacks }) => lacks).join(', ');
  return deletes === undefined && !isComplete(way) ? 'it would not see deletes; say deletes: keys or deletes: unseen to take it' : 'it would do';
}

function chosen(way: ChangeWay, why: string, { instance, column }: Verdict, keys: KeyEquality, asked: ChangeSettings): WayChoice {
  const byRow = !isComplete(way);
  const isAppended = byRow && asked.rows === 'append';
  const unseen = byRow && asked.deletes !== 'keys' ? '; rows that the source deletes stay, unmarked also with soft deletes: it does not see them' : '';
  return {
    way,
    why: unseen !== '' ? why + unseen : way === 'changeTracking' && keys.kind === 'spellings' ? `${why}; ${keys.why}, so that in each run the keys of all rows that landed are compared with the changed ones` : why,
    missing: [],
    enable: [],
    ...(!isAppended && { keys: keys.kind }),
    settings: {
      ...(way === 'cdc' && instance && { instance: instance.name, changeTable: instance.changeTable }),
      ...(byRow && column && { column: column.name, type: column.type }),
      ...(isAppended && { rows: 'append' }),
      ...(byRow && asked.deletes !== undefined && { deletes: asked.deletes }),
      ...(way === 'watermark' && asked.overlap !== undefined && { overlap: String(asked.overlap) }),
      ...(way === 'watermark' && asked.nulls !== undefined && { nulls: asked.nulls }),
      ...(!isAppended && keys.kind === 'spellings' && { spellings: 'true' }),
    },
  };
}

function refuseContradictions(subject: string, { changes, watermark, rows, deletes, nulls }: ChangeSettings): void {
  const refuse = (why: string) => new LegacyToS3Error('INVALID_CONFIG', `tableOptions of ${subject}: ${why}`);
  if (changes === 'watermark' && watermark === undefined) throw refuse('changes: watermark needs the name of its column (watermark)');
  if (rows === 'append' && deletes === 'keys') throw refuse('rows that are only added (rows: append) have no deletes to find (deletes: keys)');
  if (deletes === 'keys' && nulls === 'unseen') throw refuse('rows that stay unseen (unseenNulls) would be missing when keys are compared (deletes: keys)');
}

function statements(obstacles: readonly Obstacle[]): string[] {
  return [...new Set(obstacles.flatMap(({ enable = [] }) => enable))];
}

function remedy(obstacles: readonly Obstacle[]): string {
  const all = statements(obstacles);
  return all.length === 0 || obstacles.some(({ enable }) => enable === undefined) ? '' : `; to enable it: ${all.join('; ')}`;
}

