/**
 * The contract: every name that two worlds must agree on is written here once.
 * This folder imports nothing but itself; the pipeline, the handlers and the extractor meet only here.
 */
export * from './object-keys';
export * from './object-metadata';
export * from './manifest';
export * from './manifest-size';
export * from './manifest-table';
export * from './read-manifest';
export * from './metadata-table';
export * from './metrics';
export * from './log-markers';
export * from './handler-environment';
export * from './run-id';
export * from './stack-outputs';
export * from './run-events';
export * from './run-log';
export * from './catalog';
export * from './catalog-column';
export * from './landed-tables';
export * from './changes';
export * from './change-columns';
export * from './compaction';
export * from './replay';
export * from './extraction';
export * from './extraction-changes';
export * from './extraction-metrics';
