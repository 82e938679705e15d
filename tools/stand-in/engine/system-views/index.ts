import { CHANGE_VIEWS } from './change-views';
import { INDEX_VIEWS } from './index-views';
import { OBJECT_VIEWS } from './object-views';
import { SESSION_VIEWS } from './session-views';
import { STANDARD_VIEWS } from './standard-views';
import { STORAGE_VIEWS } from './storage-views';
import { SystemView } from './system-view';

export { viewColumns } from './system-view';
export type { SystemView } from './system-view';

/** Every view of the system catalog the stand-in has. */
export const SYSTEM_VIEWS: readonly SystemView[] = [
  ...OBJECT_VIEWS, ...INDEX_VIEWS, ...STORAGE_VIEWS, ...STANDARD_VIEWS, ...SESSION_VIEWS, ...CHANGE_VIEWS,
];

/** The views of a server that lacks some of them, or some of their columns (`view.column`). */
export function viewsWithout(without: readonly string[]): SystemView[] {
  return SYSTEM_VIEWS.filter(({ name }) => !without.includes(name)).map((view) => {
    const kept = view.columns.map((declaration) => !without.includes(`${view.name}.${declaration.split(' ')[0]}`));
    if (!kept.includes(false) || !view.rows) return view;
    const { rows } = view;
    const keep = <T>(cells: readonly T[]) => cells.filter((_, at) => kept[at]);
    return { ...view, columns: keep(view.columns), rows: (...args) => rows(...args).map(keep) };
  });
}
