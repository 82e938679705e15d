import type { LocalCloud } from '../local-cloud';
import type { StandInProcess } from './stand-in-process';
import { extract, type ExtractEvent, type ExtractFormat, type ExtractResult } from 'cdk-legacy-to-s3/extractor';

/** Where the tables land. */
export interface DemoTarget {
  readonly url: string;
  readonly cloud: LocalCloud;
}

/** Runs the packed extractor against the stand-in, with a line for each table. */
export async function landTables(
  source: StandInProcess, target: DemoTarget, what: { readonly format: ExtractFormat; readonly tables?: string[] }, signal: AbortSignal,
): Promise<ExtractResult> {
  // The SDK finds the local cloud's credentials where it would find real ones.
  Object.assign(process.env, target.cloud.env);
  return extract({
    source: {
      // By name: the certificate is checked against it.
      server: 'localhost',
      port: source.port,
      database: source.database,
      user: source.user,
      password: source.password,
      caFile: source.caFile,
    },
    target: target.url,
    region: target.cloud.region,
    endpointUrl: target.cloud.endpoint,
    ...what,
  }, { signal, onEvent: print });
}

function print(event: ExtractEvent): void {
  switch (event.type) {
    case 'run-started':
      console.log(`  run ${event.runId}, ${event.tables} table${event.tables === 1 ? '' : 's'}, consistency ${event.consistency}`);
      break;
    case 'table-progress':
      if (process.stdout.isTTY) process.stdout.write(`\r  ${event.schema}.${event.table}: ${event.rows} rows`);
      break;
    case 'table-finished': {
      const rate = event.seconds > 0 ? `, ${Math.round(event.rows / event.seconds)} rows/s` : '';
      const line = `  ${event.schema}.${event.table}: ${event.rows} rows, ${event.sizeBytes} bytes in ${event.seconds.toFixed(2)} s${rate}`;
      console.log(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${line}`);
      break;
    }
    case 'warning':
      console.log(`  warning: ${event.message}`);
      break;
    case 'run-finished':
      console.log(`  manifest ${event.result.manifestUrl}, ${event.result.verification}`);
      break;
    default:
  }
}
