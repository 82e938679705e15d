import type { BeginAnswer, BeginStep, CompleteAnswer, CompleteStep, ExecutionName, ExtractionLimits, WorkAnswer, WorkItem, WorkStep } from '../../../src/contract';
import { EXTRACTION_ENV, heapOptions } from '../../../src/contract';
import type { ExtractorProps } from '../../../src/extractor/doors/public';
import { handlerBundle } from '../cloud/handler-bundle';
import { startLambdaProcess, type LambdaProcess, type ProcessUsage } from '../cloud/lambda-process';

/** What is deployed of an extraction. */
export interface DeployedExtraction {
  /** As JSON. */
  readonly source: ExtractorProps['source'];
  readonly landing: Pick<ExtractorProps, 'target' | 'endpointUrl'>;
  readonly reading: Pick<ExtractorProps, 'readers' | 'threads'>;
  readonly settings?: BeginStep['settings'];
  readonly limits: ExtractionLimits;
}

/** Of both functions, by default. */
const MEMORY_MB = 1769;

/** One run begun by an execution. */
export type Begun = Extract<BeginAnswer, { outcome: 'begun' }>;

/** A function of an extraction in a process of its own, of the bundle that is deployed. */
export class ExtractionProcess {
  /** @param entry export of the bundle */
  public static async start(entry: 'control' | 'work', extraction: DeployedExtraction): Promise<ExtractionProcess> {
    const { source, landing, reading } = extraction;
    const environment = {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      NODE_OPTIONS: heapOptions(MEMORY_MB),
      [EXTRACTION_ENV.name]: 'Nightly',
      [EXTRACTION_ENV.source]: JSON.stringify(source),
      [EXTRACTION_ENV.landing]: JSON.stringify(landing),
      [EXTRACTION_ENV.reading]: JSON.stringify(reading),
      [EXTRACTION_ENV.metricsNamespace]: 'Test',
    };
    return new ExtractionProcess(extraction, await startLambdaProcess(handlerBundle('extraction'), environment, { entry }));
  }

  private constructor(private readonly extraction: DeployedExtraction, private readonly process: LambdaProcess) {}

  public async begin(execution: ExecutionName, input: object = {}): Promise<Begun> {
    const { settings = {}, limits } = this.extraction;
    const answer = await this.invoke({ step: 'begin', execution, input, settings, overlap: 'skip', limits } satisfies BeginStep) as BeginAnswer;
    if (answer.outcome !== 'begun') throw new Error(`the execution was to begin, but ${answer.outcome}: ${answer.reason}`);
    return answer;
  }

  /** Works until nothing is left of the item. */
  public async work(execution: ExecutionName, { run }: Begun, item: WorkItem): Promise<void> {
    for (let answer: WorkAnswer = { finished: false, done: 0 }; !answer.finished;) {
      answer = await this.invoke({ step: 'work', execution, run, item, done: answer.done } satisfies WorkStep) as WorkAnswer;
    }
  }

  /** Completes until nothing is left. */
  public async complete(execution: ExecutionName, { run }: Begun): Promise<CompleteAnswer> {
    for (;;) {
      const answer = await this.invoke({ step: 'complete', execution, run } satisfies CompleteStep) as CompleteAnswer;
      if (answer.finished) return answer;
    }
  }

  public async usage(): Promise<ProcessUsage> {
    return this.process.usage();
  }

  public async stop(): Promise<void> {
    await this.process.stop();
  }

  private async invoke(event: unknown): Promise<unknown> {
    const { result, error } = await this.process.invoke(event);
    if (error) throw new Error(`${error.errorType}: ${error.errorMessage}`);
    return result;
  }
}

/** An execution that begins now. */
export function executionNamed(name: string): ExecutionName {
  return { arn: `arn:aws:states:us-east-1:111122223333:execution:Nightly:${name}`, startTime: new Date().toISOString() };
}

/** The items of a Map, as it reads them. */
export function itemsOf(text: string): WorkItem[] {
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as WorkItem);
}
