/** TDS packet types (MS-TDS 2.2.3.1.1). */
export enum PacketType {
  SQL_BATCH = 0x01,
  RPC = 0x03,
  TABULAR_RESULT = 0x04,
  ATTENTION = 0x06,
  BULK_LOAD = 0x07,
  TRANSACTION_MANAGER = 0x0e,
  LOGIN7 = 0x10,
  PRELOGIN = 0x12,
}

/** Status bits of a packet header (MS-TDS 2.2.3.1.2). */
export const STATUS_END_OF_MESSAGE = 0x01;
export const STATUS_IGNORE = 0x02;
export const STATUS_RESET_CONNECTION = 0x08;
export const STATUS_RESET_CONNECTION_KEEP_TRANSACTION = 0x10;

/** Bytes of the header before each packet's data (MS-TDS 2.2.3.1). */
export const HEADER_BYTES = 8;

/** Packet size before the login has negotiated another (MS-TDS 2.2.6.4). */
export const DEFAULT_PACKET_SIZE = 4096;
export const MIN_PACKET_SIZE = 512;
export const MAX_PACKET_SIZE = 32767;

/** One client request: every packet up to the one with the end-of-message bit, headers taken off. */
export interface Message {
  readonly type: PacketType;
  readonly data: Buffer;
  /** The client asked for its session state to be reset before the request runs. */
  readonly resetConnection: boolean;
  /** The client gave the request up while sending it (MS-TDS 2.2.1.6); it must not run. */
  readonly ignored: boolean;
}
