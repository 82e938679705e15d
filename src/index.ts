export * from './extractor';
export * from './pipeline';
