import { element } from './dom.js';
import { span } from './format.js';
import { Widget } from './widgets.js';

const RANGES = [300, 900, 3600, 10800, 43200, 86400];
const RETRY_MS = 2000;

const byId = (id) => document.getElementById(id);
const widgets = [];
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
  while (widgets.length > view.widgets.length) widgets.pop().root.remove();
  view.widgets.forEach((content, index) => {
    if (!widgets[index]) {
      widgets[index] = new Widget();
      grid.append(widgets[index].root);
    }
    widgets[index].update(content, view);
  });
  document.title = view.title;
  byId('title').textContent = view.title;
  drawAlarmPill();
  drawRanges();
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
