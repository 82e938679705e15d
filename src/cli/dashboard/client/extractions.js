import { element } from './dom.js';
import { counted, format } from './format.js';
import { NewestRows } from './newest-rows.js';

const STATES = {
  'running': ['run', 'Running'], 'succeeded': ['ok', 'Succeeded'], 'unchanged': ['', 'Nothing changed'], 'skipped': ['', 'Skipped'], 'failed': ['bad', 'Failed'],
  'timed out': ['bad', 'Timed out'], 'stopped': ['wait', 'Stopped'],
};

const COLUMNS = [['Execution'], ['State'], ['Started'], ['Took', 'end'], ['Run'], ['Chunks', 'end'], ['Rows', 'end'], ['Size', 'end']];

/** The newest executions of one extraction; one that runs shows its progress, one that ended badly says why when it is opened. */
export class Extraction {
  constructor(name) {
    this.link = element('a', { target: '_blank', rel: 'noreferrer' }, 'in the console');
    const empty = element('p', { class: 'hint' }, 'No execution yet. ', element('code', {}, 'cdk-legacy-to-s3 extract --remote --stack …'), ' starts one.');
    this.problem = element('p', { class: 'problem', hidden: '' });
    this.executions = new NewestRows(COLUMNS, empty, (execution) => execution.name, (_, at) => new ExecutionRow(at === 0));
    const title = element('h2', {}, element('span', {}, `Extraction ${name}`), element('span', { class: 'note' }, this.link));
    this.root = element('section', { class: 'widget runs extraction', 'aria-label': `Extraction ${name}` },
      title, this.executions.body, this.executions.all, this.problem);
  }

  update({ executions, url, problem }) {
    this.link.href = url;
    this.problem.hidden = !problem;
    this.problem.textContent = problem ? `the executions cannot be read: ${problem}` : '';
    // What was read before stays meanwhile.
    if (problem) return;
    this.executions.update(executions);
  }
}

class ExecutionRow {
  /** @param isOpen whether its detail is shown at first; that of one that runs always is */
  constructor(isOpen) {
    this.isOpen = isOpen;
    this.button = element('button', { type: 'button', class: 'open' });
    this.root = element('tr');
    this.content = element('td', { colspan: COLUMNS.length });
    this.detail = element('tr', { class: 'detail', hidden: '' }, this.content);
    this.progress = new Progress();
    this.root.addEventListener('click', () => {
      if (!getSelection().isCollapsed) return;
      this.isOpen = !this.isOpen;
      this.showDetail();
    });
  }

  update(execution) {
    const wasRunning = this.execution?.state === 'running';
    // What it came to is told, not hidden with the progress.
    if (wasRunning && execution.state !== 'running' && execution.cause) this.isOpen = true;
    if (!wasRunning && execution.state === 'running') this.isOpen = true;
    this.execution = execution;
    const { name, state, startedAt, seconds, runId, chunks, finishedChunks, rows, sizeBytes } = execution;
    this.button.textContent = name;
    const [kind, label] = STATES[state] ?? ['', state];
    const cells = [
      this.button, element('span', { class: `level ${kind}` }, label),
      new Date(startedAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }), format(seconds, 's'), runId ?? '–',
      chunks === undefined ? '–' : `${finishedChunks.toLocaleString('en')} of ${chunks.toLocaleString('en')}`,
      rows === undefined ? '–' : rows.toLocaleString('en'), sizeBytes === undefined ? '–' : format(sizeBytes, 'B'),
    ];
    if (this.root.children.length === 0) this.root.append(...COLUMNS.map(([, align]) => element('td', { class: align })));
    const shown = JSON.stringify([name, state, startedAt, seconds, runId, chunks, finishedChunks, rows, sizeBytes]);
    if (shown !== this.shown) cells.forEach((cell, at) => this.root.children[at].firstChild === cell || this.root.children[at].replaceChildren(cell));
    this.shown = shown;
    this.showDetail();
  }

  showDetail() {
    const { state, cause, error, progress, changes, url } = this.execution;
    const isShown = this.isOpen;
    this.detail.hidden = !isShown;
    this.button.setAttribute('aria-expanded', String(isShown));
    if (!isShown) return;
    if (state === 'running') {
      this.progress.update(this.execution, progress);
      if (this.content.firstChild !== this.progress.root) this.content.replaceChildren(this.progress.root);
      return;
    }
    const told = [error, cause].filter(Boolean).join(': ');
    this.content.replaceChildren(
      told === '' ? '' : element('p', { class: state === 'skipped' || state === 'unchanged' ? 'hint' : 'problem' }, told),
      changes === undefined ? '' : element('p', {}, changes),
      element('p', { class: 'hint' }, element('a', { href: url, target: '_blank', rel: 'noreferrer' }, 'Execution in the console')),
    );
  }

  remove() {
    this.root.remove();
    this.detail.remove();
  }
}

