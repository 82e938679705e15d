import uPlot from 'uplot';
import { element, emptyState } from './dom.js';
import { colorOf, cssVariable, format, span } from './format.js';

const CURSORS = uPlot.sync('dashboard');
const TIME_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
/** Of numbers of things: a grid line at a half would have no label. */
const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
/** Pixels on either side of a time's middle. */
const TIME_HALF_WIDTH = 24;
const AXIS_FONT = '11px ' + cssVariable('--font');

/** A plot over time that is drawn once and then only gets new data. */
export class Chart {
  constructor(body) {
    this.canvas = element('div', { class: 'canvas' });
    this.legend = element('div', { class: 'legend' });
    body.append(element('div', { class: 'plot' }, this.canvas, this.legend));
    this.resize = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.resize.observe(this.canvas);
  }

  update(content, view) {
    this.content = content;
    this.range = view.range;
    const shape = JSON.stringify([this.isEmpty(), content.kind, content.lines.map((line) => [line.label, line.axis, line.color, line.unit]), content.axes, content.thresholds]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.build();
    } else {
      this.plot.setData(this.data(), false);
      this.plot.batch(() => this.rescale());
    }
    this.empty?.remove();
    this.empty = this.isEmpty() ? emptyState(`in the last ${span(view.range.end - view.range.start)}`) : undefined;
    if (this.empty) this.canvas.append(this.empty);
    this.showValues(null);
    return `per ${span(content.period)}`;
  }

  isEmpty() {
    return !this.content.lines.some((line) => line.values.some((value) => value !== null));
  }

  /** Colours are painted, so another theme needs another plot. */
  recolor() {
    if (this.content) this.build();
  }

  build() {
    this.plot?.destroy();
    const { lines, axes, kind } = this.content;
    this.colors = lines.map((line, index) => colorOf(line.color, index));
    const stacked = kind === 'stacked';
    this.plot = new uPlot({
      ...this.size(),
      legend: { show: false },
      padding: [8, axes.right ? 0 : 26, 0, 0],
      cursor: { sync: { key: CURSORS.key }, points: { size: 7 }, drag: { x: false, y: false }, y: false },
      scales: { x: { time: true, auto: false }, left: { range: (_, low, high) => this.limits('left', low, high) }, right: { range: (_, low, high) => this.limits('right', low, high) } },
      axes: [this.timeAxis(), this.valueAxis('left', 3), ...(axes.right ? [this.valueAxis('right', 1)] : [])],
      series: [{}, ...lines.map((line, index) => ({
        label: line.label,
        scale: line.axis,
        stroke: this.colors[index],
        width: 1.75,
        spanGaps: true,
        fill: stacked ? `${this.colors[index]}40` : lines.length === 1 ? `${this.colors[index]}1c` : undefined,
        points: { show: (plot, at) => this.isSparse(at), size: 6, fill: this.colors[index] },
      }))],
      bands: stacked ? lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : undefined,
      hooks: { drawClear: [(plot) => this.drawBands(plot)], draw: [(plot) => this.drawThresholds(plot)], setCursor: [(plot) => this.showValues(plot.cursor.idx)] },
    }, this.data(), this.canvas);
    this.rescale();
    this.buildLegend();
  }

  size() {
    return { width: Math.max(120, this.canvas.clientWidth), height: Math.max(60, this.canvas.clientHeight) };
  }

  data() {
    const { times, lines, kind } = this.content;
    const values = lines.map((line) => line.values);
    if (kind !== 'stacked') return [times, ...values];
    return [times, ...values.map((_, index) => times.map((_time, at) => values.slice(0, index + 1).reduce((sum, line) => sum + (line[at] ?? 0), 0)))];
  }

  rescale() {
    this.plot.setScale('x', { min: this.range.start, max: this.range.end });
  }

  isSparse(index) {
    const points = this.content.lines[index - 1]?.values.filter((value) => value !== null).length ?? 0;
    return points > 0 && points <= 30;
  }

  limits(side, low, high) {
    const axis = this.content.axes[side] ?? {};
    const marks = this.content.thresholds.filter((threshold) => threshold.axis === side).map((threshold) => threshold.value);
    const min = axis.min ?? Math.min(0, low ?? 0);
    const max = axis.max ?? Math.max(high ?? 0, ...marks) * 1.08;
    return [min, max > min ? max : min + 1];
  }

