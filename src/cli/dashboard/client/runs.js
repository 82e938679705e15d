import { element } from './dom.js';
import { counted, format } from './format.js';

const STATES = { COMPLETE: ['ok', 'Complete'], INCOMPLETE: ['bad', 'Incomplete'] };
const PROOFS = { verified: ['ok', 'Verified'], counted: ['wait', 'Counted'], unverified: ['wait', 'Not verified'] };
/** Runs shown at first. */
const FEW = 5;

const COLUMNS = [['Run'], ['State'], ['Verification'], ['Database'], ['Started'], ['Took', 'end'], ['Tables', 'end'], ['Rows', 'end'], ['Size', 'end']];

/** The newest runs; each opens to the tables it landed. Rows live as long as their run is listed, so nothing flickers. */
export class Runs {
  constructor() {
    this.rows = new Map();
    this.note = element('span', { class: 'note' });
    this.body = element('div', { class: 'body' });
    this.empty = element('p', { class: 'hint' }, 'No run has landed yet. ', element('code', {}, 'cdk-legacy-to-s3 extract --stack …'), ' lands one.');
    this.problem = element('p', { class: 'problem', hidden: '' });
    this.tbody = element('tbody');
    const head = COLUMNS.map(([name, align]) => element('th', { scope: 'col', class: align }, name));
    this.table = element('table', { class: 'rows runs' }, element('thead', {}, element('tr', {}, ...head)), this.tbody);
    this.body.append(this.table, this.empty);
    this.all = element('button', { type: 'button', class: 'more', hidden: '' });
    this.all.addEventListener('click', () => {
      this.showsAll = !this.showsAll;
      this.hideOlder();
    });
    const title = element('h2', {}, element('span', {}, 'Runs'), this.note);
    this.root = element('section', { id: 'runs', class: 'widget runs', 'aria-label': 'Runs' }, title, this.body, this.all, this.problem);
  }

  update(runs, problem) {
    this.problem.hidden = !problem;
    this.problem.textContent = problem ? `the runs cannot be read: ${problem}` : '';
    // What was read before stays while the table cannot be read.
    if (problem) return;
    this.note.textContent = runs.length > 0 ? `newest ${runs.length}` : '';
    this.empty.hidden = runs.length > 0;
    this.table.hidden = runs.length === 0;
    const listed = new Set(runs.map(({ runId }) => runId));
    for (const [runId, row] of this.rows) {
      if (listed.has(runId)) continue;
      row.remove();
      this.rows.delete(runId);
    }
    runs.forEach((run, at) => {
      let row = this.rows.get(run.runId);
      if (!row) this.rows.set(run.runId, row = new RunRow(run.runId));
      row.update(run);
      const place = this.tbody.children[2 * at];
      if (place !== row.root) this.tbody.insertBefore(row.root, place ?? null).after(row.detail);
    });
    this.hideOlder();
  }

  /** The newest few, or all. */
  hideOlder() {
    const rows = [...this.tbody.children];
    const older = rows.slice(2 * FEW);
    this.all.hidden = older.length === 0;
    this.all.textContent = this.showsAll ? `show the newest ${FEW}` : `show all ${rows.length / 2}`;
    older.forEach((row) => row.classList.toggle('older', !this.showsAll));
    rows.slice(0, 2 * FEW).forEach((row) => row.classList.remove('older'));
  }
}

class RunRow {
  constructor(runId) {
    this.runId = runId;
    this.button = element('button', { type: 'button', class: 'open', 'aria-expanded': 'false' }, runId);
    this.root = element('tr');
    this.content = element('td', { colspan: COLUMNS.length });
    this.detail = element('tr', { class: 'detail', hidden: '' }, this.content);
    this.root.addEventListener('click', () => getSelection().isCollapsed && this.toggle());
  }

  update(run) {
    const shown = JSON.stringify(run);
    if (shown === this.shown) return;
    this.shown = shown;
    const rate = run.seconds > 0 ? `${format(run.rows / run.seconds)} rows/s` : undefined;
    const cells = [
      this.button, badge(STATES[run.state], run.state), badge(PROOFS[run.verification], run.verification), run.database,
      new Date(run.startedAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }),
      format(run.seconds, 's'), format(run.tables), run.rows.toLocaleString('en'), format(run.sizeBytes, 'B'),
    ];
    this.root.replaceChildren(...cells.map((cell, at) => element('td', { class: COLUMNS[at][1], title: COLUMNS[at][0] === 'Rows' ? rate : undefined }, cell)));
    // The same run, checked again: what it landed may differ now.
    if (!this.detail.hidden) this.load();
  }

  toggle() {
    const open = this.detail.hidden;
    this.detail.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.load();
  }

  async load() {
    if (!this.content.firstChild) this.content.append(element('p', { class: 'hint' }, 'reading the manifest'));
    try {
      const response = await fetch(`/api/run?id=${encodeURIComponent(this.runId)}`);
      if (!response.ok) throw new Error(await response.text());
      this.content.replaceChildren(...details(await response.json()));
    } catch (error) {
      this.content.replaceChildren(element('p', { class: 'problem' }, `the manifest cannot be read: ${error.message}`));
    }
  }

  remove() {
    this.root.remove();
    this.detail.remove();
  }
}

function details({ manifestUrl, verification, consistency, problems, tables, moreTables }) {
  const head = [['Table'], ['Verification'], ['Rows', 'end'], ['Size', 'end'], ['Objects', 'end'], ['Chunks', 'end']];
  const rows = tables.map((table) => [
    table.name, badge(PROOFS[table.verification], table.verification), table.rows.toLocaleString('en'), format(table.sizeBytes, 'B'),
    format(table.objects), format(table.chunks),
  ]);
  const line = (cells, tag) => element('tr', {}, ...cells.map((cell, at) => element(tag, { class: head[at][1], scope: tag === 'th' ? 'col' : undefined }, cell)));
  return [
    ...problems.map((problem) => element('p', { class: 'problem' }, problem)),
    element('table', { class: 'rows tables' }, element('thead', {}, line(head.map(([name]) => name), 'th')), element('tbody', {}, ...rows.map((row) => line(row, 'td')))),
    moreTables > 0 ? element('p', { class: 'hint' }, `and ${counted(moreTables, 'more table')}, in the manifest`) : undefined,
    element('dl', {}, ...[['Manifest', manifestUrl], ['Verification', verification], ['Consistency', consistency]]
      .filter(([, text]) => text).flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)])),
  ].filter((part) => part !== undefined);
}

function badge([kind, label] = ['', undefined], value = '') {
  return element('span', { class: `level ${kind}` }, label ?? (value || '–'));
}

/** What the header says of the newest run. */
export function runPill(runs) {
  const [newest] = runs ?? [];
  if (!newest) return undefined;
  const [kind, state] = STATES[newest.state];
  const proof = (PROOFS[newest.verification] ?? [])[1];
  return { kind, text: `Last run ${state.toLowerCase()}${newest.state === 'COMPLETE' && proof ? `, ${proof.toLowerCase()}` : ''}` };
}
