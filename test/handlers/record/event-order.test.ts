import fc from 'fast-check';
import { comparableSequencer, ManifestObject, ObjectItem } from '../../../src/contract';
import { completePart } from '../../../src/handlers/complete/complete-part';
import { writeRecord } from '../../../src/handlers/record/write-record';
import { ItemStore } from '../../../src/handlers/shared/item-store';
import { ObjectEvent } from '../../../src/handlers/shared/s3-events';
import { FakeCloud } from '../fake-cloud';

const KEY = 'part-00000-0000.csv';

/** What happens to the key, in order. Each content is another. */
const history = fc.array(fc.constantFrom<'put' | 'delete'>('put', 'put', 'delete'), { minLength: 1, maxLength: 4 });

function happen(kinds: readonly ('put' | 'delete')[]): readonly { readonly content?: string; readonly event: ObjectEvent }[] {
  return kinds.map((kind, index) => {
    const content = kind === 'put' ? 'x'.repeat(index + 1) : undefined;
    const event: ObjectEvent = {
      kind: kind === 'put' ? 'created' : 'removed',
      bucket: 'b',
      key: KEY,
      // Lengths differ, so that only padding orders them.
      sequencer: `A${index}${'0'.repeat(index % 2)}1`,
      eventTime: new Date(index).toISOString(),
      ...(content && { sizeBytes: content.length, eTag: content }),
    };
    return { content, event };
  });
}

function partOf(content: string): ManifestObject {
  return { key: KEY, part: '0-0', rows: content.length * 10, sizeBytes: content.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: `sum of ${content}` }, contentHash: `hash of ${content}` };
}

function withoutTimes({ recordedAt: _recordedAt, revision: _revision, ...rest }: ObjectItem) {
  return rest;
}

test('events in any order, repeated and at the same time, with overwrites and deletions, end in the last state', async () => {
  let overlaps = 0;
  await fc.assert(fc.asyncProperty(history, fc.scheduler(), fc.array(fc.nat(3)), async (kinds, scheduler, repeats) => {
    const cloud = new FakeCloud(async (request) => scheduler.schedule(Promise.resolve(), request));
    const store = new ItemStore(cloud.dynamo, 'table');
    const steps = happen(kinds);
    const handled: Promise<unknown>[] = [];
    const change = scheduler.scheduleSequence(steps.map(({ content, event }, index) => ({
      label: `${event.kind} ${index}`,
      builder: async () => {
        cloud.content = content;
        const deliveries = 1 + repeats.filter((repeat) => repeat === index).length;
        for (let i = 0; i < deliveries; i++) {
          handled.push(scheduler.schedule(Promise.resolve(), `event ${index}`).then(async () => writeRecord(cloud.s3, store, event)));
        }
      },
    })));
    await scheduler.waitFor(change.task.then(async () => Promise.all(handled)));

    const last = steps[steps.length - 1];
    expect(cloud.item!.sequencer).toBe(comparableSequencer(last.event.sequencer));
    expect(cloud.item!.state).toBe(last.content === undefined ? 'GONE' : 'PRESENT');
    if (last.content !== undefined) expect(cloud.item!.eTag).toBe(last.content);
    if (cloud.item!.revision > 1) overlaps += 1;
  }), { numRuns: 400 });
  expect(overlaps).toBeGreaterThan(40);
});

test('events that all come after the last change give the very same item in every order', async () => {
  await fc.assert(fc.asyncProperty(history, fc.infiniteStream(fc.nat()), async (kinds, numbers) => {
    const steps = happen(kinds);
    const finalItem = async (events: readonly ObjectEvent[]) => {
      const cloud = new FakeCloud(async () => undefined);
      cloud.content = steps[steps.length - 1].content;
      const store = new ItemStore(cloud.dynamo, 'table');
      for (const event of events) await writeRecord(cloud.s3, store, event, () => new Date(0));
      return withoutTimes(cloud.item!);
    };
    const events = steps.map(({ event }) => event);
    const shuffled = [...events, ...events].map((event) => ({ event, at: numbers.next().value! }))
      .sort((a, b) => a.at - b.at).map(({ event }) => event);
    expect(await finalItem(shuffled)).toEqual(await finalItem(events));
  }), { numRuns: 200 });
});

test('a repeated event changes nothing, not even the revision', async () => {
  const cloud = new FakeCloud(async () => undefined);
  cloud.content = 'x';
  const store = new ItemStore(cloud.dynamo, 'table');
  const [{ event }] = happen(['put']);
  expect((await writeRecord(cloud.s3, store, event)).written).toBe(true);
  const before = cloud.item;
  expect((await writeRecord(cloud.s3, store, event)).written).toBe(false);
  expect(cloud.item).toEqual(before);
});

test('rows and hash reach the item of the content they describe, and stay, whether the manifest or the part comes first', async () => {
  let completed = 0;
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.scheduler(), async (overwrites, scheduler) => {
    const cloud = new FakeCloud(async (request) => scheduler.schedule(Promise.resolve(), request));
    const store = new ItemStore(cloud.dynamo, 'table');
    const steps = happen(Array<'put'>(overwrites).fill('put'));
    const last = steps[steps.length - 1].content!;
    const part = partOf(last);
    const work: Promise<unknown>[] = [];
    let problem: string | undefined = 'not checked';
    const change = scheduler.scheduleSequence(steps.map(({ content, event }, index) => ({
      label: `put ${index}`,
      builder: async () => {
        cloud.content = content;
        work.push(scheduler.schedule(Promise.resolve(), `event ${index}`).then(async () => writeRecord(cloud.s3, store, event)));
        // The manifest comes after the last part, its event at any time.
        if (content === last) {
          work.push(scheduler.schedule(Promise.resolve(), 'manifest').then(async () => { problem = await completePart(cloud.s3, store, 'b', part); }));
        }
      },
    })));
    await scheduler.waitFor(change.task.then(async () => Promise.all(work)));

    expect(problem).toBeUndefined();
    expect(cloud.item).toMatchObject({
      eTag: last, rows: part.rows, contentHash: part.contentHash, state: 'PRESENT', sequencer: comparableSequencer(steps[steps.length - 1].event.sequencer),
    });
    completed += 1;
  }), { numRuns: 400 });
  expect(completed).toBe(400);
});

test('rows and hash of an overwritten part do not pass to its new content', async () => {
  await fc.assert(fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const cloud = new FakeCloud(async (request) => scheduler.schedule(Promise.resolve(), request));
    const store = new ItemStore(cloud.dynamo, 'table');
    const [first, second] = happen(['put', 'put']);
    cloud.content = first.content;
    const work = [
      writeRecord(cloud.s3, store, first.event),
      completePart(cloud.s3, store, 'b', partOf(first.content!)),
      scheduler.schedule(Promise.resolve(), 'overwrite').then(async () => {
        cloud.content = second.content;
        await writeRecord(cloud.s3, store, second.event);
      }),
    ];
    await scheduler.waitFor(Promise.all(work));
    expect(cloud.item).toMatchObject({ eTag: second.content, sequencer: comparableSequencer(second.event.sequencer) });
    expect(cloud.item!.rows).toBeUndefined();
    expect(cloud.item!.contentHash).toBeUndefined();
  }), { numRuns: 400 });
});
