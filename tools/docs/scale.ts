/** Writes docs/scale.md, whose figures are computed here and by the engine's own packing: `npx tsx tools/docs/scale.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keptBytes, MAX_ITEM_BYTES, MAX_ITEMS, MAX_KEPT_BYTES, type ItemChunk } from '../../src/contract';
import { USUAL_CHUNK_BYTES } from '../../src/extractor/plan/chunk-size';
import { packItems } from '../../src/extractor/run/distributed/work-items';

const ROOT = path.resolve(__dirname, '..', '..');
export const PAGE_FILE = path.join(ROOT, 'docs', 'scale.md');
const TEMPLATE_FILE = path.join(__dirname, 'scale.template.md');

const MIB = 1024 * 1024;

/** Defaults of the construct, and what is assumed of source and data. */
export const ASSUMED = {
  workers: 16,
  readers: 2,
  streamBytesPerSecond: 10 * MIB,
  memoryGb: 1769 / 1024,
  /** Of an invocation: no chunk is begun in its last 45 seconds. */
  usableSeconds: 855,
  /** Landed bytes for each byte of the source's pages, as zstd Parquet. */
  landed: 0.4,
  partBytes: 8 * MIB,
  tables: 8,
  columns: 160,
  /** Of a manifest page, for each chunk with its object (bench/scale.ts). */
  manifestBytes: 640,
} as const;

/** us-east-1, US dollars. */
const PRICES = {
  transition: 0.000025,
  gbSecond: 0.0000133334,
  invocation: 0.0000002,
  put: 0.000005,
  get: 0.0000004,
  fargateVcpuHour: 0.03238,
  fargateGbHour: 0.00356,
};

/** Most chunks of a table, by the five digits of part names. */
const MOST_TABLE_CHUNKS = 99_999;
const HISTORY_EVENTS = 25_000;
/** Of an invocation: the task's five and the choice's two; of a child besides: its begin and end, and those of its last state. */
const INVOCATION_EVENTS = 7;
const CHILD_EVENTS = 4;
/** Begin and its choice, the Map, Complete and its choice, the last state, begin and end. */
const PARENT_EVENTS = 7 + 4 + 7 + 2 + 2;

/** What `npx tsx bench/scale.ts` printed: seconds and MB of each step, requests of all. */
export const MEASURED = {
  machine: 'two cores of an AMD EPYC under other load (load average 11)',
  node: '20.20.2',
  less: {
    ...{ chunks: 2000, read: 2000, items: 134, itemBytes: 1700, pages: 0 },
    ...{ begin: [1.0, 104, 24], work: [121.9, 180, 10_543], complete: [3.9, 156, 2031] },
  },
  more: {
    ...{ chunks: 20_000, read: 2028, items: 129, itemBytes: 17_819, pages: 13 },
    ...{ begin: [1.6, 134, 24], work: [88.2, 188, 10_194], complete: [72.1, 176, 40_152] },
  },
} as const;

function measuredTable(): string {
  const { less, more } = MEASURED;
  const rows = (['begin', 'work', 'complete'] as const).flatMap((step) => [
    `| ${step}: seconds | ${less[step][0]} | ${more[step][0]} | |`,
    `| ${step}: peak RSS, MB | ${less[step][1]} | ${more[step][1]} | ${(more[step][1] / less[step][1]).toFixed(2)} |`,
    `| ${step}: requests to S3 | ${whole(less[step][2])} | ${whole(more[step][2])} | |`,
  ]);
  const counts = (['read', 'items', 'itemBytes', 'pages'] as const).map((name) => `| ${COUNTS[name]} | ${whole(less[name])} | ${whole(more[name])} | |`);
  return [`| chunks | ${whole(less.chunks)} | ${whole(more.chunks)} | times |`, '|---|---:|---:|---:|', ...counts, ...rows].join('\n');
}

const COUNTS = { read: 'of them read', items: 'items', itemBytes: 'bytes of the largest item', pages: 'manifest pages' } as const;

