/**
 * The Markdown of text widgets as HTML: headings, lists, tables, code, emphasis, links. Everything else is text; HTML in
 * it is shown, not interpreted.
 */
export function markdownToHtml(markdown: string): string {
  const lines = markdown.replace(/\r\n?/g, '\n').split('\n');
  const out: string[] = [];
  for (let at = 0; at < lines.length;) {
    const block = BLOCKS.find(({ starts }) => starts.test(lines[at]));
    if (!block) {
      at += 1;
      continue;
    }
    const from = at;
    at += 1;
    while (at < lines.length && block.goesOn.test(lines[at])) at += 1;
    if (block.closing && at < lines.length) at += 1;
    out.push(block.html(lines.slice(from, at)));
  }
  return out.join('\n');
}

interface Block {
  readonly starts: RegExp;
  readonly goesOn: RegExp;
  /** Whether the first line that does not go on belongs to it. */
  readonly closing?: boolean;
  html(lines: readonly string[]): string;
}

const NEVER = /^(?!)/;
const cells = (row: string) => row.trim().replace(/^\||\|$/g, '').split('|').map((cell) => inline(cell.trim()));
const tagged = (tag: string, items: readonly string[]) => items.map((item) => `<${tag}>${item}</${tag}>`).join('');
const list = (tag: string, marker: RegExp) => (lines: readonly string[]) =>
  `<${tag}>${tagged('li', lines.map((line) => inline(line.replace(marker, ''))))}</${tag}>`;

const BLOCKS: readonly Block[] = [
  {
    starts: /^```/,
    goesOn: /^(?!```)/,
    closing: true,
    html: (lines) => `<pre>${escapeHtml(lines.slice(1).filter((line) => !line.startsWith('```')).join('\n'))}</pre>`,
  },
  {
    starts: /^#{1,6}\s/,
    goesOn: NEVER,
    html: ([line]) => {
      const level = /^#+/.exec(line)![0].length;
      return `<h${level}>${inline(line.replace(/^#+\s+/, ''))}</h${level}>`;
    },
  },
  { starts: /^\s*(?:---+|\*\*\*+)\s*$/, goesOn: NEVER, html: () => '<hr>' },
  { starts: /^\s*[-*]\s/, goesOn: /^\s*[-*]\s/, html: list('ul', /^\s*[-*]\s+/) },
  { starts: /^\s*\d+\.\s/, goesOn: /^\s*\d+\.\s/, html: list('ol', /^\s*\d+\.\s+/) },
  {
    starts: /^\s*\|.*\|\s*$/,
    goesOn: /^\s*\|/,
    html: (lines) => {
      const [head, ...rest] = lines.filter((line) => !/^[\s|:-]+$/.test(line));
      const body = rest.map((row) => `<tr>${tagged('td', cells(row))}</tr>`).join('');
      return `<table><thead><tr>${tagged('th', cells(head))}</tr></thead><tbody>${body}</tbody></table>`;
    },
  },
  { starts: /\S/, goesOn: /^(?!#{1,6}\s|```|\s*[-*]\s|\s*\d+\.\s|\s*\|)\s*\S/, html: (lines) => `<p>${inline(lines.join(' '))}</p>` },
];

function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|[\s(])\*([^*\s][^*]*)\*/g, '$1<em>$2</em>')
    .replace(/\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g, '<a href="$2" rel="noopener noreferrer" target="_blank">$1</a>')
    // A button of CloudWatch's dialect, and links to within the console, keep their text.
    .replace(/\[(?:button:(?:primary:)?)?([^\]]+)\]\([^)]*\)/g, '$1');
}

/** Text as HTML text. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
