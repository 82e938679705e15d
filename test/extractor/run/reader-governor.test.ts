import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ExtractFormat, type ChunkRetryEvent, type ExtractEvent, type ReadersChangedEvent } from '../../../src/extractor/doors/public';
import { extract } from '../../../src/extractor/run/extract-run';
import { ReaderGovernor } from '../../../src/extractor/run/reader-governor';
import { SYSTEM_CLOCK, type Clock } from '../../../src/extractor/state/clock';
import { PacedSource } from '../../support/source/paced-source';

/** Time that passes when the test says so. */
class TestClock implements Clock {
  private time = 0;
  private sleeping: Array<{ readonly until: number; wake(): void }> = [];

  public now(): number {
    return this.time;
  }

  public random(): number {
    return 0;
  }

  public async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((wake) => { this.sleeping.push({ until: this.time + milliseconds, wake }); });
  }

  public async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    const due = this.sleeping.filter(({ until }) => until <= this.time);
    this.sleeping = this.sleeping.filter(({ until }) => until > this.time);
    due.forEach(({ wake }) => wake());
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const MIB = 1024 * 1024;

let clock: TestClock;
let events: ReadersChangedEvent[];
let governor: ReaderGovernor;
/** Bytes of each chunk so far. */
let bytes: number[];
let waited: number;

function govern(readers: number, backOff = true): void {
  governor = new ReaderGovernor({ readers, backOff, clock, signal: new AbortController().signal, emit: (event) => events.push(event) });
}

beforeEach(() => {
  clock = new TestClock();
  events = [];
  bytes = [];
  waited = 0;
});
afterEach(() => governor?.end());

const retry = (number?: number): ChunkRetryEvent => ({
  type: 'chunk-retry', database: 'd', schema: 's', table: 't', chunk: 0, attempt: 1, delaySeconds: 1, code: 'SOURCE_QUERY_FAILED', number, message: 'busy',
});

async function admit(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await governor.admit();
}

/** Some looks of two seconds at so many readers, each reading so many bytes a second. */
async function read(readers: number, looks: number, bytesPerSecond: number, waitedMs = 0): Promise<void> {
  const tell = (at: number, more: number) => {
    bytes[at] = (bytes[at] ?? 0) + more;
    governor.onProgress(String(at), { wireBytes: bytes[at], waitedMs: waited });
  };
  for (let at = 0; at < readers; at++) if (bytes[at] === undefined) tell(at, 0);
  for (let look = 0; look < looks; look++) {
    await clock.pass(2000 + waitedMs);
    waited += waitedMs;
    for (let at = 0; at < readers; at++) tell(at, 2 * bytesPerSecond);
  }
}

describe('a source that throttles', () => {
  test.each([40501, 10928, 10929, 49918, 49919, 49920])('with error %d: half of the readers pause, and come back one by one', async (number) => {
    govern(8);
    await admit(8);
    for (let at = 0; at < 8; at++) governor.onEvent(retry(number));
    expect(events).toEqual([{ type: 'readers-changed', readers: 4, of: 8, reason: 'throttled', detail: 'busy' }]);
    await clock.pass(30_000);
    expect(events.at(-1)).toMatchObject({ readers: 5, reason: 'restored' });
    for (let at = 0; at < 3; at++) await clock.pass(30_000);
    expect(governor.allowed).toBe(8);
  });

  test('whoever is over the limit pauses when its chunk is done, and reads on when another has done its own', async () => {
    govern(4);
    await admit(4);
    governor.onEvent(retry(40501));
    expect(governor.allowed).toBe(2);
    let admitted = 0;
    const next = async () => {
      governor.leave();
      await governor.admit();
      admitted += 1;
    };
    void next();
    void next();
    await settled();
    expect(admitted).toBe(0);
    governor.leave();
    await settled();
    expect(admitted).toBe(1);
    governor.leave();
    await settled();
    expect(admitted).toBe(2);
  });

  test('and goes on to throttle: down to one reader, and none comes back meanwhile', async () => {
    govern(8);
    await admit(8);
    for (const readers of [4, 2, 1]) {
      governor.onEvent(retry(40501));
      expect(governor.allowed).toBe(readers);
      for (let at = 0; at < readers; at++) governor.leave();
      await clock.pass(20_000);
    }
    governor.onEvent(retry(40501));
    await clock.pass(20_000);
    expect(events.map(({ readers }) => readers)).toEqual([4, 2, 1]);
  });

  test.each([1205, 3960, undefined])('is not meant by error %s', async (number) => {
    govern(8);
    await admit(8);
    governor.onEvent(retry(number));
    expect(events).toEqual([]);
  });

  test('is borne where backing off is turned off', async () => {
    govern(8, false);
    await admit(8);
    governor.onEvent(retry(40501));
    expect(governor.allowed).toBe(8);
  });
});

