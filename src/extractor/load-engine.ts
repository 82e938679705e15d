import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SyncResult } from './api/changes/sync-result';
import type { ExtractControls, PlanControls, ResumeControls, VerifyControls } from './api/controls';
import type { ExtractResult } from './api/extract-result';
import type { ExtractionPlan } from './api/extraction-plan';
import type { ExtractorProps } from './api/extractor-props';
import type { LandingProps } from './api/landing-props';
import type { CheckItem, ExecutionRun, RunSummary, RunWatch, WatchOptions } from './api/run-summary';
import type { VerificationResult, VerifyOptions } from './api/verification-result';
import type { RepairedTable } from './run/sync/ask-repair';
import type { CurrentSource } from './verify/current/current-source';

export type { RepairedTable } from './run/sync/ask-repair';
export type { ComparedTable, CurrentSource, FileInMemory, SourceRows } from './verify/current/current-source';

/** What the bundled engine exports. */
export interface ExtractorEngine {
  extract(props: ExtractorProps, controls?: ExtractControls): Promise<ExtractResult>;
  sync(props: ExtractorProps, controls?: ResumeControls): Promise<SyncResult>;
  askRepair(props: ExtractorProps, tables: readonly string[], controls?: PlanControls): Promise<RepairedTable[]>;
  openCurrentSource(props: ExtractorProps, controls?: PlanControls): Promise<CurrentSource>;
  plan(props: ExtractorProps, controls?: PlanControls): Promise<ExtractionPlan>;
  resume(props: ExtractorProps, runId: string, controls?: ResumeControls): Promise<ExtractResult>;
  abort(props: LandingProps | ExtractorProps, runId: string, takeOver?: boolean): Promise<void>;
  prune(props: LandingProps | ExtractorProps, olderThanDays: number): Promise<string[]>;
  verify(props: LandingProps | ExtractorProps, runId: string, options?: VerifyOptions, controls?: VerifyControls): Promise<VerificationResult>;
  listRuns(props: LandingProps, limit: number): Promise<RunSummary[]>;
  watch(props: LandingProps, run: string | ExecutionRun, options?: WatchOptions): RunWatch;
  check(props: ExtractorProps): Promise<CheckItem[]>;
  /** @returns since when it is paused */
  pauseExtraction(props: LandingProps | ExtractorProps, extraction: string): Promise<{ readonly since: string }>;
  /** @returns the pause that is over, if there was one */
  continueExtraction(props: LandingProps | ExtractorProps, extraction: string): Promise<{ readonly since: string } | undefined>;
  /** @returns nothing where it is not paused */
  extractionPause(props: LandingProps | ExtractorProps, extraction: string): Promise<{ readonly since: string } | undefined>;
}

/**
 * Loads the driver, the SDK and the encoders. They are one bundle in `assets/`, two folders up and down again from
 * `lib/extractor` and from `assets/cli` alike; TypeScript sources run with the sources beside them.
 */
export function loadEngine(): ExtractorEngine {
  const fromSource = __filename.endsWith('.ts');
  const engine = fromSource ? './engine' : join(__dirname, '..', '..', 'assets', 'extractor', 'index.js');
  return createRequire(__filename)(engine) as ExtractorEngine;
}
