/** The body of a CloudWatch dashboard (CloudWatch, "Dashboard body structure and syntax"). */
export interface DashboardBody {
  /** ISO 8601 instant, or duration such as `-PT3H`. */
  readonly start?: string;
  readonly end?: string;
  readonly periodOverride?: 'auto' | 'inherit';
  readonly widgets: readonly WidgetBody[];
}

/** One widget of a body. */
export interface WidgetBody {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A body that is not one. */
export class DashboardBodyError extends Error {
  public readonly code = 'DASHBOARD_BODY';

  public constructor(problem: string) {
    super(`dashboard body: ${problem}`);
    this.name = 'DashboardBodyError';
  }
}

/** Columns of the grid, and what a widget without size gets (CloudWatch's defaults). */
export const GRID_COLUMNS = 24;
const DEFAULT_WIDTH = 6;
const DEFAULT_HEIGHT = 6;

/** A widget with a place of its own. */
export type PlacedWidget = Required<WidgetBody>;

/**
 * Checks a body and gives every widget a place; widgets without one follow each other from left to right.
 *
 * @param body JSON text, or what it says
 * @throws DashboardBodyError
 */
export function readDashboardBody(body: string | object): Omit<DashboardBody, 'widgets'> & { readonly widgets: readonly PlacedWidget[] } {
  let value: unknown = body;
  if (typeof body === 'string') {
    try {
      value = JSON.parse(body);
    } catch (error) {
      throw new DashboardBodyError(`not JSON (${(error as Error).message})`);
    }
  }
  const { widgets, ...rest } = value as DashboardBody;
  if (!Array.isArray(widgets)) throw new DashboardBodyError("expected a list 'widgets'");
  let nextX = 0;
  let nextY = 0;
  let rowHeight = 0;
  const placed = widgets.map((widget: WidgetBody, index) => {
    if (typeof widget?.type !== 'string') throw new DashboardBodyError(`widgets[${index}]: expected a text 'type'`);
    const width = Math.min(widget.width ?? DEFAULT_WIDTH, GRID_COLUMNS);
    const height = widget.height ?? DEFAULT_HEIGHT;
    if (widget.x === undefined || widget.y === undefined) {
      if (nextX + width > GRID_COLUMNS) {
        nextX = 0;
        nextY += rowHeight;
        rowHeight = 0;
      }
      rowHeight = Math.max(rowHeight, height);
      nextX += width;
    }
    return {
      type: widget.type,
      x: widget.x ?? nextX - width,
      y: widget.y ?? nextY,
      width,
      height,
      properties: widget.properties ?? {},
    };
  });
  return { ...rest, widgets: placed };
}
