/** Entry of the bundle that holds driver, SDK and encoders; `loadEngine` is its only user. */
export { extract } from './run/extract-run';
export { plan } from './run/plan-run';
