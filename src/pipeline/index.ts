export * from './legacy-to-s3-pipeline';
export * from './landing-bucket';
export * from './landing-trigger';
export * from './object-recorder';
export * from './recorder-options';
export * from './metadata-table';
export * from './failure-queue';
export * from './observability';