/** How far an execution is: one bar for all of it, then one a table. */
class Progress {
  constructor() {
    this.text = element('p', { class: 'hint' });
    this.bar = bar();
    this.tables = element('div', { class: 'tables-progress' });
    this.rest = element('p', { class: 'hint' });
    this.bars = new Map();
    this.root = element('div', { class: 'progress' }, this.text, this.bar.root, this.tables, this.rest);
  }

  update({ chunks, finishedChunks, rows, seconds }, progress) {
    this.text.textContent = progress ? pace(progress, { chunks, finishedChunks, rows }) : waitingText(seconds, chunks);
    this.bar.root.hidden = !progress;
    this.tables.hidden = !progress;
    this.rest.hidden = !progress;
    if (!progress) return;
    this.bar.set(chunks > 0 ? (finishedChunks + progress.failedChunks) / chunks : 1);
    const names = new Set(progress.tables.map(({ name }) => name));
    for (const [name, each] of this.bars) {
      if (names.has(name)) continue;
      each.root.remove();
      this.bars.delete(name);
    }
    progress.tables.forEach((table, at) => {
      let each = this.bars.get(table.name);
      if (!each) this.bars.set(table.name, each = new TableProgress(table.name));
      each.update(table);
      if (this.tables.children[at] !== each.root) this.tables.insertBefore(each.root, this.tables.children[at] ?? null);
    });
    const { waitingTables, doneTables, moreTables } = progress;
    this.rest.textContent = [
      `${counted(doneTables, 'table')} done`,
      waitingTables > 0 ? `${counted(waitingTables, 'table')} not begun` : '',
      moreTables > 0 ? `${moreTables} more are not shown` : '',
    ].filter(Boolean).join(', ');
  }
}

class TableProgress {
  constructor(name) {
    this.bar = bar();
    this.note = element('span', { class: 'note' });
    this.root = element('div', { class: 'table-progress' }, element('span', { class: 'name', title: name }, name), this.bar.root, this.note);
  }

  update({ rows, sizeBytes, share, chunks, finishedChunks }) {
    this.bar.set(share);
    this.root.classList.toggle('done', share === 1);
    const done = chunks === undefined ? '' : `, ${finishedChunks.toLocaleString('en')} of ${counted(chunks, 'chunk')}`;
    this.note.textContent = rows === 0 && chunks === undefined ? 'at work' : `${rows.toLocaleString('en')} rows, ${format(sizeBytes, 'B')}${done}`;
  }
}

function bar() {
  const fill = element('div', { class: 'fill' });
  const root = element('div', { class: 'rail', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100 }, fill);
  return {
    root,
    set: (share) => {
      const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
      fill.style.width = `${percent}%`;
      root.setAttribute('aria-valuenow', String(percent));
    },
  };
}

function pace({ isRead, failedChunks, rowsPerSecond, bytesPerSecond, etaSeconds }, { chunks, finishedChunks, rows }) {
  const failed = failedChunks > 0 ? `, ${counted(failedChunks, 'chunk')} cannot land` : '';
  const done = `${finishedChunks.toLocaleString('en')} of ${counted(chunks, 'chunk')}, ${rows.toLocaleString('en')} rows${failed}`;
  if (isRead) return `${done}: all chunks are read; the tables are proven and the manifest is written next`;
  const paces = rowsPerSecond > 0 ? `, ${format(rowsPerSecond)} rows/s, ${format(bytesPerSecond, 'B')}/s read` : '';
  return `${done}${paces}${etaSeconds === undefined ? '' : `, about ${format(Math.ceil(etaSeconds), 's')} left`}`;
}

/** Chunks are known of a run whose state was read once; of others nothing is there, or it may not be read. */
function waitingText(seconds, chunks) {
  if (chunks !== undefined) return 'how far it is cannot be told now';
  return seconds < 30 ? 'it begins: its tables are planned' : 'nothing of its run is there yet, or may be read: its tables are planned, or another execution is waited for';
}

/** What the header says of executions that run. */
export function extractionPill(extractions) {
  const running = (extractions ?? []).flatMap(({ name, executions }) => (
    executions.filter(({ state }) => state === 'running').map(({ chunks, finishedChunks }) => ({ name, chunks, finishedChunks }))));
  if (running.length === 0) return undefined;
  const [{ name, chunks, finishedChunks }] = running;
  if (running.length > 1) return `${running.length} extractions running`;
  return chunks > 0 ? `${name} running, ${Math.floor(100 * finishedChunks / chunks)} %` : `${name} running`;
}
