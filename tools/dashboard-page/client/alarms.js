import { element, emptyState } from '/dom.js';

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
    this.body.replaceChildren(sorted.length === 0 ? emptyState('no alarm') : element('ul', { class: 'alarms', tabindex: 0 }, ...sorted.map(item)));
    return note;
  }
}

function item({ name, description, state, reason }) {
  return element('li', { class: state, title: [name, description, reason].filter(Boolean).join('\n\n') },
    element('span', { class: 'mark' }), element('span', { class: 'name' }, shortName(name)), element('span', { class: 'state' }, STATES[state] ?? state));
}

/** CloudFormation's name without the random tail and without what stands before the last part that says something. */
function shortName(name) {
  const plain = name.replace(/-[A-Za-z0-9]{8,}$/, '').replace(/[0-9A-F]{8}$/, '');
  return plain.slice(plain.lastIndexOf('-') + 1) || name;
}
