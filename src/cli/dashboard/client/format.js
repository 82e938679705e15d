/** Colours of lines without one of their own; told apart on light and on dark, also by most who are colour-blind. */
export const PALETTE = {
  light: ['#2f6fed', '#e07b16', '#159a86', '#b44ac0', '#c9372c', '#6a7f1d', '#0d7fb8', '#8a6d4f'],
  dark: ['#6b9cff', '#f4a24c', '#3fcab3', '#d987e2', '#ff8078', '#b5cb5a', '#52bdf0', '#c9ab89'],
};

export const theme = () => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');
export const colorOf = (color, index) => color ?? PALETTE[theme()][index % PALETTE.light.length];
export const cssVariable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `1 row`, `2 rows`. */
export const counted = (count, one) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const COUNTS = ['', 'k', 'M', 'G', 'T'];

/** A value as number and unit: 1500 ms is 1.5 s, 2048 B is 2.05 kB, 12000 is 12 k. */
export function parts(value, unit = '') {
  const size = Math.abs(value);
  if (unit === 'B' || unit === 'bytes') return scaled(value, BYTES);
  if (unit === 'ms' && size >= 1000) return duration(value / 1000);
  if (unit === 's') return duration(value);
  if (unit === '' || unit === 'count' || unit === 'rows') {
    if (size < 10000) return { number: rounded(value), unit: '' };
    const { number, unit: prefix } = scaled(value, COUNTS);
    return { number: number + prefix, unit: '' };
  }
  return { number: rounded(value), unit };
}

/** The same as one text. */
export function format(value, unit) {
  if (value === null || value === undefined) return '–';
  const { number, unit: symbol } = parts(value, unit);
  return symbol === '' ? number : symbol === '%' ? `${number}%` : `${number} ${symbol}`;
}

function scaled(value, prefixes) {
  const step = value === 0 ? 0 : Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3)));
  return { number: rounded(value / 1000 ** step), unit: prefixes[step] };
}

function duration(seconds) {
  const size = Math.abs(seconds);
  if (size >= 7200) return { number: rounded(seconds / 3600), unit: 'h' };
  if (size >= 120) return { number: rounded(seconds / 60), unit: 'min' };
  return { number: rounded(seconds), unit: 's' };
}

function rounded(value) {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `5 min`, `30 s`. */
export function span(seconds) {
  if (seconds % 86400 === 0) return `${seconds / 86400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
