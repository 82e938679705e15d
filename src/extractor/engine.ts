import { serveWhereStarted } from './run/threads/serve-readers';
import { serveVerifiersWhereStarted } from './verify/threads/serve-verifiers';

/** Entry of the bundle that holds driver, SDK and encoders; `loadEngine` and its threads are its only users. */
export { continueExtraction, extractionPause, pauseExtraction } from './run/distributed/pause';
export { extract, resume } from './run/extract-run';
export { check } from './run/manage/check-run';
export { listRuns } from './run/manage/list-runs';
export { plan } from './run/plan-run';
export { askRepair } from './run/sync/ask-repair';
export { sync } from './run/sync/sync-run';
export { abort, prune } from './run/manage/run-cleanup';
export { watch } from './run/manage/watch-run';
export { openCurrentSource } from './verify/current/current-source';
export { verify } from './verify/verify-run';

serveWhereStarted();
serveVerifiersWhereStarted();
