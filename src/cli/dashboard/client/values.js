import { element, emptyState, svg } from './dom.js';
import { colorOf, format, parts } from './format.js';

/** Rows of up to so many values are set large. */
const FEW = 2;

/** Single values below each other. */
export class Numbers {
  constructor(body) {
    this.body = body;
  }

  update({ values }) {
    this.body.replaceChildren(values.length === 0 ? emptyState('no metric') : element('div', { class: `numbers${values.length <= FEW ? ' few' : ''}` }, ...values.map(row)));
    return '';
  }
}

function row({ label, value, unit, history }) {
  const shown = value === null ? undefined : parts(value, unit);
  const figure = shown
    ? element('span', { class: 'figure' }, shown.number, shown.unit ? element('small', {}, shown.unit) : '')
    : element('span', { class: 'figure none' }, '–');
  return element('div', { class: 'number' }, element('span', { class: 'name', title: label }, label), history.length > 1 ? sparkline(history) : undefined, figure);
}

function sparkline(history) {
  const low = Math.min(...history);
  const height = Math.max(...history) - low || 1;
  const points = history.map((value, at) => `${(at / (history.length - 1)) * 100},${24 - ((value - low) / height) * 22}`).join(' ');
  return svg('svg', { viewBox: '0 0 100 26', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('polyline', { points }));
}

/** Single values as bars beside each other. */
export class Bars {
  constructor(body) {
    this.body = body;
  }

  update({ values }) {
    const most = Math.max(...values.map(({ value }) => value ?? 0), 0) || 1;
    this.body.replaceChildren(element('div', { class: 'numbers' }, ...values.map(({ label, value, unit, color }, index) =>
      element('div', { class: 'bar' }, element('span', {}, label), element('b', {}, format(value, unit)),
        element('div', { class: 'rail' }, element('div', { class: 'fill', style: `width: ${((value ?? 0) / most) * 100}%; background: ${colorOf(color, index)}` }))))));
    return '';
  }
}
