/**
 * Cold start of the recorder: from starting a Node process to its first object recorded, S3 and DynamoDB being a server
 * on loopback that answers at once. Measured for the packaged bundle, the same code unbundled, and a plain handler.
 *
 *     npx tsx bench/cold-start.ts [--rounds 15] [--json]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { HANDLER_ENV } from '../src/contract';

const ROOT = path.resolve(__dirname, '..');

/** Medians over the rounds, in milliseconds. */
export interface ColdStartFigures {
  readonly name: string;
  /** Size of the handler's own files; the packages beside an unbundled one are not counted. */
  readonly kilobytes: number;
  /** From starting the process to the response. */
  readonly response: number;
  /** Of that, loading the code. */
  readonly load: number;
  /** Of that, the first invocation. */
  readonly invocation: number;
}

const DRIVER = `
const started = performance.now();
const { handler } = require(process.argv[1]);
const loaded = performance.now();
process.on('message', async (event) => {
  const asked = performance.now();
  await handler(event, { awsRequestId: 'r' });
  process.send({ load: loaded - started, invocation: performance.now() - asked });
});
process.send('ready');
`;

const EVENT = {
  Records: [{
    eventName: 'ObjectCreated:Put',
    eventTime: new Date(0).toISOString(),
    s3: { bucket: { name: 'landing' }, object: { key: 'in/accounts.csv', size: 5, eTag: 'e', sequencer: '0055AED6DCD90281E5' } },
  }],
};

/** Measures each variant `rounds` times, taking turns, after one round that warms the file cache. */
export async function measureColdStart(rounds: number): Promise<ColdStartFigures[]> {
  const bundle = path.join(ROOT, 'assets', 'recorder', 'index.js');
  if (!existsSync(bundle)) throw new Error(`no bundle at ${bundle}: run 'node tools/build/bundle.js' first`);
  // Below the project, so that packages resolve.
  mkdirSync(path.join(ROOT, '.tmp'), { recursive: true });
  const folder = mkdtempSync(path.join(ROOT, '.tmp', 'cold-start-'));
  const server = await startServer();
  try {
    unbundle(folder);
    const variants = [
      { name: 'bundled recorder', file: bundle, sources: bundle },
      { name: 'recorder, unbundled', file: path.join(folder, 'src', 'handlers', 'record-object.lambda.js'), sources: path.join(folder, 'src') },
      { name: 'plain handler, unbundled', file: path.join(folder, 'bench', 'contenders', 'plain-recorder.js'), sources: path.join(folder, 'bench') },
    ];
    const port = (server.address() as AddressInfo).port;
    const samples = variants.map((): Sample[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, { file }] of variants.entries()) {
        const sample = await coldStart(file, port);
        if (round > 0) samples[index].push(sample);
      }
    }
    return variants.map(({ name, sources }, index) => ({
      name,
      kilobytes: bytesOf(sources) / 1024,
      response: median(samples[index].map((sample) => sample.response)),
      load: median(samples[index].map((sample) => sample.load)),
      invocation: median(samples[index].map((sample) => sample.invocation)),
    }));
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Sample = Omit<ColdStartFigures, 'name' | 'kilobytes'>;

async function coldStart(file: string, port: number): Promise<Sample> {
  const started = performance.now();
  const child = spawn(process.execPath, ['-e', DRIVER, file], {
    env: {
      NODE_NO_WARNINGS: '1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      [HANDLER_ENV.tableName]: 'metadata',
      [HANDLER_ENV.metricsNamespace]: 'bench',
      [HANDLER_ENV.serviceName]: 'bench',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr!.on('data', (data) => { complaint += data; });
  try {
    return await new Promise<Sample>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${file} ended with ${code}: ${complaint}`)));
      child.on('message', (message) => {
        if (message === 'ready') child.send(EVENT);
        else resolve({ ...(message as Omit<Sample, 'response'>), response: performance.now() - started });
      });
    });
  } finally {
    child.kill();
  }
}

/** Answers HeadObject with an object of five bytes, and every request to DynamoDB with success. */
async function startServer(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'Content-Length': '5', 'ETag': '"e"', 'Last-Modified': new Date(0).toUTCString() }).end();
    } else {
      request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0' }).end('{}'));
    }
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

/** Every source file for itself, as a compiler leaves it. */
function unbundle(folder: string): void {
  const sources = ['src/handlers', 'src/contract'].flatMap((from) => readdirSync(path.join(ROOT, from), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts')).map((name) => path.join(from, name)));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [...sources, 'bench/contenders/plain-recorder.ts'],
    outbase: '.',
    outdir: folder,
    bundle: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
}

function bytesOf(file: string): number {
  if (statSync(file).isFile()) return statSync(file).size;
  return readdirSync(file).reduce((sum, name) => sum + bytesOf(path.join(file, name)), 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: expected a whole number >= 1, got '${values.rounds}'`);
  const figures = await measureColdStart(rounds);
  if (values.json) return console.log(JSON.stringify(figures));
  console.log(`cold start, median of ${rounds} rounds, Node ${process.versions.node}: process start to first object recorded`);
  for (const { name, kilobytes, response, load, invocation } of figures) {
    console.log(`  ${name.padEnd(26)} ${kilobytes.toFixed(0).padStart(5)} KB  response ${response.toFixed(0).padStart(5)} ms` +
      `  (load ${load.toFixed(0)} ms, first invocation ${invocation.toFixed(0)} ms)`);
  }
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`cold-start: ${(error as Error).message}`);
    process.exitCode = 1;
  });
}
