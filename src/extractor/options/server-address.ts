import { isIPv6 } from 'node:net';
import { invalid } from './validate-value';

/** Where a server is. */
export interface ServerAddress {
  /** Host name or address, or `host\instance`. */
  readonly server: string;
  readonly port?: number;
}

const ALLOWED = 'host, host,port or host\\instance, an IPv6 address with brackets or without, and tcp: before it';

/** Protocols that SQL Server's clients put before an address, and what each is. */
const OTHER_PROTOCOLS: { readonly [prefix: string]: string } = {
  np: 'named pipes', lpc: 'shared memory', admin: 'the dedicated administrator connection, which takes one session', via: 'VIA',
};

/** Names of this machine in addresses of Microsoft's clients. */
const LOCAL = /^(?:\.|\(local\))$/i;

/**
 * An address as SQL Server's clients take it in `Data Source` (SqlConnection.ConnectionString): `tcp:host,port`, `host\instance`,
 * `.`, `(local)`, `[::1]`. With a port those clients ignore the instance.
 *
 * @param what names the option in messages
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function parseServerAddress(text: string, what: string): ServerAddress {
  const refuse = (problem: string) => invalid(`${what} '${text}' ${problem}; allowed are ${ALLOWED}`);
  const [, prefix, address] = /^(?:(tcp|np|lpc|admin|via)\s*:)?\s*(.*?)$/is.exec(text.trim()) as unknown as [string, string | undefined, string];
  const other = OTHER_PROTOCOLS[prefix?.toLowerCase() ?? ''];
  if (other !== undefined) throw refuse(`asks for ${other}; connections go by TCP`);
  if (/^\\\\/.test(address)) throw refuse('is the name of a pipe; connections go by TCP');
  if (/^\(localdb\)/i.test(address)) throw refuse('is LocalDB, which only its own user on its own machine reaches, by a pipe; use an instance that listens on TCP');
  if (/^[a-z][a-z0-9+.:]*:\/\//i.test(address)) throw refuse('is a URL');
  const [, place, portText] = /^(.*?)(?:\s*,\s*(.*))?$/s.exec(address) as unknown as [string, string, string | undefined];
  const port = portText === undefined ? undefined : portOf(portText);
  if (portText !== undefined && port === undefined) throw refuse(`has '${portText}' behind the comma, where a port of 1 to 65535 belongs`);
  const [host, instance, ...rest] = place.split('\\');
  const bare = hostOf(host.trim());
  const colon = /^(.+?):(\d+)$/.exec(host);
  if (bare === undefined && colon) throw refuse(`has a port behind a colon: write '${colon[1]},${colon[2]}', or give the port by --port (source.port)`);
  if (bare === undefined || rest.length > 0 || instance?.trim() === '') throw refuse('is no address of a server');
  return { server: instance === undefined || port !== undefined ? bare : `${bare}\\${instance.trim()}`, ...(port !== undefined && { port }) };
}

/** The host without brackets, by a name that resolves. */
function hostOf(host: string): string | undefined {
  if (LOCAL.test(host)) return 'localhost';
  const inner = /^\[(.*)\]$/.exec(host)?.[1];
  if (inner !== undefined) return isIPv6(inner) ? inner : undefined;
  return isIPv6(host) || /^[^\s:/\\,;()[\]]+$/.test(host) ? host : undefined;
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/**
 * Host or `host\instance`, and port, of what is given as both.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when the port is given twice, and differently
 */
export function separateAddress({ server, port }: { readonly server: string; readonly port?: number }, what = 'source.server'): ServerAddress {
  const parsed = parseServerAddress(server, what);
  if (parsed.port !== undefined && port !== undefined && parsed.port !== port) {
    throw invalid(`${what} '${server}' and source.port ${port} name two ports: give one of them`);
  }
  const one = parsed.port ?? port;
  return { server: parsed.server, ...(one !== undefined && { port: one }) };
}
