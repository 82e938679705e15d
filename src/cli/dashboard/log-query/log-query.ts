import { type Condition, readCondition } from './condition';
import { type Aggregation, readStats } from './stats';
import { LogQueryError, type LogRecord, Words } from './words';

/** A Logs Insights query, ready to run over events. */
export interface LogQuery {
  readonly logGroups: readonly string[];
  /** The query without its SOURCE commands, as the service takes it. */
  readonly text: string;
}

/** A table of text. */
export interface LogTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Logs Insights gives so many rows where the query sets no limit. */
const DEFAULT_LIMIT = 1000;

/** Separates what a dashboard puts in front (`SOURCE 'group' | ...`) from the query itself. */
export function splitSources(query: string): LogQuery {
  const commands = splitCommands(query);
  const sources = commands.filter((command) => /^SOURCE\s/i.test(command));
  return {
    logGroups: sources.map((command) => /^SOURCE\s+['"]?([^'"\s]+)/i.exec(command)?.[1] ?? '').filter((name) => name !== ''),
    text: commands.filter((command) => !sources.includes(command)).join(' | '),
  };
}

/**
 * Runs a query of the commands fields, display, filter, stats, sort, limit and dedup over events, for services whose
 * Logs Insights is incomplete (the local emulator).
 *
 * @throws LogQueryError for other commands and wrong syntax
 */
export function runLogQuery(text: string, records: readonly LogRecord[]): LogTable {
  let rows = records;
  let columns: readonly string[] = ['@timestamp', '@message'];
  let limit = DEFAULT_LIMIT;
  for (const command of splitCommands(text)) {
    const [, name, rest] = /^(\w+)\s*([^]*)$/.exec(command) ?? [];
    const words = new Words(rest ?? '');
    switch (name?.toLowerCase()) {
      case 'fields':
      case 'display':
        columns = readNames(words);
        break;
      case 'filter': {
        const condition: Condition = readCondition(words);
        rows = rows.filter(condition);
        break;
      }
      case 'stats': {
        const aggregation: Aggregation = readStats(words);
        ({ rows, columns } = aggregation(rows));
        break;
      }
      case 'sort':
        rows = readSort(words)(rows);
        break;
      case 'dedup': {
        const names = readNames(words);
        rows = [...new Map([...rows].reverse().map((row) => [JSON.stringify(names.map((field) => row.get(field))), row])).values()].reverse();
        break;
      }
      case 'limit':
        limit = Number(words.value());
        break;
      default:
        throw new LogQueryError(`the command '${name ?? command}' is not known here`);
    }
    words.end();
  }
  return { columns, rows: rows.slice(0, limit).map((row) => columns.map((column) => row.get(column) ?? '')) };
}

function readNames(words: Words): string[] {
  const names: string[] = [];
  do names.push(words.name()); while (words.accept(','));
  return names;
}

function readSort(words: Words): (rows: readonly LogRecord[]) => LogRecord[] {
  const keys: { field: string; sign: number }[] = [];
  do {
    const field = words.name();
    keys.push({ field, sign: words.accept('desc') ? -1 : (words.accept('asc'), 1) });
  } while (words.accept(','));
  return (rows) => [...rows].sort((a, b) => {
    for (const { field, sign } of keys) {
      const order = compareText(a.get(field) ?? '', b.get(field) ?? '');
      if (order !== 0) return sign * order;
    }
    return 0;
  });
}

function compareText(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : Number(a > b);
}

/** At `|`, unless it stands in quotes or in a regular expression. */
function splitCommands(query: string): string[] {
  const commands = [''];
  for (const [piece] of query.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<=(?:like|=~)\s*)\/(?:[^/\\]|\\.)+\/|[^]/gi)) {
    if (piece === '|' || piece === '\n') commands.push('');
    else commands[commands.length - 1] += piece;
  }
  return commands.map((command) => command.trim()).filter((command) => command !== '' && !command.startsWith('#'));
}
