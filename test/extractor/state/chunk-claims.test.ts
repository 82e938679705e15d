import fc from 'fast-check';
import { ChunkClaims, chunkKey, keptChunks, type ChunkName } from '../../../src/extractor/state/chunk-claims';
import type { LandedChunk } from '../../../src/extractor/state/landed-chunk';
import { MemoryStore } from '../../support/runs/memory-store';

const CHUNK: ChunkName = { tableIndex: 3, chunk: 12 };
let store: MemoryStore;
const worker = (name: string) => new ChunkClaims(store, 'r1', name);
const landed = (rows: number, name = CHUNK) => ({ ...name, rows }) as LandedChunk;

beforeEach(() => { store = new MemoryStore(); });

test('a chunk that nobody has is had by one request', async () => {
  await expect(worker('a').claim(CHUNK)).resolves.toBe(1);
  expect([...store.texts.keys()]).toEqual(['run=r1/claim-00003-00012-001.json']);
});

test('who claims it later has it, and the one before is not heard any more', async () => {
  const [first, second] = [worker('a'), worker('b')];
  const [before, now] = [await first.claim(CHUNK), await second.claim(CHUNK)];
  expect([before, now]).toEqual([1, 2]);
  await expect(first.finish(landed(1), 1)).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('another worker reads it by now') });
  await second.finish(landed(2), 2);
  await expect(worker('c').claim(CHUNK)).resolves.toBe('finished');
  expect(keptChunks([...store.texts.keys()])).toEqual([{ ...CHUNK, claim: 2, state: 'finished', key: 'run=r1/chunk-00003-00012-002.json' }]);
});

test('what a worker tells that lost the chunk while it told is no state of the chunk', async () => {
  const first = worker('a');
  await first.claim(CHUNK);
  // Between the look at the claim and the text of the chunk another worker claims it.
  const create = store.create.bind(store);
  store.create = async (key, text) => {
    if (key.includes('/chunk-')) {
      store.create = create;
      await worker('b').claim(CHUNK);
    }
    return create(key, text);
  };
  await first.finish(landed(1), 1);
  expect(keptChunks([...store.texts.keys()])).toEqual([{ ...CHUNK, claim: 2, state: 'open' }]);
  await expect(worker('c').claim(CHUNK)).resolves.toBe(3);
});

test('a chunk that cannot land is not read again', async () => {
  const first = worker('a');
  const claim = await first.claim(CHUNK) as number;
  await first.fail(CHUNK, claim, { code: 'INVALID_VALUE', message: 'no text' });
  await expect(worker('b').claim(CHUNK)).resolves.toBe('failed');
});

test('a run that was ended has no claims', async () => {
  const first = worker('a');
  await first.claim(CHUNK);
  store.texts.clear();
  await expect(first.finish(landed(1), 1)).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('the run was ended meanwhile') });
  expect(store.texts.size).toBe(0);
});

test('of any workers in any order each chunk is finished once, by its last claim', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ chunk: fc.nat(3), act: fc.constantFrom('finish', 'fail', 'die') }), { maxLength: 30 }), fc.boolean(),
    async (steps, together) => {
      store = new MemoryStore();
      const finished = new Map<number, number>();
      const step = async ({ chunk, act }: (typeof steps)[number], at: number) => {
        const name = { tableIndex: 0, chunk };
        const own = worker(`${at}`);
        const claim = await own.claim(name);
        if (typeof claim !== 'number' || act === 'die') return;
        if (act === 'finish') await own.finish(landed(at, name), claim).then(() => finished.set(chunk, claim), () => undefined);
        else await own.fail(name, claim, { code: 'INVALID_VALUE', message: '' }).catch(() => undefined);
      };
      if (together) await Promise.all(steps.map(step));
      else for (const [at, each] of steps.entries()) await step(each, at);
      for (const kept of keptChunks([...store.texts.keys()])) {
        // Told under the highest claim, or nothing.
        const highest = Math.max(...[...store.texts.keys()].filter((key) => key.includes(`/claim-00000-0000${kept.chunk}-`)).map((key) => Number(/(\d+)\.json$/.exec(key)![1])));
        expect(kept.claim).toBe(highest);
        expect(kept.state === 'finished').toBe(store.texts.has(chunkKey('r1', 'chunk', kept, highest)));
        if (!together && finished.has(kept.chunk)) expect(kept).toMatchObject({ state: 'finished', claim: finished.get(kept.chunk) });
      }
    },
  ));
});
