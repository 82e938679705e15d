import { INDEX_VIEWS } from './index-views';
import { OBJECT_VIEWS } from './object-views';
import { STANDARD_VIEWS } from './standard-views';
import { STORAGE_VIEWS } from './storage-views';
import { SystemView } from './system-view';

export { viewColumns } from './system-view';
export type { SystemView } from './system-view';

/** Every view of the system catalog the stand-in has. */
export const SYSTEM_VIEWS: readonly SystemView[] = [...OBJECT_VIEWS, ...INDEX_VIEWS, ...STORAGE_VIEWS, ...STANDARD_VIEWS];
