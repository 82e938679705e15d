import { markdownToHtml } from './markdown';
import type { PlacedWidget, readDashboardBody } from './model/dashboard-body';
import type { Range } from './model/time-range';
import type { DashboardView, WidgetContent, WidgetView } from './model/view-model';
import { metricContent } from './widgets/metric-widget';
import type { WidgetSources } from './widgets/sources';

/** What a view is made of. */
export interface ViewInput {
  readonly title: string;
  readonly body: ReturnType<typeof readDashboardBody>;
  readonly range: Range;
  readonly refreshSeconds: number;
  readonly sources: WidgetSources;
  readonly now: Date;
}

/** The view of a dashboard now. A widget that fails shows why; the others are not affected. */
export async function buildView(input: ViewInput): Promise<DashboardView> {
  return {
    title: input.title,
    generatedAt: input.now.toISOString(),
    range: input.range,
    refreshSeconds: input.refreshSeconds,
    widgets: await Promise.all(input.body.widgets.map((widget) => buildWidget(widget, input.sources))),
  };
}

async function buildWidget(widget: PlacedWidget, sources: WidgetSources): Promise<WidgetView> {
  const { x, y, width, height } = widget;
  const title = typeof widget.properties.title === 'string' ? widget.properties.title : '';
  try {
    const { content, problems } = await contentOf(widget, sources);
    return { x, y, width, height, title, content, problems };
  } catch (error) {
    const content = { kind: 'unknown' as const, type: widget.type };
    return { x, y, width, height, title, content, problems: [(error as Error).message] };
  }
}

async function contentOf(
  { type, properties }: PlacedWidget, sources: WidgetSources,
): Promise<{ content: WidgetContent; problems: string[] }> {
  switch (type) {
    case 'metric':
      return metricContent(properties, sources);
    case 'text':
      return { content: { kind: 'text', html: markdownToHtml(String(properties.markdown ?? '')) }, problems: [] };
    case 'log':
      return { content: { kind: 'table', ...await sources.logs.run(String(properties.query ?? ''), sources.range) }, problems: [] };
    case 'alarm':
      return { content: { kind: 'alarms', alarms: await sources.alarms.states((properties.alarms ?? []) as string[]) }, problems: [] };
    default:
      return { content: { kind: 'unknown', type }, problems: [] };
  }
}
