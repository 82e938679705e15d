import type { AlarmSource } from './alarm-source';
import type { LogSource } from '../log-query/log-source';
import type { MetricSource } from '../metrics/metric-query';
import type { MetricUnits } from '../metrics/metric-units';
import type { Range } from '../model/time-range';

/** Where widgets get their data, and for which time. */
export interface WidgetSources {
  readonly metrics: MetricSource;
  readonly units: MetricUnits;
  readonly alarms: AlarmSource;
  readonly logs: LogSource;
  readonly range: Range;
  /** Period of every metric, in seconds, instead of the body's. */
  readonly period?: number;
}
