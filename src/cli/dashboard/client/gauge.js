import { element, emptyState, svg } from './dom.js';
import { cssVariable, format, parts } from './format.js';

const CENTER = { x: 100, y: 96 };
const RADIUS = 74;
const BAND_RADIUS = 87;
const FROM = -215;
const SWEEP = 250;
/** An arc of this path length makes a share of it a plain number. */
const LENGTH = 1000;

/** One or more gauges between a minimum and a maximum. */
export class Gauges {
  constructor(body) {
    this.body = body;
  }

  update(content, view) {
    const shape = JSON.stringify([content.values.map((value) => value.label), content.min, content.max, content.thresholds]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.dials = content.values.map((value) => new Dial(value.label, content));
      this.body.replaceChildren(element('div', { class: 'gauges' }, ...this.dials.map((dial) => dial.root)));
    }
    this.dials.forEach((dial, index) => dial.set(content.values[index], content));
    if (content.values.length === 0) this.body.replaceChildren(emptyState('no metric'));
    return '';
  }

  recolor() {
    this.shape = undefined;
  }
}

class Dial {
  constructor(label, { min, max, thresholds }) {
    const share = (value) => Math.min(1, Math.max(0, (value - min) / (max - min)));
    this.share = share;
    this.arc = svg('path', { class: 'value', d: arc(RADIUS, 0, 1), pathLength: LENGTH, 'stroke-dasharray': `${LENGTH} ${LENGTH * 2}`, 'stroke-dashoffset': LENGTH });
    this.number = svg('tspan');
    this.unit = svg('tspan', { class: 'unit', dx: 3 });
    this.state = svg('text', { class: 'state', x: CENTER.x, y: CENTER.y + 30 });
    const bands = thresholds.filter((threshold) => threshold.fill).map((threshold) => svg('path', {
      class: 'band',
      stroke: threshold.color,
      d: threshold.fill === 'above' ? arc(BAND_RADIUS, share(threshold.value), 1) : arc(BAND_RADIUS, 0, share(threshold.value)),
    }));
    this.root = element('div', { class: 'gauge' },
      svg('svg', { viewBox: '0 0 200 156', role: 'img', 'aria-label': label },
        svg('path', { class: 'track', d: arc(RADIUS, 0, 1) }), ...bands, this.arc,
        svg('text', { class: 'number', x: CENTER.x, y: CENTER.y + 9 }, this.number, this.unit), this.state,
        limit(min, 0), limit(max, 1)),
      element('div', { class: 'name', title: label }, label));
  }

  set({ value, unit }, { thresholds }) {
    const shown = value === null ? { number: '–', unit: '' } : parts(value, unit);
    this.number.textContent = shown.number;
    this.unit.textContent = shown.unit;
    const inside = value === null ? undefined : thresholds.find((one) => (one.fill === 'above' ? value >= one.value : one.fill === 'below' && value < one.value));
    const color = inside?.color ?? cssVariable('--accent');
    this.arc.style.stroke = color;
    // A round cap would show a dot at zero.
    this.arc.style.visibility = value === null || this.share(value) === 0 ? 'hidden' : 'visible';
    this.arc.setAttribute('stroke-dashoffset', String(LENGTH * (1 - (value === null ? 0 : this.share(value)))));
    this.state.textContent = value === null ? 'no data yet' : inside?.label ?? '';
    this.state.style.fill = value === null ? cssVariable('--faint') : `color-mix(in srgb, ${color} 65%, ${cssVariable('--text')})`;
  }
}

function limit(value, share) {
  const { x } = point(RADIUS, share);
  return svg('text', { class: 'limit', x, y: 153 }, format(value, ''));
}

function point(radius, share) {
  const angle = ((FROM + SWEEP * share) * Math.PI) / 180;
  return { x: CENTER.x + radius * Math.cos(angle), y: CENTER.y + radius * Math.sin(angle) };
}

function arc(radius, from, to) {
  const start = point(radius, from);
  const end = point(radius, to);
  const large = SWEEP * (to - from) > 180 ? 1 : 0;
  return `M ${start.x} ${start.y} A ${radius} ${radius} 0 ${large} 1 ${end.x} ${end.y}`;
}
