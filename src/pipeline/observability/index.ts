export * from './recorder-metrics';
export * from './pipeline-metrics';
export * from './log-metrics';
export * from './alarm-kind';
export * from './alarm-topic';
export * from './pipeline-alarms';
export * from './pipeline-dashboard';
