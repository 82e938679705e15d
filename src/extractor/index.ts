export * from './authentication';
export * from './extractor';
export * from './extractor-props';
export * from './extract-format';
export * from './extract-result';
export * from './extraction-plan';
export * from './type-options';
export * from './verification-result';
