import { startStandIn } from '../../../tools/stand-in';

/**
 * Servers that promises are tested against: always the stand-in, and a real one that the environment names:
 *
 *   LEGACY_TO_S3_TEST_SERVER=host[,port] LEGACY_TO_S3_TEST_USER=sa LEGACY_TO_S3_TEST_PASSWORD=… npx jest test/acceptance/any-server
 *
 * The login must be able to create databases; each suite makes one of its own and drops it. LEGACY_TO_S3_TEST_CA_FILE names
 * the server's authority; without it any certificate is accepted.
 */
export interface AnyServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly caFile?: string;
  stop(): Promise<void>;
}

const {
  LEGACY_TO_S3_TEST_SERVER: named, LEGACY_TO_S3_TEST_USER: user = 'sa', LEGACY_TO_S3_TEST_PASSWORD: password = '', LEGACY_TO_S3_TEST_CA_FILE: caFile,
} = process.env;

async function namedServer(): Promise<AnyServer> {
  const [host, port = '1433'] = named!.split(',');
  return { host, port: Number(port), user, password, caFile, stop: async () => undefined };
}

export const SERVERS: ReadonlyArray<readonly [string, boolean, () => Promise<AnyServer>]> = [
  ['the stand-in', true, () => startStandIn({ transactions: 100 })],
  ['the server of LEGACY_TO_S3_TEST_SERVER', named !== undefined, namedServer],
];
