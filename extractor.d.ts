export * from './lib/extractor/public';
