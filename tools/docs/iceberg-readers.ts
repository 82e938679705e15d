/** Has every engine read every type and writes the table of docs/reading.md: `npx tsx tools/docs/iceberg-readers.ts`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EngineName, type Finding, startEngine } from '../engines';
import { Lake } from '../lake/lake';
import { byType, seenBy, type SeenType } from '../lake/seen-types';
import { landTypes } from '../lake/type-tables';
import { startLocalCloud } from '../local-cloud';
import { startStandIn } from '../stand-in';

export const READING_PAGE = path.join(__dirname, '..', '..', 'docs', 'reading.md');
/** What was seen; tests with the engines compare it with what they see. */
export const SEEN_FILE = path.join(__dirname, 'iceberg-readers.json');
export const READERS: readonly EngineName[] = ['trino', 'spark', 'pyiceberg', 'duckdb'];

export interface Seen {
  readonly versions: { readonly [name in EngineName]?: string };
  readonly types: readonly SeenType[];
}

const TITLES: { readonly [name in EngineName]: string } = { trino: 'Trino', spark: 'Spark', pyiceberg: 'PyIceberg', duckdb: 'DuckDB' };

export function readSeen(): Seen {
  return JSON.parse(readFileSync(SEEN_FILE, 'utf8')) as Seen;
}

/** The page with the table of what was seen. */
export function readingPage(page: string, { versions, types }: Seen): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const header = ['Iceberg', 'SQL Server', ...READERS.map((name) => `${TITLES[name]} ${versions[name]}`)];
  const cell = (text: string | undefined) => text === undefined ? '' : /^(refused|different): /.test(text)
    ? `**${text.replace(/: \w+: /, ': ').replace(/^(\w+): (\w+): /, '$1: ')}**` : `\`${text}\``;
  const rows = types.map(({ iceberg, sources, option, engines }) => [
    `\`${iceberg}\``, sources.map((each) => `\`${each}\``).join(', ') + (option === undefined ? '' : ` with ${option}`), ...READERS.map((name) => cell(engines[name])),
  ]);
  const table = [header, header.map(() => '---'), ...rows].map(line).join('');
  return page.replace(/(<!-- readers: [^\n]*-->\n)[^]*?(<!-- \/readers -->)/, (_, begin: string, end: string) => `${begin}${table}${end}`);
}

/** Runs each engine after the other. */
async function see(): Promise<Seen> {
  const folder = mkdtempSync(path.join(tmpdir(), 'iceberg-readers-'));
  const [cloud, server] = [await startLocalCloud({ enforceIam: false }), await startStandIn({ transactions: 10 })];
  const lake = await Lake.open(cloud, folder);
  try {
    const tables = await landTypes(lake, folder, server);
    const seen: Array<ReadonlyArray<readonly Finding[]>> = [];
    const versions: { [name: string]: string } = {};
    for (const name of READERS) {
      const engine = await startEngine(name, cloud);
      try {
        versions[name] = engine.version;
        seen.push(await seenBy(engine, tables));
      } finally {
        await engine.stop();
      }
    }
    return { versions, types: byType(tables, seen) };
  } finally {
    lake.close();
    await server.stop();
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (require.main === module) {
  see().then((seen) => {
    writeFileSync(SEEN_FILE, `${JSON.stringify(seen, undefined, 2)}\n`);
    writeFileSync(READING_PAGE, readingPage(readFileSync(READING_PAGE, 'utf8'), seen));
  }, (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
