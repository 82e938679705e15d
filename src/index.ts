export * from './extractor/doors';
export * from './pipeline';
