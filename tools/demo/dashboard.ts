import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { takeScreenshot } from '../browser/screenshot';
import type { LocalCloud } from '../local-cloud';
import type { DeployedPipeline } from './deploy-pipeline';

/** A page that is up. */
export interface DemoPage {
  readonly url: string;
  close(): Promise<void>;
}

const CLI = path.resolve(__dirname, '..', '..', 'bin', 'cdk-legacy-to-s3.js');

/** Short enough for a run of a minute to show as more than one point. */
const TIMES = ['--period', '10s', '--range', '2m'];

/** The top of the page, down to the runs. */
const PICTURE = { width: 1400, height: 1190, scale: 1, fullPage: false } as const;

/** Serves the deployed dashboard with the packed command line's own command; the picture, if asked for, is of that page. */
export async function showDashboard(cloud: LocalCloud, pipeline: DeployedPipeline, screenshot?: string): Promise<DemoPage> {
  const child = spawn(process.execPath, [CLI, 'dashboard', '--stack', pipeline.stack.stackName, '--endpoint-url', cloud.endpoint, ...TIMES], {
    env: { ...process.env, ...cloud.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole terminal group; the demo decides when the page goes.
    detached: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  const url = /http:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the command 'dashboard' ended with ${line} before it served a page: ${said.trim()}`);
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the dashboard page answers HTTP ${response.status}`);
    if (screenshot) await takeScreenshot({ url, file: screenshot, theme: 'light', ...PICTURE });
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}
