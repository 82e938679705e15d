/**
 * The `cdk-legacy-to-s3/extractor` door: the class of the main entry without aws-cdk-lib, and what only TypeScript can
 * have. Requiring it loads no driver and no SDK; the engine is loaded by the first run.
 */
export * from './index';
export * from './emf-metrics';
export * from './event-stream';
export * from './run-functions';
export * from '../api/controls';
export * from '../api/errors';
export * from '../api/extract-events';
export * from '../api/run-summary';
