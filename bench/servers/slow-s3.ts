import type { ItemChunk } from '../../src/contract';
import { chunkKey } from '../../src/extractor/state/chunk-claims';
import type { LandedChunk } from '../../src/extractor/state/landed-chunk';
import { FakeS3Server } from '../../test/support/cloud/fake-s3-server';
import { serveCalls } from '../harness/server-process';

/** S3 that takes some milliseconds more for each request, and counts them. Run as a process of its own, `slow-s3.ts BUCKET MILLISECONDS`. */

/** Requests by operation and by what they are about, as `PutObject claim`. */
export interface RequestCounts { [request: string]: number }

/** What is kept under keys; others are named by their first folder. */
const KINDS: ReadonlyArray<readonly [kind: string, key: RegExp]> = [
  ['part', /\/part-[^/]*$/], ['manifest', /\/_manifest[^/]*$|_manifest/], ['claim', /\/claim-[^/]*$/], ['chunk', /\/chunk-[^/]*$/],
  ['failed', /\/failed-[^/]*$/], ['lease', /\/lease-[^/]*$/], ['table', /\/table-[^/]*$/], ['items', /\/items-[^/]*$/],
  ['header', /\/header\.json$/], ['record', /\/run\.json$/], ['lock', /\/(running|waiting)-[^/]*$/],
];

async function main([bucket, milliseconds]: readonly string[]): Promise<void> {
  const s3 = await FakeS3Server.start(bucket);
  let counts: RequestCounts = {};
  const delayMs = Number(milliseconds);
  s3.fault = ({ operation, key }) => {
    // Of very many requests none is kept.
    s3.requests.length = 0;
    const kind = KINDS.find(([, pattern]) => pattern.test(key))?.[0];
    const name = kind === undefined ? operation : `${operation} ${kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
    return { delayMs };
  };
  const calls = {
    endpoint: () => s3.endpoint,
    put: (key: string, text: string) => {
      const body = Buffer.from(text);
      s3.objects.set(key, { body, checksum: '', algorithm: 'sha256', headers: {}, eTag: '""' });
    },
    text: (key: string) => s3.objects.get(key)?.body.toString('utf8'),
    keys: (prefix: string) => [...s3.objects.keys()].filter((key) => key.startsWith(prefix)),
    /** Requests since this was asked before. */
    takeCounts: () => {
      const taken = counts;
      counts = {};
      return taken;
    },
    /** Keeps what a worker would keep of chunks, as it did of another one of their table. */
    repeat: (stateFolder: string, runId: string, tableIndex: number, like: number, chunks: ReadonlyArray<Pick<ItemChunk, 'chunk'>>) => {
      const objectAt = (kind: 'claim' | 'chunk', chunk: number) => stateFolder + chunkKey(runId, kind, { tableIndex, chunk }, 1);
      const [claim, state] = [s3.objects.get(objectAt('claim', like))!, s3.objects.get(objectAt('chunk', like))!];
      const landed = JSON.parse(state.body.toString('utf8')) as LandedChunk;
      const five = (chunk: number) => String(chunk).padStart(5, '0');
      for (const { chunk } of chunks) {
        const renamed = (name: string) => name.replace(`${five(like)}-`, `${five(chunk)}-`);
        const objects = landed.objects.map((object) => ({ ...object, key: object.key.replace(/[^/]*$/, renamed), part: renamed(object.part) }));
        objects.forEach(({ key }, at) => s3.objects.set(key, s3.objects.get(landed.objects[at].key)!));
        s3.objects.set(objectAt('claim', chunk), claim);
        s3.objects.set(objectAt('chunk', chunk), { ...state, body: Buffer.from(JSON.stringify({ ...landed, chunk, objects })) });
      }
    },
  };
  serveCalls(calls);
}

/** What it can be asked for. */
export interface SlowS3 {
  readonly [name: string]: (...args: never[]) => unknown;
  readonly endpoint: () => string;
  readonly put: (key: string, text: string) => void;
  readonly text: (key: string) => string | undefined;
  readonly keys: (prefix: string) => string[];
  readonly takeCounts: () => RequestCounts;
  readonly repeat: (stateFolder: string, runId: string, tableIndex: number, like: number, chunks: ReadonlyArray<Pick<ItemChunk, 'chunk'>>) => void;
}

void main(process.argv.slice(2));
