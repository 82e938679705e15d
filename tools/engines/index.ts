/** Engines of others, which read Iceberg tables in tests: installed by install.ts into a folder that git ignores, and started here. */
import type { LocalCloud } from '../local-cloud';
import type { Engine, EngineName } from './engine';
import { Trino } from './trino';
import { WorkerEngine } from './worker-engine';

export { whyMissing } from './availability';
export { compareCells, type ExpectedCells, type Finding, markdownOf } from './compare';
export {
  type Cell, doubleCell, type Engine, EngineError, type EngineName, type InstalledName, literal, quoted, type Rows, type RowsOptions, sortedBy,
  type TableAddress, type TableVersion,
} from './engine';
export { RestCatalog } from './rest-catalog';
export { PyIcebergWriter } from './pyiceberg-writer';
export { Trino } from './trino';
export { WorkerEngine } from './worker-engine';

/** @throws EngineError when it does not start; ask `whyMissing` first */
export async function startEngine(name: EngineName, cloud: LocalCloud): Promise<Engine> {
  return name === 'trino' ? Trino.start(cloud) : WorkerEngine.start(name, cloud);
}
