/** A page that draws a CloudWatch dashboard body with live data. */
export { buildView, type ViewInput } from './build-view';
export { DashboardBodyError, readDashboardBody } from './dashboard-body';
export { type DashboardOptions, type ServedDashboard, serveDashboard } from './server';
export type { DashboardView, WidgetView } from './view-model';
