import { element, emptyState } from './dom.js';

const STATES = { ALARM: 'In alarm', OK: 'OK', INSUFFICIENT_DATA: 'No data' };

/** States of alarms, those that went off first. */
export class Alarms {
  constructor(body) {
    this.body = body;
  }

  update({ alarms }) {
    const order = Object.keys(STATES);
    const sorted = [...alarms].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
    const shown = JSON.stringify(sorted);
    const bad = alarms.filter((alarm) => alarm.state === 'ALARM').length;
    const note = `${bad} of ${alarms.length} in alarm`;
    if (shown === this.shown) return note;
    this.shown = shown;
    const labels = readableNames(sorted.map((alarm) => alarm.name));
    this.body.replaceChildren(sorted.length === 0 ? emptyState('no alarm') : element('ul', { class: 'alarms', tabindex: 0 }, ...sorted.map((alarm, at) => item(alarm, labels[at]))));
    return note;
  }
}

function item({ name, description, state, reason }, label) {
  return element('li', { class: state, title: [name, description, reason].filter(Boolean).join('\n\n') },
    element('span', { class: 'mark' }), element('span', { class: 'name' }, label), element('span', { class: 'state' }, STATES[state] ?? state));
}

/**
 * Names to read: without CloudFormation's random tail and without what all of them begin with, in words. The whole name
 * is in the tooltip.
 */
function readableNames(names) {
  const plain = names.map((name) => name.replace(/-[0-9A-F]{12,}$/i, '').replace(/[0-9A-F]{8}$/, ''));
  let shared = plain.length > 1 ? plain[0] : '';
  for (const name of plain) while (!name.startsWith(shared)) shared = shared.slice(0, -1);
  // Back to where a word begins.
  const cut = plain.length > 1 ? Math.max(...[...shared.matchAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[-_ ])|$/g)].map(({ index }) => index).filter((index) => plain.every((name) => /^[A-Z0-9]/.test(name.slice(index)))), 0) : 0;
  return plain.map((name, at) => {
    const words = name.slice(cut).replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[-_]+/g, ' ').trim();
    return words === '' ? names[at] : words.charAt(0).toUpperCase() + words.slice(1).replace(/ [A-Z](?=[a-z])/g, (text) => text.toLowerCase());
  });
}
