import { growthOf, measureScale, type ScaleFigures } from '../../bench/scale';

let few: ScaleFigures;
let many: ScaleFigures;

beforeAll(async () => {
  few = await measureScale({ chunks: 100, read: 100, tables: 3, workers: 2 });
  many = await measureScale({ chunks: 500, read: 200, tables: 3, workers: 2 });
}, 120_000);

test('500 chunks are begun, read and completed by the functions as they are deployed, and each is in the manifest once', () => {
  expect(many.wrong).toEqual([]);
  expect(few.wrong).toEqual([]);
  expect(few.readChunks).toBe(100);
  expect(many.readChunks).toBeGreaterThanOrEqual(200);
  // An object for each claim and each state, and those of the run.
  expect(many.stateObjects).toBeGreaterThanOrEqual(1000);
});

test('requests of workers are as many as docs/scale.md reckons', () => {
  const { requests } = many.work;
  const chunks = many.readChunks;
  expect(requests).toMatchObject({ 'PutObject claim': chunks, 'GetObject claim': 2 * chunks, 'PutObject chunk': chunks, 'PutObject part': chunks });
  expect(many.complete.requests['GetObject chunk']).toBe(500);
  expect(many.complete.requests.DeleteObjects).toBe(2);
});

test('memory does not grow with the chunks', () => {
  expect(growthOf(few, many)).toEqual([]);
});
