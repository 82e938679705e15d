import { element } from './dom.js';

/** Shown at first. */
const FEW = 5;

/** A table of the newest first, each a row and its detail. Rows live as long as they are listed, so nothing flickers. */
export class NewestRows {
  /**
   * @param columns label and alignment of each
   * @param empty shown while there is no row
   * @param nameOf a listed item
   * @param make the row of an item, which has `root`, `detail`, `update(item)` and `remove()`
   */
  constructor(columns, empty, nameOf, make) {
    Object.assign(this, { empty, nameOf, make });
    this.rows = new Map();
    this.tbody = element('tbody');
    const head = columns.map(([label, align]) => element('th', { scope: 'col', class: align }, label));
    this.table = element('table', { class: 'rows runs' }, element('thead', {}, element('tr', {}, ...head)), this.tbody);
    this.body = element('div', { class: 'body' }, this.table, empty);
    this.all = element('button', { type: 'button', class: 'more', hidden: '' });
    this.all.addEventListener('click', () => {
      this.showsAll = !this.showsAll;
      this.hideOlder();
    });
  }

  update(items) {
    this.empty.hidden = items.length > 0;
    this.table.hidden = items.length === 0;
    const listed = new Set(items.map(this.nameOf));
    for (const [name, row] of this.rows) {
      if (listed.has(name)) continue;
      row.remove();
      this.rows.delete(name);
    }
    items.forEach((item, at) => {
      let row = this.rows.get(this.nameOf(item));
      if (!row) this.rows.set(this.nameOf(item), row = this.make(item, at));
      row.update(item);
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