/** On paper. */
export function reckon(bytes: number) {
  const { workers, readers, streamBytesPerSecond, memoryGb, usableSeconds, landed, partBytes, tables, manifestBytes } = ASSUMED;
  const chunks = Math.ceil(bytes / USUAL_CHUNK_BYTES);
  const items = packItems(tablesOf(chunks), workers);
  const sizes = items.map((item) => item.tables.reduce((sum, { chunks: own }) => sum + own.length, 0));
  const itemBytes = Math.max(...items.map((item) => Buffer.byteLength(JSON.stringify(item))));
  const most = Math.max(...sizes);
  const workerBytesPerSecond = readers * streamBytesPerSecond;
  const invocationsOf = (size: number) => Math.ceil(size * USUAL_CHUNK_BYTES / workerBytesPerSecond / usableSeconds);
  const invocations = sizes.reduce((sum, size) => sum + invocationsOf(size), 0);
  const seconds = bytes / workerBytesPerSecond;
  const parts = Math.ceil(USUAL_CHUNK_BYTES * landed / partBytes);
  // A table of more than 1,000 chunks is read twice by Complete.
  const readTwice = chunks / tables > 1000 ? 2 : 1;
  const list = 4 * Math.ceil(chunks / 1000);
  const puts = chunks * (2 + parts + 2) + list;
  const gets = chunks * (2 + readTwice) + invocations * (3 + 1) + 2 * seconds / 60;
  const transitions = 6 + items.length + 2 * invocations + items.length;
  const hours = seconds / 3600;
  const costs = {
    transitions: transitions * PRICES.transition,
    lambda: seconds * memoryGb * PRICES.gbSecond + invocations * PRICES.invocation,
    s3: puts * PRICES.put + gets * PRICES.get,
  };
  return {
    chunks,
    items: items.length,
    chunksOfItem: most,
    itemBytes,
    invocationsOfItem: invocationsOf(most),
    invocations,
    childEvents: CHILD_EVENTS + INVOCATION_EVENTS * invocationsOf(most),
    transitions,
    lambdaGbSeconds: seconds * memoryGb,
    fargateVcpuHours: hours,
    fargate: hours * (PRICES.fargateVcpuHour + 4 * PRICES.fargateGbHour),
    parts,
    puts,
    gets,
    stateObjects: 2 * chunks + tables + 4,
    manifestPages: chunks * manifestBytes < 4 * MIB ? 0 : Math.ceil(chunks * manifestBytes / MIB),
    costs,
    sum: costs.transitions + costs.lambda + costs.s3,
    hours: { workers: hours / workers, one: gbit(bytes, 1), five: gbit(bytes, 5), ten: gbit(bytes, 10) },
  };
}

const gbit = (bytes: number, gigabits: number) => bytes * 8 / (gigabits * 1e9) / 3600;

/** Tables of about as many chunks, cut by a bigint of ten digits. */
function tablesOf(chunks: number): Array<{ readonly index: number; readonly chunks: readonly ItemChunk[] }> {
  const bound = (at: number) => [String(1e9 + at * 3_000_000)];
  return Array.from({ length: ASSUMED.tables }, (_, index) => {
    const own = Math.floor(chunks * (index + 1) / ASSUMED.tables) - Math.floor(chunks * index / ASSUMED.tables);
    const cut = Array.from({ length: own }, (_each, chunk) => (
      { chunk, lower: bound(chunk), upper: bound(chunk + 1), estimatedRows: 3_000_000, estimatedBytes: USUAL_CHUNK_BYTES }
    ));
    return { index, chunks: cut };
  });
}

