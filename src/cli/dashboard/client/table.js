import { element, emptyState } from './dom.js';
import { counted } from './format.js';

const BAD = new Set(['ERROR', 'CRITICAL', 'FATAL']);

/** Rows of a log query; a row opens by click or Enter, and stays open and in place over refreshes. */
export class Table {
  constructor(body) {
    this.body = body;
    this.open = new Set();
  }

  update({ columns, rows }) {
    const shown = JSON.stringify([columns, rows]);
    const note = rows.length > 0 ? counted(rows.length, 'row') : '';
    if (shown === this.shown) return note;
    this.shown = shown;
    const scrolled = this.body.firstElementChild?.scrollTop ?? 0;
    const head = element('tr', {}, ...columns.map((name) => element('th', { scope: 'col' }, name)));
    this.body.replaceChildren(element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'rows' },
      element('table', { class: 'rows' }, element('thead', {}, head), element('tbody', {}, ...rows.map((row) => this.row(columns, row))))));
    this.body.firstElementChild.scrollTop = scrolled;
    if (rows.length === 0) this.body.append(emptyState('nothing matches the query'));
    return note;
  }

  row(columns, cells) {
    const id = JSON.stringify(cells);
    const made = element('tr', { tabindex: 0, class: this.open.has(id) ? 'open' : '' }, ...cells.map((text, at) => cell(columns[at], text)));
    const toggle = () => {
      made.classList.toggle('open');
      if (!this.open.delete(id)) this.open.add(id);
    };
    made.addEventListener('click', () => getSelection().isCollapsed && toggle());
    made.addEventListener('keydown', (event) => event.key === 'Enter' && toggle());
    return made;
  }
}

function cell(column, text) {
  if (column === 'level' && text !== '') {
    const kind = BAD.has(text.toUpperCase()) ? 'bad' : text.toUpperCase().startsWith('WARN') ? 'wait' : '';
    return element('td', {}, element('span', { class: `level ${kind}` }, text));
  }
  if (column === '@timestamp') return element('td', { class: 'time', title: `${text} UTC` }, text.slice(11) || text);
  return element('td', { class: column === '@message' ? 'wide' : '' }, element('div', {}, text));
}
