import { Alarms } from './alarms.js';
import { Chart } from './chart.js';
import { element, emptyState } from './dom.js';
import { Gauges } from './gauge.js';
import { Table } from './table.js';
import { Bars, Numbers } from './values.js';

class Text {
  constructor(body) {
    this.body = body;
  }

  update({ html }) {
    if (html === this.html) return '';
    this.html = html;
    // Made by the server from Markdown, with every character of HTML in it escaped.
    const prose = element('div', { class: 'prose' });
    prose.innerHTML = html;
    this.body.replaceChildren(prose);
    return '';
  }
}

class Unknown {
  constructor(body) {
    this.body = body;
  }

  update({ type }) {
    this.body.replaceChildren(emptyState(`widgets of type '${type}' are not drawn here`));
    return '';
  }
}

const KINDS = { lines: Chart, stacked: Chart, gauge: Gauges, number: Numbers, bars: Bars, table: Table, alarms: Alarms, text: Text, unknown: Unknown };

/** A card on the grid; it lives as long as the page, only its content changes. */
export class Widget {
  constructor() {
    this.heading = element('span');
    this.note = element('span', { class: 'note' });
    this.title = element('h2', {}, this.heading, this.note);
    this.body = element('div', { class: 'body' });
    this.problem = element('p', { class: 'problem', hidden: '' });
    this.root = element('section', { class: 'widget' }, this.title, this.body, this.problem);
  }

  update(widget, view) {
    const { title, content, problems } = widget;
    this.root.classList.toggle('text', content.kind === 'text');
    this.heading.textContent = title;
    this.title.hidden = title === '';
    if (content.kind !== this.kind) {
      this.kind = content.kind;
      this.body.replaceChildren();
      this.content = new KINDS[content.kind](this.body);
    }
    this.note.textContent = this.content.update(content, view);
    this.problem.hidden = problems.length === 0;
    this.problem.textContent = problems.join('; ');
  }

  place({ x, y, width, height }, rowsDown) {
    this.root.style.gridArea = `${y + rowsDown + 1} / ${x + 1} / span ${height} / span ${width}`;
    this.root.style.setProperty('--height', height);
  }

  recolor() {
    this.content?.recolor?.();
  }
}
