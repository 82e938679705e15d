import { Thrift } from '../../spec/parquet-footer';

/** What is used of hyparquet-writer, an ES module, which only bundlers can require. */
interface ThriftWriter {
  readonly ByteWriter: new (bytes?: number) => { getBytes(): Uint8Array };
  serialize(writer: object, value: Thrift): void;
}

let loaded: ThriftWriter | undefined;

function library(): ThriftWriter {
  /* eslint-disable @typescript-eslint/no-require-imports */
  return loaded ??= {
    ByteWriter: (require('hyparquet-writer/src/bytewriter.js') as ThriftWriter).ByteWriter,
    serialize: (require('hyparquet-writer/src/thrift.js') as { serializeTCompactProtocol: ThriftWriter['serialize'] }).serializeTCompactProtocol,
  };
  /* eslint-enable @typescript-eslint/no-require-imports */
}

/** A struct in Thrift's compact protocol: whole numbers are of 32 bits, those that are bigints of 64; fields in the order of their ids. */
export function thriftBytes(value: Thrift): Uint8Array {
  const { ByteWriter, serialize } = library();
  const writer = new ByteWriter();
  serialize(writer, value);
  return writer.getBytes();
}
