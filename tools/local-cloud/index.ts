/** A local stand-in for AWS: the emulator, deployment of the synthesised template, and the observer beside it. */
export { type DeployedStack, DeployError, type DeployOptions, deployTemplate } from './deploy-template';
export { type LocalClientConfig, type LocalCloud, LocalCloudError, type LocalCloudOptions, startLocalCloud } from './local-cloud';
export { type Observer, type ObserverOptions, startObserver } from './observer/observer';
export { DeadlineError, poll, type PollOptions } from './poll';
export type { MathAlarm, TemplateChange } from './template-changes';
export { type GuardedProcess, freePort, startGuarded, stopper, tailOf } from './guarded';
