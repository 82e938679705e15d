import { CloudWatchClient, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { serveDashboard } from '../../src/cli/dashboard';
import { takeScreenshot } from '../browser/screenshot';
import type { LocalCloud } from '../local-cloud';
import type { DeployedPipeline } from './deploy-pipeline';

/** A page that is up. */
export interface DemoPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Short enough for a run of a minute to show as more than one point. */
const PERIOD_SECONDS = 10;
const RANGE_SECONDS = 120;

/** The top of the page, down to the runs. */
const PICTURE = { width: 1400, height: 1190, scale: 1, fullPage: false } as const;

/** Serves the deployed dashboard's own body with the metrics of this run; the picture, if asked for, is of that page. */
export async function showDashboard(cloud: LocalCloud, pipeline: DeployedPipeline, screenshot?: string): Promise<DemoPage> {
  const cloudwatch = new CloudWatchClient(cloud.clientConfig);
  const logs = new CloudWatchLogsClient(cloud.clientConfig);
  const { DashboardBody } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: pipeline.dashboardName }));
  const page = await serveDashboard({
    body: DashboardBody!,
    cloudwatch,
    logs,
    title: pipeline.dashboardName,
    period: PERIOD_SECONDS,
    rangeSeconds: RANGE_SECONDS,
  });
  const response = await fetch(page.url);
  if (!response.ok) throw new Error(`the dashboard page answers HTTP ${response.status}`);
  if (screenshot) await takeScreenshot({ url: page.url, file: screenshot, theme: 'light', ...PICTURE });
  return {
    url: page.url,
    close: async () => {
      await page.close();
      cloudwatch.destroy();
      logs.destroy();
    },
  };
}
