import { element } from './dom.js';
import { counted, format } from './format.js';
import { NewestRows } from './newest-rows.js';

const STATES = { COMPLETE: ['ok', 'Complete'], INCOMPLETE: ['bad', 'Incomplete'] };
const PROOFS = { verified: ['ok', 'Verified'], counted: ['wait', 'Counted'], unverified: ['wait', 'Not verified'] };

const COLUMNS = [['Run'], ['State'], ['Verification'], ['Database'], ['Started'], ['Took', 'end'], ['Tables', 'end'], ['Rows', 'end'], ['Size', 'end']];

/** The newest runs; each opens to the tables it landed. */
export class Runs {
  constructor() {
    this.note = element('span', { class: 'note' });
    const empty = element('p', { class: 'hint' }, 'No run has landed yet. ', element('code', {}, 'cdk-legacy-to-s3 extract --stack …'), ' lands one.');
    this.problem = element('p', { class: 'problem', hidden: '' });
    this.runs = new NewestRows(COLUMNS, empty, (run) => run.runId, (run) => new RunRow(run.runId));
    const title = element('h2', {}, element('span', {}, 'Runs'), this.note);
    this.root = element('section', { id: 'runs', class: 'widget runs', 'aria-label': 'Runs' }, title, this.runs.body, this.runs.all, this.problem);
  }

  update(runs, problem) {
    this.problem.hidden = !problem;
    this.problem.textContent = problem ? `the runs cannot be read: ${problem}` : '';
    // What was read before stays while the table cannot be read.
    if (problem) return;
    this.note.textContent = runs.length > 0 ? `newest ${runs.length}` : '';
    this.runs.update(runs);
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
  const hasChanges = tables.some(({ changes }) => changes !== undefined);
  const head = [['Table'], ...hasChanges ? [['Changes']] : [], ['Verification'], ['Rows', 'end'], ['Size', 'end'], ['Objects', 'end'], ['Chunks', 'end']];
  const rows = tables.map((table) => [
    table.name, ...hasChanges ? [table.changes ?? '–'] : [], badge(PROOFS[table.verification], table.verification), table.rows.toLocaleString('en'), format(table.sizeBytes, 'B'),
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
