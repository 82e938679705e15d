import { element } from './dom.js';
import { Extraction, extractionPill } from './extractions.js';
import { span } from './format.js';
import { runPill, Runs } from './runs.js';
import { Widget } from './widgets.js';

const RANGES = [300, 900, 3600, 10800, 43200, 86400];
const RETRY_MS = 2000;

const byId = (id) => document.getElementById(id);
const widgets = [];
const extractions = new Map();
let runs;
let view;
let range = Number(new URLSearchParams(location.search).get('range')) || undefined;
let timer;

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  for (const widget of widgets) widget.recolor();
  if (view) draw();
}

function draw() {
  const grid = byId('grid');
  const above = rowsOfHeading();
  const panels = panelsOf();
  while (widgets.length > view.widgets.length) widgets.pop().root.remove();
  view.widgets.forEach((content, index) => {
    if (!widgets[index]) {
      widgets[index] = new Widget();
      grid.append(widgets[index].root);
    }
    widgets[index].update(content, view);
    widgets[index].place(content, content.y >= above ? panels.length : 0);
  });
  document.title = view.title;
  byId('title').textContent = view.title;
  drawAlarmPill();
  drawPanels(panels, above);
  drawRunPills();
  drawRanges();
}

/** Rows of the grid above extractions and runs: those of a heading that the body begins with. */
function rowsOfHeading() {
  const [first] = view.widgets;
  return first?.content.kind === 'text' && first.y === 0 && first.width === 24 ? first.height : 0;
}

/** What is shown beside the body: each extraction, then the runs. */
function panelsOf() {
  const panels = (view.extractions ?? []).map((extraction) => {
    let panel = extractions.get(extraction.name);
    if (!panel) extractions.set(extraction.name, panel = new Extraction(extraction.name));
    panel.update(extraction);
    return panel.root;
  });
  if (!view.runs) return panels;
  runs ??= new Runs();
  runs.update(view.runs, view.runsProblem);
  return [...panels, runs.root];
}

/** Places them below the heading, a row of the grid each. */
function drawPanels(panels, above) {
  const grid = byId('grid');
  grid.style.gridTemplateRows = panels.length > 0 ? `${above > 0 ? `repeat(${above}, var(--row)) ` : ''}${panels.map(() => 'auto').join(' ')}` : '';
  panels.forEach((panel, at) => {
    panel.style.gridArea = `${above + at + 1} / 1 / span 1 / span 24`;
    const place = grid.children[at + (above > 0 ? 1 : 0)];
    if (place !== panel) grid.insertBefore(panel, place ?? null);
  });
}

function drawRunPills() {
  const extracting = extractionPill(view.extractions);
  byId('extracting').hidden = extracting === undefined;
  byId('extracting').textContent = extracting ?? '';
  if (!view.runs || view.runsProblem) return;
  const pill = byId('last-run');
  const last = runPill(view.runs);
  pill.hidden = !last;
  pill.className = `pill ${last?.kind ?? ''}`;
  pill.textContent = last?.text ?? '';
}

function drawAlarmPill() {
  const alarms = view.widgets.flatMap(({ content }) => (content.kind === 'alarms' ? content.alarms : []));
  const bad = alarms.filter((alarm) => alarm.state === 'ALARM').length;
  const pill = byId('alarms');
  pill.hidden = alarms.length === 0;
  pill.className = `pill ${bad > 0 ? 'bad' : 'ok'}`;
  pill.textContent = bad > 0 ? `${bad} in alarm` : 'All quiet';
}

function drawRanges() {
  const current = view.range.end - view.range.start;
  const offered = [...new Set([...RANGES, current])].sort((a, b) => a - b);
  const shown = JSON.stringify([offered, current]);
  if (shown === drawRanges.shown) return;
  drawRanges.shown = shown;
  byId('ranges').replaceChildren(...offered.map((seconds) => {
    const button = element('button', { type: 'button', role: 'radio', 'aria-checked': String(seconds === current) }, span(seconds));
    button.addEventListener('click', () => {
      range = seconds;
      refresh();
    });
    return button;
  }));
}

async function refresh() {
  clearTimeout(timer);
  const live = byId('live');
  try {
    const response = await fetch(`/api/view${range ? `?range=${range}` : ''}`);
    if (!response.ok) throw new Error(await response.text());
    view = await response.json();
    draw();
    live.classList.remove('lost');
    byId('updated').textContent = `updated ${new Date(view.generatedAt).toLocaleTimeString('en-GB')}`;
    document.body.dataset.ready = 'true';
  } catch (error) {
    live.classList.add('lost');
    byId('updated').textContent = `no connection, trying again`;
    console.error(error);
  }
  timer = setTimeout(refresh, view ? view.refreshSeconds * 1000 : RETRY_MS);
}

const dark = matchMedia('(prefers-color-scheme: dark)');
setTheme(localStorage.getItem('theme') ?? (dark.matches ? 'dark' : 'light'));
dark.addEventListener('change', () => localStorage.getItem('theme') || setTheme(dark.matches ? 'dark' : 'light'));
byId('theme').addEventListener('click', () => {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', next);
  setTheme(next);
});
refresh();
