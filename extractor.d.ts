export * from './lib/extractor/doors/public';
