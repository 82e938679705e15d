/** The process that `recorder-load.ts` measures. Usage: recorder-load-worker.ts RATE SECONDS */
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { recordEvent, RecorderServices } from '../../src/handlers/record/recorder';
import { ItemStore } from '../../src/handlers/shared/item-store';
import { PowertoolsTelemetry } from '../../src/handlers/shared/telemetry';
import type { LoadFigures } from '../recorder-load';

/** Environments: a thousand events a second of some tens of milliseconds each keep about this many busy. */
const ENVIRONMENTS = 60;

/** One event in this many repeats an earlier one. */
const REPEATED = 10;

/** How long a service takes to answer. */
const ANSWER_MS = 5;

/** Items by key; how often each was put. */
const items = new Map<string, number>();

type Request = { readonly method: string; readonly body?: string };
type Response = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Readable };

function answer(statusCode: number, headers: Record<string, string>, body = ''): { readonly response: Response } {
  return { response: { statusCode, headers, body: Readable.from(body === '' ? [] : [Buffer.from(body)]) } };
}

/** In place of the SDK's HTTP handler. */
function inMemory(respond: (request: Request) => { readonly response: Response }) {
  return {
    handle: async (request: Request) => wait(ANSWER_MS).then(() => respond(request)),
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

const s3 = new S3Client({
  requestHandler: inMemory(() => answer(200, { 'content-length': '5', 'etag': '"e"', 'last-modified': new Date(0).toUTCString() })) as never,
});
const dynamo = new DynamoDBClient({
  requestHandler: inMemory(({ body }) => {
    const { Item } = JSON.parse(String(body));
    const key: string = Item.objectKey.S;
    const known = items.get(key);
    if (known === undefined) {
      items.set(key, 1);
      return answer(200, { 'content-type': 'application/x-amz-json-1.0' }, '{}');
    }
    // Every put here is on the condition that there is no item.
    const refused = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed', Item };
    return answer(400, { 'content-type': 'application/x-amz-json-1.0' }, JSON.stringify(refused));
  }) as never,
});
const telemetry = new PowertoolsTelemetry(() => performance.now());
const services: RecorderServices = {
  s3, objects: new ItemStore(dynamo, 'metadata', (milliseconds) => telemetry.metric('putItemLatency', milliseconds)), telemetry, landingPrefix: '',
};

function eventOf(id: number): object {
  return {
    Records: [{
      eventName: 'ObjectCreated:Put',
      eventTime: new Date().toISOString(),
      s3: { bucket: { name: 'landing' }, object: { key: `in/${id}.csv`, size: 5, eTag: 'e', sequencer: id.toString(16).padStart(18, '0').toUpperCase() } },
    }],
  };
}

function heap(): number {
  globalThis.gc!();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

async function run(rate: number, seconds: number): Promise<LoadFigures> {
  const total = rate * seconds;
  const times = new Float64Array(total);
  const waiting: number[] = [];
  const idle: (() => void)[] = [];
  let [taken, failed, objects, mostWaiting] = [0, 0, 0, 0];
  let heapEarly = 0;
  const started = performance.now();
  const environment = async () => {
    while (taken < total) {
      const id = waiting.shift();
      if (id === undefined) {
        await new Promise<void>((resolve) => { idle.push(resolve); });
        continue;
      }
      const index = taken++;
      const began = performance.now();
      await telemetry.invocation(`r${index}`, async () => recordEvent(services, eventOf(id))).catch(() => { failed += 1; });
      times[index] = performance.now() - began;
      if (index === Math.floor(total / 4)) heapEarly = heap();
    }
  };
  const arrivals = async () => {
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, Math.floor((performance.now() - started) / 1000 * rate));
      for (; sent < due; sent++) waiting.push(sent % REPEATED === REPEATED - 1 ? objects >> 1 : objects++);
      mostWaiting = Math.max(mostWaiting, waiting.length);
      idle.splice(0).forEach((wake) => wake());
      await wait(5);
    }
    // Environments that found nothing to do end with the others.
    while (taken < total) await wait(5);
    idle.splice(0).forEach((wake) => wake());
  };
  await Promise.all([arrivals(), ...Array.from({ length: ENVIRONMENTS }, environment)]);
  const took = (performance.now() - started) / 1000;
  times.sort();
  const at = (share: number) => times[Math.min(total - 1, Math.floor(total * share))];
  return { events: total, seconds: took, failed, objects, items: items.size, mostWaiting, p50: at(0.5), p99: at(0.99), heapEarly, heapLate: heap() };
}

const [rate, seconds] = process.argv.slice(2).map(Number);
run(rate, seconds).then((figures) => process.send!(figures), (error) => {
  console.error(error);
  process.exitCode = 1;
});
