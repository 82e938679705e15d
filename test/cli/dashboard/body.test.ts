import { markdownToHtml } from '../../../src/cli/dashboard/markdown';
import { expandMetricRows } from '../../../src/cli/dashboard/metrics/metric-rows';
import { DashboardBodyError, readDashboardBody } from '../../../src/cli/dashboard/model/dashboard-body';
import { durationSeconds, fittingPeriod, rangeOf } from '../../../src/cli/dashboard/model/time-range';

describe('body', () => {
  test('keeps given places and finds one for the others', () => {
    const { widgets } = readDashboardBody({
      widgets: [
        { type: 'text', x: 3, y: 9, width: 4, height: 2, properties: {} },
        { type: 'text', width: 20, height: 5, properties: {} },
        { type: 'text', properties: {} },
        { type: 'text', width: 30, properties: {} },
      ],
    });
    expect(widgets.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([[3, 9, 4, 2], [0, 0, 20, 5], [0, 5, 6, 6], [0, 11, 24, 6]]);
  });

  test.each([['{', 'not JSON'], ['{}', 'widgets'], ['{"widgets": [{}]}', 'widgets[0]']])('%s is refused', (body, problem) => {
    expect(() => readDashboardBody(body)).toThrow(DashboardBodyError);
    expect(() => readDashboardBody(body)).toThrow(problem);
  });
});

describe('rows of metrics', () => {
  const expand = (rows: unknown[], forcedPeriod?: number) => expandMetricRows(rows, { stat: 'Average', period: 300, forcedPeriod });

  test('namespace, name, dimensions and options', () => {
    const [row] = expand([['N', 'M', 'A', '1', 'B', '2', { stat: 'p99', period: 60, label: 'L', id: 'x', visible: false }]]);
    expect(row.query).toEqual({
      Id: 'x',
      Label: 'L',
      ReturnData: false,
      MetricStat: {
        Metric: { Namespace: 'N', MetricName: 'M', Dimensions: [{ Name: 'A', Value: '1' }, { Name: 'B', Value: '2' }] },
        Period: 60,
        Stat: 'p99',
      },
    });
  });

  test('dots repeat the row above', () => {
    const metrics = expand([['N', 'M', 'A', '1'], ['.', 'O', '.', '2'], ['...', '3'], ['...', { stat: 'Sum' }]])
      .map(({ query }) => query.MetricStat!);
    expect(metrics.map(({ Metric }) => [Metric!.Namespace, Metric!.MetricName, Metric!.Dimensions![0].Value]))
      .toEqual([['N', 'M', '1'], ['N', 'O', '2'], ['N', 'O', '3'], ['N', 'O', '3']]);
    expect(metrics.map(({ Stat }) => Stat)).toEqual(['Average', 'Average', 'Average', 'Sum']);
  });

  test('an expression, and a period for all', () => {
    const [sum, metric] = expand([[{ expression: 'a + 1', id: 'e' }], ['N', 'M', { id: 'a', period: 60 }]], 10).map(({ query }) => query);
    expect(sum).toMatchObject({ Id: 'e', Expression: 'a + 1', Period: 10, ReturnData: true });
    expect(metric.MetricStat).toMatchObject({ Period: 10 });
  });
});

describe('time range', () => {
  const now = new Date(1_000_000_000_000);
  test.each([['PT3H', 10800], ['-P1DT1M1S', 86461], ['3 hours', undefined], [undefined, undefined]])('%s', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  test('the override before the body, the body before the default', () => {
    expect(rangeOf({ start: '-PT1H' }, now, 60)).toEqual({ start: 1e9 - 60, end: 1e9 });
    expect(rangeOf({ start: '-PT1H' }, now)).toEqual({ start: 1e9 - 3600, end: 1e9 });
    expect(rangeOf({}, now)).toEqual({ start: 1e9 - 10800, end: 1e9 });
    expect(rangeOf({ start: '2001-09-08T00:00:00Z', end: '2001-09-08T01:00:00Z' }, now)).toEqual({ start: 999907200, end: 999910800 });
  });

  test('a long range takes longer periods', () => {
    expect(fittingPeriod(60, { start: 0, end: 3600 })).toBe(60);
    expect(fittingPeriod(60, { start: 0, end: 15 * 86400 })).toBe(900);
  });
});

describe('Markdown', () => {
  test('headings, paragraphs, lists, tables, code and links', () => {
    const html = markdownToHtml('# Title\none **two**\nthree\n\n- a\n- `b`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n```\nif (a < b)\n```\n[docs](https://example.com/a?b=1)');
    expect(html).toContain('<h1>Title</h1>');
    expect(html).toContain('<p>one <strong>two</strong> three</p>');
    expect(html).toContain('<ul><li>a</li><li><code>b</code></li></ul>');
    expect(html).toContain('<th>x</th><th>y</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr>');
    expect(html).toContain('<pre>if (a &#60; b)</pre>');
    expect(html).toContain('<a href="https://example.com/a?b=1" rel="noopener noreferrer" target="_blank">docs</a>');
  });

  test.each([
    '<script>alert(1)</script>', '# <img src=x onerror=alert(1)>', '[x](javascript:alert(1))', '`</code><b>`', '[a](https://x.y/"onmouseover="z)',
  ])('%s stays text', (markdown) => {
    expect(markdownToHtml(markdown)).not.toMatch(/<(?!\/?(?:p|h1|code|a)\b)|javascript:|"onmouseover=|<b>/);
  });
});
