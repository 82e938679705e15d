import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** Python that has moto; `node tools/setup.js` makes the project's. */
const PYTHON = process.env.MOTO_PYTHON ?? join(__dirname, '../../../.venv/bin/python');

/** moto's S3 (Apache-2.0), a server that others wrote, on a free port. */
export class MotoServer {
  public static async start(): Promise<MotoServer> {
    const child = spawn(PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: string[] = [];
    const endpoint = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`moto ended with ${code}: ${said.join('\n')}`)));
      createInterface(child.stderr).on('line', (line) => {
        said.push(line);
        const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
        if (found) resolve(found[1]);
      });
    });
    return new MotoServer(child, endpoint);
  }

  public readonly client: S3Client;

  private constructor(private readonly child: ChildProcess, public readonly endpoint: string) {
    this.client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  }

  public async createBucket(name: string): Promise<void> {
    await this.client.send(new CreateBucketCommand({ Bucket: name }));
  }

  public async stop(): Promise<void> {
    this.client.destroy();
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
  }
}
