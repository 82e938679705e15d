import { parseArgs } from 'node:util';
import { MAX_PACKET_SIZE, MIN_PACKET_SIZE } from '../../tools/tds/packet';
import { CONTENDERS } from '../contenders/contenders';
import { RIVALS } from '../rivals';
import { TABLES } from '../tables';
import { LEDGER_PACKET_SIZE } from '../tables/ledger-table';

/** What the command line of the bench asks for. */
export interface BenchOptions {
  readonly table: string;
  readonly rows: number;
  /** Contenders and rivals, in the order in which they run. */
  readonly names: readonly string[];
  /** Bytes. */
  readonly packetSize: number;
  /** Whether each client runs a second time in a process that is cold. */
  readonly cold: boolean;
  /** File for the figures. */
  readonly json?: string;
}

const ALL = [...Object.keys(CONTENDERS), ...Object.keys(RIVALS)];
const [DEFAULT_TABLE] = Object.keys(TABLES);

export const HELP = `npm run bench -- [--table NAME] [--rows N] [--only NAME,...] [--packet-size BYTES] [--warm-only] [--json FILE]

  --table NAME         ${Object.keys(TABLES).join(', ')}; default ${DEFAULT_TABLE}
                       ledger: rows recorded from a server that others wrote, over and over, with keys that go on
                       decimals: every announced length and length of a value; rare: types without a fast
                       path; rare-text: without those that most rivals refuse
  --rows N             a multiple of the table's chunk; default ${TABLES[DEFAULT_TABLE].defaultRows} of ${DEFAULT_TABLE}
  --only NAME,...      ${ALL.join(', ').replace(/(.{60,80}?), /g, '$1,\n                       ')}
  --packet-size BYTES  asked for by every client that can; default ${LEDGER_PACKET_SIZE}, encrypted at most 16383
  --warm-only          leaves the cold runs out
  --json FILE          writes the figures there too

Clients that are not part of the project run where they are found:
  BENCH_FREEBCP            freebcp, else on PATH
  BENCH_ODBC2PARQUET       odbc2parquet, else on PATH
  BENCH_MSODBC             Microsoft's ODBC driver for it (libmsodbcsql*.so), else that of mssql-python
  BENCH_PYTHON             Python with mssql-python and pyarrow, else that of .venv, else python3 on PATH
  BENCH_CONNECTORX_PYTHON  Python with connectorx and pyarrow, else the same
Further, BENCH_TMPDIR is where clients write their files.
`;

/** @returns nothing when help was asked for @throws Error that names the option and what is allowed */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'table': { type: 'string', default: DEFAULT_TABLE },
      'rows': { type: 'string' },
      'only': { type: 'string' },
      'packet-size': { type: 'string', default: String(LEDGER_PACKET_SIZE) },
      'warm-only': { type: 'boolean', default: false },
      'json': { type: 'string' },
      'help': { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { table, only, json } = values;
  if (!Object.hasOwn(TABLES, table!)) throw new Error(`--table ${table}: allowed are ${Object.keys(TABLES).join(', ')}`);
  const { chunkRows, defaultRows } = TABLES[table!];
  const rows = Number(values.rows ?? defaultRows);
  if (!Number.isSafeInteger(rows) || rows < chunkRows || rows % chunkRows !== 0) throw new Error(`--rows ${values.rows}: expected a multiple of ${chunkRows}`);
  const names = only?.split(',') ?? ALL;
  const unknown = names.filter((name) => !ALL.includes(name));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: allowed are ${ALL.join(', ')}`);
  const packetSize = Number(values['packet-size']);
  if (!Number.isInteger(packetSize) || packetSize < MIN_PACKET_SIZE || packetSize > MAX_PACKET_SIZE) {
    throw new Error(`--packet-size ${values['packet-size']}: expected ${MIN_PACKET_SIZE} to ${MAX_PACKET_SIZE} bytes`);
  }
  return { table: table!, rows, names, packetSize, cold: !values['warm-only'], json };
}
