import { eachInFlight, IN_FLIGHT, inFlight } from '../../../src/extractor/state/in-flight';

/** Work that ends when the test says so. */
class HeldWork {
  public readonly begun: number[] = [];
  private readonly held = new Map<number, { readonly resolve: (value: string) => void; readonly reject: (error: Error) => void }>();

  public readonly work = async (item: number): Promise<string> => {
    this.begun.push(item);
    return new Promise((resolve, reject) => this.held.set(item, { resolve, reject }));
  };

  public end(item: number): void {
    this.held.get(item)!.resolve(`result ${item}`);
  }

  public fail(item: number): void {
    this.held.get(item)!.reject(new Error(`failed ${item}`));
  }
}

const items = (count: number) => Array.from({ length: count }, (_, at) => at);
const turns = async () => new Promise((resolve) => setImmediate(resolve));

test('results come in the order of the items, and no more than the bound are begun or held', async () => {
  const held = new HeldWork();
  const results = inFlight(items(100), held.work);
  const first = results.next();
  await turns();
  expect(held.begun).toEqual(items(IN_FLIGHT));
  // Later ones have ended long before the first.
  items(IN_FLIGHT).slice(1).forEach((item) => held.end(item));
  await turns();
  expect(held.begun).toHaveLength(IN_FLIGHT);
  held.end(0);
  expect(await first).toEqual({ done: false, value: 'result 0' });
  expect(await results.next()).toEqual({ done: false, value: 'result 1' });
  expect(held.begun).toHaveLength(IN_FLIGHT + 1);
  await Promise.all([results.return(undefined), turns().then(() => held.end(IN_FLIGHT))]);
});

test('it takes no item before there is room for it', async () => {
  let taken = 0;
  const source = function* () {
    for (; taken < 1_000_000; taken++) yield taken;
  };
  for await (const result of inFlight(source(), async (item) => item)) if (result === 200) break;
  expect(taken).toBeLessThanOrEqual(200 + IN_FLIGHT + 1);
});

test('the first failure in order is thrown when all that was begun has ended, and nothing is begun after it', async () => {
  const held = new HeldWork();
  let settled = false;
  const all = eachInFlight(items(100), async (item) => { await held.work(item); })
    .catch((error: Error) => error.message).finally(() => { settled = true; });
  await turns();
  held.fail(5);
  held.fail(0);
  await turns();
  expect(settled).toBe(false);
  items(IN_FLIGHT).forEach((item) => held.end(item));
  expect(await all).toBe('failed 0');
  expect(held.begun).toHaveLength(IN_FLIGHT);
});

test('nothing to do is done', async () => {
  await expect(eachInFlight([], async () => { throw new Error('was called'); })).resolves.toBeUndefined();
});
