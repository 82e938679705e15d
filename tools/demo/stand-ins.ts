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

/** What to start. */
export interface StandInsOptions {
  /** Rows of the source's largest table. */
  readonly transactions: number;
  /** CDK app to deploy, a TypeScript file. */
  readonly app: string;
  /** Called between the steps; what it throws ends the start. */
  readonly step?: (text: string) => void;
}

/** Starts both and deploys the app's template through CloudFormation. All ends with this process, however that ends. */
export async function startStandIns({ transactions, app, step = () => undefined }: StandInsOptions): Promise<StandIns> {
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
    const starting = [spawnStandIn(transactions).then(stoppable), startLocalCloud().then(stoppable), synthesise(app, assembly)] as const;
    // What did start is stopped even if another did not.
    await Promise.allSettled(starting);
    const [source, cloud] = await Promise.all(starting);
    console.log(`  source  ${source.host}:${source.port}, database ${source.database} (a stand-in, not Microsoft's server)`);
    console.log(`  cloud   ${cloud.endpoint} (ministack, not AWS)`);
    step('deploying the synthesised template through CloudFormation');
    const pipeline = await deployPipeline(cloud, assembly);
    console.log(`  stack ${pipeline.stack.stackName}, ${Object.keys(pipeline.stack.resources).length} resources, bucket ${pipeline.bucketName}`);
    const observer: Observer = startObserver(cloud, { mathAlarms: pipeline.stack.mathAlarms });
    started.push(() => observer.stop());
    return { source, cloud, pipeline, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