describe('a source that slows', () => {
  test('to a quarter for every reader: half of them pause; they stay paused while the others are faster', async () => {
    govern(4);
    await admit(4);
    await read(4, 3, 20 * MIB);
    expect(events).toEqual([]);
    await read(4, 3, 2 * MIB);
    expect(events).toMatchObject([{ readers: 2, of: 4, reason: 'slow', detail: 'each reader gets 2048 KiB/s, of 20480 KiB/s at best' }]);
    for (const chunk of ['2', '3']) {
      governor.leave();
      governor.onProgress(chunk, undefined);
    }
    await read(2, 3, 18 * MIB);
    expect(governor.allowed).toBe(2);
    await clock.pass(60_000);
    expect(events.at(-1)).toMatchObject({ readers: 3, reason: 'restored' });
  });

  test('where fewer readers are no faster all come back, and the new pace is what counts', async () => {
    govern(4);
    await admit(4);
    await read(4, 3, 20 * MIB);
    await read(4, 3, 2 * MIB);
    for (const chunk of ['2', '3']) {
      governor.leave();
      governor.onProgress(chunk, undefined);
    }
    await read(2, 3, 2 * MIB);
    expect(events.at(-1)).toMatchObject({ readers: 4, reason: 'restored', detail: 'fewer readers were not faster' });
    const told = events.length;
    await read(2, 5, 2 * MIB);
    expect(events).toHaveLength(told);
  });

  test.each<[string, () => Promise<void>]>([
    ['to a half', async () => read(4, 5, 10 * MIB)],
    ['for a moment', async () => { await read(4, 1, 2 * MIB); await read(4, 3, 20 * MIB); }],
    ['for one reader of four', async () => {
      for (let at = 0; at < 5; at++) {
        await read(4, 1, 20 * MIB);
        for (let fast = 1; fast < 4; fast++) bytes[fast] += 40 * MIB;
        await read(4, 1, MIB);
      }
    }],
  ])('%s: nobody pauses', async (_, slow) => {
    govern(4);
    await admit(4);
    await read(4, 3, 20 * MIB);
    await slow();
    expect(events).toEqual([]);
  });

  test('because the target is slow: nobody pauses', async () => {
    govern(4);
    await admit(4);
    await read(4, 3, 20 * MIB);
    await read(4, 4, 20 * MIB, 60_000);
    expect(events).toEqual([]);
  });
});

describe('a run against a server that refuses more than two reads at a time', () => {
  let folder: string;
  let source: PacedSource;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'governor-'));
    source = await PacedSource.start({ chunks: 24, rowsPerChunk: 20, pieces: 2, pieceDelayMs: 30, mostReads: 2 });
  });
  afterEach(async () => {
    await source.stop();
    rmSync(folder, { recursive: true });
  });

  /** Retries come soon, the governor's patience and the lease's renewals are as they are. */
  const soon: Clock = {
    ...SYSTEM_CLOCK, sleep: async (milliseconds, signal) => SYSTEM_CLOCK.sleep(milliseconds < 20_000 ? milliseconds / 500 : milliseconds, signal),
  };

  test('ends with two readers or fewer, and is complete', async () => {
    const told: ExtractEvent[] = [];
    const result = await extract({
      source: source.source,
      target: pathToFileURL(folder).href,
      format: ExtractFormat.csv({ header: false }),
      plan: await source.plan(),
      readers: 8,
      maxRetries: 100,
    }, { onEvent: (event) => told.push(event) }, soon);
    expect(result.rows).toBe(24 * 20);
    const changes = told.filter((event) => event.type === 'readers-changed');
    expect(changes.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...changes.map(({ readers }) => readers))).toBeLessThanOrEqual(2);
    // A run that takes long on a busy machine may have tried one more reader in between.
    expect(changes[0].reason).toBe('throttled');
    expect(changes.filter(({ reason }) => reason !== 'throttled').every(({ reason }) => reason === 'restored')).toBe(true);
    // Eight readers that did not back off would be refused over and over.
    expect(source.refused).toBeLessThan(50);
  }, 60_000);
});
