const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element: class, attributes, children; text children are text, never HTML. */
export function element(tag, { class: className, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  return filled(made, className, attributes, children);
}

/** The same for SVG. */
export function svg(tag, { class: className, ...attributes } = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), className, attributes, children);
}

function filled(made, className, attributes, children) {
  if (className) made.setAttribute('class', className);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** What a widget shows while there is nothing to show. */
export function emptyState(detail) {
  return element('div', { class: 'empty' }, element('b', {}, 'No data yet'), element('span', {}, detail));
}
