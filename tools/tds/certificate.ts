import { KeyObject, generateKeyPairSync, randomBytes, sign } from 'crypto';

/** A TLS identity in PEM. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

// DER, as far as one X.509 certificate needs it (RFC 5280, ITU-T X.690).
const tlv = (tag: number, ...contents: Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, Math.floor(size / 256), size % 256];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...items: Uint8Array[]) => tlv(0x30, ...items);
const set = (...items: Uint8Array[]) => tlv(0x31, ...items);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const integer = (bytes: Buffer) => tlv(0x02, bytes);
const bitString = (bytes: Uint8Array, unused = 0) => tlv(0x03, Buffer.from([unused]), bytes);
const octets = (bytes: Uint8Array) => tlv(0x04, bytes);
const time = (date: Date) => tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));

const SHA256_WITH_RSA = sequence(oid('2a864886f70d01010b'), Buffer.from([0x05, 0x00]));
const COMMON_NAME = '550403';
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

/** A self-signed certificate for `localhost` and 127.0.0.1, valid from yesterday for ten years. */
export function createSelfSignedCertificate(commonName: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = sequence(set(sequence(oid(COMMON_NAME), tlv(0x0c, Buffer.from(commonName)))));
  const day = 86_400_000;
  const serial = randomBytes(16);
  serial[0] = 0x40;
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    SHA256_WITH_RSA,
    name,
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 3650 * day))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, extensions()),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, SHA256_WITH_RSA, bitString(signature));
  return { key: pemOfKey(privateKey), certificate: pem('CERTIFICATE', der) };
}

/** Basic constraints (a CA, so that it can be its own root), key usage, and the names it is for. */
function extensions(): Buffer {
  const names = sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  const keyUsage = bitString(Buffer.from([0xa4]), 2);
  return sequence(
    sequence(oid('551d13'), TRUE, octets(sequence(TRUE))),
    sequence(oid('551d0f'), TRUE, octets(keyUsage)),
    sequence(oid('551d11'), octets(names)),
  );
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;
}

