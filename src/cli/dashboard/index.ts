/** A page that draws a CloudWatch dashboard body with live data; entry of the bundle `assets/dashboard`. */
export { buildView, type ViewInput } from './build-view';
export { DashboardBodyError, readDashboardBody } from './model/dashboard-body';
export { ExecutionSource } from './executions/execution-source';
export { RunSource } from './runs/run-source';
export { type DashboardOptions, type ServedDashboard, serveDashboard } from './server';
export { startDashboard, type StartOptions } from './start-dashboard';
export type { DashboardView, WidgetView } from './model/view-model';
export { ExecutionsClient } from '../account/executions-client';
export { stackExtractions, stackOutputs } from '../account/stack-outputs';
export { replay } from '../account/replay-client';
