import { SqlToken, sqlTokens } from './sql-tokens';
import { quotedName } from '../../../contract';
import { LegacyToS3Error } from '../../../extractor/doors/public';

/** The state of a landed table that a name stands for. */
export interface NamedSnapshot {
  /** Name in the catalog, that of an older generation perhaps. */
  readonly table: string;
  /** Of the snapshot. */
  readonly id: string;
}

/** A statement that only reads. */
export interface ReadStatement {
  readonly sql: string;
  readonly tokens: readonly SqlToken[];
}

/** What a statement that only reads begins with. */
const READING = ['select', 'with', 'values', 'table'];

/**
 * Checks that a text is one statement, and one that only reads.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function readStatement(sql: string): ReadStatement {
  const refuse = (why: string) => new LegacyToS3Error('INVALID_CONFIG', `the query cannot be run: ${why}`);
  const found = sqlTokens(sql);
  if (typeof found === 'string') throw refuse(found);
  const end = found.map(({ text }) => text !== ';').lastIndexOf(true) + 1;
  const tokens = found.slice(0, end);
  if (tokens.length === 0) throw refuse('it is empty');
  if (tokens.some(({ text }) => text === ';')) throw refuse('it is more than one statement');
  const first = tokens.find(({ text }) => text !== '(')?.name ?? '';
  if (!READING.includes(first)) throw refuse(`it begins with ${tokens[0].text}; only ${READING.map((word) => word.toUpperCase()).join(', ')} are run`);
  return { sql: sql.slice(0, tokens[tokens.length - 1].to), tokens };
}

/** Names of landed tables that a statement has, whatever they are in it: tables, or columns and aliases of such a name. */
export function namedTables({ tokens }: ReadStatement, names: readonly string[]): string[] {
  const said = new Set(tokens.filter(isName).map(({ name }) => name));
  return names.filter((name) => said.has(name));
}

function isName({ kind }: SqlToken): boolean {
  return kind === 'word' || kind === 'quoted';
}

/**
 * The statement with each landed table as it was in a snapshot.
 *
 * Each becomes a named query in front (`WITH name AS (SELECT * FROM … FOR VERSION AS OF id)`), which stands before the table of that name
 * wherever the statement reads it, under aliases and in subqueries too. Where the table stands with its database, that is taken away.
 *
 * @param snapshots by the statement's name of the table
 */
export function asOfSnapshots({ sql, tokens }: ReadStatement, database: string, snapshots: ReadonlyMap<string, NamedSnapshot>): string {
  if (snapshots.size === 0) return sql;
  const queries = [...snapshots].map(([name, { table, id }]) => `${quotedName(name)} AS (SELECT * FROM ${quotedName(database)}.${quotedName(table)} FOR VERSION AS OF ${id})`).join(', ');
  const bare = withoutDatabase(sql, tokens, database, snapshots);
  const [first, second] = tokens;
  if (first.kind !== 'word' || first.name !== 'with') return `WITH ${queries} ${bare(0)}`;
  const head = second?.kind === 'word' && second.name === 'recursive' ? second : first;
  return `${sql.slice(0, head.to)} ${queries}, ${bare(head.to)}`;
}

/** Catalog of Glue in Athena. */
const GLUE_CATALOG = 'awsdatacatalog';

function withoutDatabase(
  sql: string, tokens: readonly SqlToken[], database: string, snapshots: ReadonlyMap<string, NamedSnapshot>,
): (from: number) => string {
  const cuts: { readonly from: number; readonly to: number }[] = [];
  tokens.forEach((token, at) => {
    if (!isName(token) || !snapshots.has(token.name) || tokens[at - 1]?.text !== '.') return;
    const [before, catalog] = [tokens[at - 2], tokens[at - 3]?.text === '.' ? tokens[at - 4] : undefined];
    if (!before || !isName(before) || before.name !== database.toLowerCase()) return;
    if (catalog && !(isName(catalog) && catalog.name === GLUE_CATALOG)) return;
    cuts.push({ from: (catalog ?? before).from, to: token.from });
  });
  return (from) => {
    let at = from;
    const pieces: string[] = [];
    for (const cut of cuts.filter((each) => each.from >= from)) {
      pieces.push(sql.slice(at, cut.from));
      at = cut.to;
    }
    return pieces.join('') + sql.slice(at);
  };
}