  timeAxis() {
    return {
      stroke: cssVariable('--faint'),
      font: AXIS_FONT,
      size: 24,
      gap: 4,
      space: 56,
      incrs: TIME_STEPS,
      grid: { show: false },
      ticks: { stroke: cssVariable('--line'), width: 1, size: 4 },
      // A date stands only where a day begins.
      values: (plot, splits, index, space, step) => splits.map((time) => (fitsBeside(plot, time) ? timeLabel(new Date(time * 1000), step) : '')),
    };
  }

  valueAxis(side, position) {
    const { label, unit } = this.content.axes[side];
    // The label is often the unit itself; then the values carry it.
    const shown = unit || label;
    return {
      scale: side,
      side: position,
      stroke: cssVariable('--faint'),
      font: AXIS_FONT,
      gap: 5,
      space: 34,
      ...(wholeOnly(shown) && { incrs: WHOLE_STEPS }),
      size: (plot, values) => Math.max(38, ...(values ?? []).map((value) => value.length * 6.2 + 14)),
      values: (plot, splits) => splits.map((value) => (this.isEmpty() ? '' : format(value, shown))),
      grid: { show: side === 'left', stroke: cssVariable('--grid'), width: 1 },
      ticks: { show: false },
    };
  }

  drawBands(plot) {
    for (const { value, color, axis, fill } of this.content.thresholds) {
      if (!fill) continue;
      const edge = clamp(plot.valToPos(value, axis, true), plot.bbox.top, plot.bbox.top + plot.bbox.height);
      const [top, bottom] = fill === 'above' ? [plot.bbox.top, edge] : [edge, plot.bbox.top + plot.bbox.height];
      plot.ctx.save();
      plot.ctx.globalAlpha = 0.08;
      plot.ctx.fillStyle = color ?? cssVariable('--bad');
      plot.ctx.fillRect(plot.bbox.left, top, plot.bbox.width, bottom - top);
      plot.ctx.restore();
    }
  }

  drawThresholds(plot) {
    const { ctx, bbox } = plot;
    for (const { value, label, color, axis } of this.content.thresholds) {
      const y = Math.round(plot.valToPos(value, axis, true));
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.save();
      ctx.strokeStyle = color ?? cssVariable('--bad');
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillStyle = cssVariable('--soft');
      ctx.font = `${10.5 * devicePixelRatio}px ${cssVariable('--font')}`;
      ctx.textAlign = 'left';
      // A rim of the card's colour keeps the text readable where a line crosses it.
      ctx.setLineDash([]);
      ctx.strokeStyle = cssVariable('--card');
      ctx.lineWidth = 4 * devicePixelRatio;
      const text = [label, format(value, this.content.axes[axis]?.unit || this.content.axes[axis]?.label)].filter(Boolean).join(' ');
      const place = [bbox.left + 6 * devicePixelRatio, y - 5 * devicePixelRatio];
      ctx.strokeText(text, ...place);
      ctx.fillText(text, ...place);
      ctx.restore();
    }
  }

  buildLegend() {
    this.figures = this.content.lines.map(() => element('b'));
    this.legend.replaceChildren(...this.content.lines.map((line, index) =>
      element('div', { style: `--swatch: ${this.colors[index]}` }, element('i'), line.label, this.figures[index])));
  }

  /** Values under the cursor, else the newest ones. */
  showValues(at) {
    this.content.lines.forEach((line, index) => {
      const value = at === null || at === undefined ? line.values.findLast((one) => one !== null) : line.values[at];
      this.figures[index].textContent = format(value, line.unit || this.content.axes[line.axis]?.label);
    });
  }
}

const two = (number) => String(number).padStart(2, '0');

function timeLabel(time, step) {
  const midnight = time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0;
  if (midnight) return time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${two(time.getHours())}:${two(time.getMinutes())}${step < 60 ? `:${two(time.getSeconds())}` : ''}`;
}

/** Whether the label of a time is not cut off by the right edge. */
function fitsBeside(plot, time) {
  return plot.bbox.left / devicePixelRatio + plot.valToPos(time, 'x') + TIME_HALF_WIDTH <= plot.width;
}

const wholeOnly = (unit) => unit === '' || unit === 'count' || unit === 'rows';
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
