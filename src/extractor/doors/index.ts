export * from '../api/authentication';
export * from './extractor';
export * from '../api/extractor-props';
export * from '../api/extract-format';
export * from '../api/extract-result';
export * from '../api/extraction-plan';
export * from '../api/type-options';
export * from '../api/verification-result';
