/**
 * A storm of landings on the local cloud, the real template and bundles deployed: several uploaders put objects, some keys
 * twice, while events of the objects are also repeated, come late and come out of order. Tells whether in the end every
 * object version has exactly one item that says what S3 has.
 *
 *     npx tsx bench/landing-storm.ts [--objects 5000] [--uploaders 4] [--json]
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeployedPipeline } from '../test/support/cloud/deployed-pipeline';
import { poll } from '../tools/local-cloud';

/** Objects that may lack an item while more are put: the emulator throttles what exceeds its concurrency, and has no queue. */
const MOST_AHEAD = 16;

/** What to do. */
export interface StormOptions {
  readonly objects: number;
  readonly uploaders: number;
}

/** What came of it. */
export interface StormFigures {
  /** Object versions put. */
  readonly versions: number;
  /** Events given to the recorder besides those of S3. */
  readonly injected: number;
  readonly items: number;
  /** Versions without an item, items without a version, and items that say something else than S3; should be empty. */
  readonly wrong: readonly string[];
  /** Events that ended in the failure queue; they were replayed. */
  readonly replayed: number;
  readonly seconds: number;
}

interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly eTag: string;
  readonly size: number;
}

/** Runs a storm on a local cloud of its own. */
export async function landingStorm({ objects, uploaders }: StormOptions): Promise<StormFigures> {
  const pipeline = await DeployedPipeline.start({ memorySize: 1024 }, { concurrency: 8, asyncRetryBaseSeconds: 0.5 });
  const started = performance.now();
  try {
    const storm = new Storm(pipeline);
    await storm.run(objects, uploaders);
    const { wrong, items, replayed } = await storm.settle();
    return { versions: storm.versions.length, injected: storm.injected, items, wrong, replayed, seconds: (performance.now() - started) / 1000 };
  } finally {
    await pipeline.stop();
  }
}

class Storm {
  public readonly versions: Version[] = [];
  public injected = 0;
  private readonly lambda: LambdaClient;
  private recorded = 0;

  public constructor(private readonly pipeline: DeployedPipeline) {
    this.lambda = new LambdaClient(pipeline.cloud.clientConfig);
  }

  public async run(objects: number, uploaders: number): Promise<void> {
    let next = 0;
    let ended = false;
    const counting = this.countUntil(() => ended);
    const upload = async (uploader: number) => {
      const s3 = new S3Client(this.pipeline.cloud.clientConfig);
      while (next < objects) {
        const index = next++;
        // One in ten overwrites the key before it.
        const key = `storm/uploader=${uploader}/object ${index % 10 === 9 ? index - 1 : index}.csv`;
        const version = await this.put(s3, key, 'x'.repeat(1 + (index % 50)));
        await this.inject(version, index);
        await poll(async () => this.versions.length - this.recorded < MOST_AHEAD, { what: 'items of earlier objects', deadlineMs: 120_000 });
      }
      s3.destroy();
    };
    await Promise.all(Array.from({ length: uploaders }, async (_each, uploader) => upload(uploader)));
    ended = true;
    await counting;
    this.lambda.destroy();
  }

  /** Waits until every version has its item, replaying what failed, and compares. */
  public async settle(): Promise<Pick<StormFigures, 'wrong' | 'items' | 'replayed'>> {
    let replayed = 0;
    await poll(async () => {
      if (await this.pipeline.objectItems().then(({ length }) => length) >= this.versions.length) return true;
      replayed += (await this.pipeline.replay({ action: 'queue' })).succeeded;
      return false;
    }, { what: `${this.versions.length} items`, deadlineMs: 120_000, intervalMs: 500 });
    const items = await this.pipeline.objectItems();
    const wrong: string[] = [];
    const byVersion = new Map(items.map((item) => [`${item.objectKey} ${item.versionId}`, item]));
    for (const { key, versionId, eTag, size } of this.versions) {
      const item = byVersion.get(`${key} ${versionId}`);
      byVersion.delete(`${key} ${versionId}`);
      const right = item?.state === 'PRESENT' && item.eTag === eTag && item.sizeBytes === size && item.bucket === this.pipeline.output('bucketName');
      if (!right) wrong.push(`${key} ${versionId}: ${item ? JSON.stringify(item) : 'no item'}`);
    }
    for (const name of byVersion.keys()) wrong.push(`${name}: nothing of the kind was put`);
    return { wrong, items: items.length, replayed };
  }

  private async put(s3: S3Client, key: string, body: string): Promise<Version> {
    const { VersionId, ETag } = await s3.send(new PutObjectCommand({ Bucket: this.pipeline.output('bucketName'), Key: key, Body: body }));
    const version = { key, versionId: VersionId!, eTag: ETag!.replace(/"/g, ''), size: body.length };
    this.versions.push(version);
    return version;
  }

  /** Gives the recorder events that S3 might also have sent: repeated, older and newer ones, and some of earlier objects. */
  private async inject(version: Version, index: number): Promise<void> {
    const events = [];
    if (index % 4 === 0) events.push(this.record(version, 'F'));
    if (index % 5 === 0) events.push(this.record(version, '0'), this.record(version, '0'));
    if (index % 7 === 0) events.push(this.record(this.versions[randomInt(this.versions.length)], '0'));
    if (events.length === 0) return;
    this.injected += events.length;
    await this.lambda.send(new InvokeCommand({
      FunctionName: this.pipeline.output('recorderName'), InvocationType: 'Event', Payload: Buffer.from(JSON.stringify({ Records: events })),
    }));
  }

  /** @param first first digit of the sequencer: `0` is older than any of S3's, `F` is newer */
  private record({ key, versionId, eTag, size }: Version, first: string): object {
    return {
      eventName: 'ObjectCreated:Put',
      eventTime: new Date().toISOString(),
      s3: {
        bucket: { name: this.pipeline.output('bucketName') },
        object: { key: encodeURIComponent(key), versionId, eTag, size, sequencer: `${first}${String(randomInt(1_000_000)).padStart(15, '0')}` },
      },
    };
  }

  private async countUntil(ended: () => boolean): Promise<void> {
    while (!ended()) {
      this.recorded = (await this.pipeline.objectItems()).length;
      await new Promise((resolve) => { setTimeout(resolve, 250); });
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { objects: { type: 'string', default: '5000' }, uploaders: { type: 'string', default: '4' }, json: { type: 'boolean', default: false } },
  });
  const [objects, uploaders] = [Number(values.objects), Number(values.uploaders)];
  for (const [name, value] of Object.entries({ objects, uploaders })) {
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number >= 1, got '${value}'`);
  }
  const figures = await landingStorm({ objects, uploaders });
  if (values.json) {console.log(JSON.stringify(figures));} else {
    const { versions, injected, items, wrong, replayed, seconds } = figures;
    console.log(`${versions} object versions by ${uploaders} uploaders and ${injected} more events: ${items} items in ${seconds.toFixed(1)} s, ${replayed} events replayed`);
    console.log(wrong.length === 0 ? '  every item is right' : `  ${wrong.length} wrong:\n    ${wrong.slice(0, 10).join('\n    ')}`);
  }
  if (figures.wrong.length > 0) process.exitCode = 1;
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`landing-storm: ${(error as Error).message}`);
    process.exitCode = 1;
  });
}
