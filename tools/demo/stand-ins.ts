import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalCloud, type Observer, startLocalCloud, startObserver } from '../local-cloud';
import { deployPipeline, type DeployedPipeline, synthesise } from './deploy-pipeline';
import { spawnStandIn, type StandInProcess } from './stand-in-process';

/** A stand-in SQL Server, and a local cloud on which an app is deployed. */
export interface StandIns {
  readonly source: StandInProcess;
  readonly cloud: LocalCloud;
  readonly pipeline: DeployedPipeline;
  /** Ends whatever was started. */
  stop(): Promise<void>;
}

/** What an app is synthesised and its stack deployed with. */
export interface AppSettings {
  readonly environment: NodeJS.ProcessEnv;
  readonly parameters: { readonly [name: string]: string };
}

/** What to start. */
export interface StandInsOptions {
  /** Rows of the source's largest table. */
  readonly transactions: number;
  /** CDK app to deploy, a TypeScript file. */
  readonly app: string;
  /** What the app's stack is to know of the source; it is there when the app is synthesised. @default nothing */
  readonly of?: (source: StandInProcess) => AppSettings;
  /** Called before the stack is deployed. @default nothing */
  readonly prepare?: (cloud: LocalCloud, source: StandInProcess) => Promise<void>;
  /** Called between the steps; what it throws ends the start. */
  readonly step?: (text: string) => void;
}

/** Starts both and deploys the app's template through CloudFormation. All ends with this process, however that ends. */
export async function startStandIns({ transactions, app, of, prepare, step = () => undefined }: StandInsOptions): Promise<StandIns> {
  const started: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  const stoppable = <T extends { stop(): Promise<void> }>(it: T): T => {
    started.push(() => it.stop());
    return it;
  };
  const assembly = mkdtempSync(path.join(tmpdir(), 'stand-ins-'));
  started.push(() => rmSync(assembly, { recursive: true, force: true }));
  try {
    step(`starting the stand-in SQL Server and the local cloud, synthesising ${app}`);
    const standIn = spawnStandIn(transactions).then(stoppable);
    const settings = async () => of?.(await standIn);
    const synthesised = (of ? settings() : Promise.resolve(undefined)).then(async (told) => synthesise(app, assembly, told?.environment));
    const starting = [standIn, startLocalCloud({ stateWaitScale: 0.1 }).then(stoppable), synthesised] as const;
    // What did start is stopped even if another did not.
    await Promise.allSettled(starting);
    const [source, cloud] = await Promise.all(starting);
    console.log(`  source  ${source.host}:${source.port}, database ${source.database} (a stand-in, not Microsoft's server)`);
    console.log(`  cloud   ${cloud.endpoint} (ministack, not AWS)`);
    step('deploying the synthesised template through CloudFormation');
    await prepare?.(cloud, source);
    const pipeline = await deployPipeline(cloud, assembly, (await settings())?.parameters);
    console.log(`  stack ${pipeline.stack.stackName}, ${Object.keys(pipeline.stack.resources).length} resources, bucket ${pipeline.bucketName}`);
    const observer: Observer = startObserver(cloud, { mathAlarms: pipeline.stack.mathAlarms });
    started.push(() => observer.stop());
    return { source, cloud, pipeline, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
