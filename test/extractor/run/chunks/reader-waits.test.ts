import { ReaderWaits } from '../../../../src/extractor/run/chunks/reader-waits';

/** A thread whose clock goes on by hand. */
class Thread {
  public at = 0;
  public idleMs = 1_000;
  public readonly waits = new ReaderWaits({ now: () => this.at }, () => this.idleMs);

  public work(milliseconds: number): void {
    this.at += milliseconds;
  }

  public idle(milliseconds: number): void {
    this.at += milliseconds;
    this.idleMs += milliseconds;
  }
}

test('a thread that has nothing to do waits for the source, unless a write goes on', async () => {
  const thread = new Thread();
  const { waits } = thread;
  thread.idle(300);
  thread.work(50);
  let written = () => {};
  const write = waits.forTarget(new Promise<void>((resolve) => { written = resolve; }));
  expect(waits.isForTarget).toBe(true);
  thread.idle(200);
  thread.work(100);
  expect(waits.sourceMs).toBe(300);
  written();
  await write;
  thread.idle(7);
  expect([waits.isForTarget, waits.sourceMs, waits.targetMs]).toEqual([false, 307, 300]);
});

test('writes at the same time are waited for once, also those that fail', async () => {
  const thread = new Thread();
  const { waits } = thread;
  let fail = (_: Error) => {};
  let end = () => {};
  const failing = waits.forTarget(new Promise<void>((_, reject) => { fail = reject; }));
  const ending = waits.forTarget(new Promise<void>((resolve) => { end = resolve; }));
  thread.idle(10);
  fail(new Error('lost'));
  await expect(failing).rejects.toThrow('lost');
  thread.idle(5);
  end();
  await ending;
  expect([waits.sourceMs, waits.targetMs]).toEqual([0, 15]);
});

test('what was written at once was not waited for', () => {
  const { waits } = new Thread();
  expect(waits.forTarget(3)).toBe(3);
  expect([waits.isForTarget, waits.targetMs]).toEqual([false, 0]);
});

test('the time of a thread is its own', async () => {
  const waits = new ReaderWaits({ now: Date.now });
  await new Promise((resolve) => { setImmediate(() => setTimeout(resolve, 30)); });
  expect(waits.sourceMs).toBeGreaterThan(10);
  const before = waits.sourceMs;
  for (const until = performance.now() + 20; performance.now() < until;);
  expect(waits.sourceMs - before).toBeLessThan(10);
});