const whole = (number: number) => Math.round(number).toLocaleString('en-US');
const money = (number: number) => number.toFixed(2).replace(/\B(?=(\d{3})+(?!\d)\.)/g, ',');
const time = (hours: number) => (hours < 1 ? `${(60 * hours).toFixed(0)} min` : hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`);

type Reckoned = ReturnType<typeof reckon>;

const ROWS: ReadonlyArray<readonly [what: string, tell: (of: Reckoned) => string]> = [
  ['chunks of 512 MiB', ({ chunks }) => whole(chunks)],
  ['items, which are children of the Map', ({ items }) => whole(items)],
  ['chunks of the largest item', ({ chunksOfItem }) => whole(chunksOfItem)],
  ['bytes of the largest item', ({ itemBytes }) => whole(itemBytes)],
  ['invocations of a child', ({ invocationsOfItem }) => whole(invocationsOfItem)],
  ['history events of a child', ({ childEvents }) => whole(childEvents)],
  ['history events of the execution', () => whole(PARENT_EVENTS)],
  ['invocations of workers', ({ invocations }) => whole(invocations)],
  ['state transitions', ({ transitions }) => whole(transitions)],
  ['Lambda GB-seconds', ({ lambdaGbSeconds }) => whole(lambdaGbSeconds)],
  ['the same on Fargate: vCPU-hours', ({ fargateVcpuHours }) => whole(fargateVcpuHours)],
  ['S3 PUT, POST and LIST', ({ puts }) => whole(puts)],
  ['S3 GET', ({ gets }) => whole(gets)],
  ['state objects at the end of the Map', ({ stateObjects }) => whole(stateObjects)],
  ['manifest pages', ({ manifestPages }) => (manifestPages === 0 ? 'none, one text' : whole(manifestPages))],
  ['state transitions, $', ({ costs }) => money(costs.transitions)],
  ['Lambda, $', ({ costs }) => money(costs.lambda)],
  ['S3 requests, $', ({ costs }) => money(costs.s3)],
  ['**sum, $**', ({ sum }) => `**${money(sum)}**`],
  ['Fargate in place of Lambda, $', ({ fargate }) => money(fargate)],
  ['by the workers\' pace', ({ hours }) => time(hours.workers)],
  ['at 1 Gbit/s', ({ hours }) => time(hours.one)],
  ['at 5 Gbit/s', ({ hours }) => time(hours.five)],
  ['at 10 Gbit/s', ({ hours }) => time(hours.ten)],
];

function table(): string {
  const sizes = [1e11, 1e13, 1e14].map(reckon);
  return ['| | 100 GB | 10 TB | 100 TB |', '|---|---:|---:|---:|', ...ROWS.map(([what, tell]) => `| ${what} | ${sizes.map(tell).join(' | ')} |`)].join('\n');
}

/** Values that the template names. */
function values(): { readonly [name: string]: string } {
  const { workers, readers, streamBytesPerSecond, usableSeconds, columns } = ASSUMED;
  const large = reckon(1e14);
  const mostObjects = Math.floor((MAX_KEPT_BYTES - keptBytes({ columns, objects: 0 })) / keptBytes({ columns: 0, objects: 1 }));
  const mostInvocations = Math.floor((HISTORY_EVENTS - CHILD_EVENTS) / INVOCATION_EVENTS);
  const putsOfChunk = large.parts + 4;
  const chunksPerSecond = readers * streamBytesPerSecond / USUAL_CHUNK_BYTES;
  const terabytes = (bytes: number) => whole(bytes / 1e12);
  return {
    table: table(),
    pace: whole(workers * readers * streamBytesPerSecond / 1e6),
    gigabits: (workers * readers * streamBytesPerSecond * 8 / 1e9).toFixed(1),
    parts: whole(large.parts),
    puts: whole(putsOfChunk),
    connections: whole(workers * readers),
    mostObjects: whole(mostObjects),
    mostObjectsTb: terabytes(mostObjects * USUAL_CHUNK_BYTES),
    mostTableTb: (MOST_TABLE_CHUNKS * USUAL_CHUNK_BYTES / 1e12).toFixed(1),
    mostInvocations: whole(mostInvocations),
    mostInvocationsDays: whole(mostInvocations * 15 / 60 / 24),
    slowest: (USUAL_CHUNK_BYTES / usableSeconds / 1e6).toFixed(2),
    slowestMinutes: (USUAL_CHUNK_BYTES / streamBytesPerSecond / 60).toFixed(1),
    putWorkers: whole(3500 / (putsOfChunk * chunksPerSecond)),
    mostItems: whole(MAX_ITEMS),
    itemKib: whole(MAX_ITEM_BYTES / 1024),
    itemChunks: whole(large.chunksOfItem),
    weekTb: (7 * 86_400 * 1e9 / 8 / 1e12).toFixed(1),
    machine: MEASURED.machine,
    node: MEASURED.node,
    measured: measuredTable(),
    completeChunks: whole(Math.floor(900 / MEASURED.more.complete[0] * MEASURED.more.chunks / 1000) * 1000),
    completeTb: terabytes(900 / MEASURED.more.complete[0] * MEASURED.more.chunks * USUAL_CHUNK_BYTES),
    lineWorkers: whole(10e9 / 8 / (readers * streamBytesPerSecond)),
  };
}

/** The page. */
export function scalePage(): string {
  const known = values();
  return readFileSync(TEMPLATE_FILE, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (known[name] === undefined) throw new Error(`scale.template.md names ${name}, which nothing computes`);
    return known[name];
  });
}

if (require.main === module) writeFileSync(PAGE_FILE, scalePage());
