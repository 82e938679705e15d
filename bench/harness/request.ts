import { LEDGER_PACKET_SIZE } from '../tables/ledger-table';

/** The request of every client; the replay server knows of it the number of rows alone. */
export function selectSql(rows: number): string {
  return `select top ${rows} * from dbo.Transactions`;
}

/** Set for the clients by the bench. */
export const PACKET_SIZE_ENV = 'BENCH_PACKET_SIZE';
/** SQL Server takes at most this on an encrypted connection, in bytes ("network packet size" of sp_configure). */
const MOST_ENCRYPTED = 16_383;

/** Packet size that clients ask for, in bytes. */
export function askedPacketSize(encrypt = false): number {
  const size = Number(process.env[PACKET_SIZE_ENV] ?? LEDGER_PACKET_SIZE);
  return encrypt ? Math.min(size, MOST_ENCRYPTED) : size;
}
