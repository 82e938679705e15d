import { HANDLER_ENV, LandedTablesSettings } from '../../contract';
import { HandlerError } from '../shared/errors';

const KINDS: readonly string[] = ['iceberg', 'hive', 'none'] satisfies LandedTablesSettings['kind'][];

/**
 * How completed runs become tables, as the environment says.
 *
 * @throws HandlerError INVALID_CONFIG when it says what is not known here
 */
export function landedTablesSettings(text = process.env[HANDLER_ENV.landedTables]): LandedTablesSettings {
  if (!text) return { kind: 'hive' };
  const settings = parsed(text);
  if (typeof settings?.kind === 'string' && KINDS.includes(settings.kind)) return settings;
  throw new HandlerError('INVALID_CONFIG', `expected ${HANDLER_ENV.landedTables} to be JSON with a kind of ${KINDS.join(', ')}, got ${text.slice(0, 200)}`);
}

function parsed(text: string): LandedTablesSettings | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
