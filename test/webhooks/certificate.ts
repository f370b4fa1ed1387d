/** Certificates for tests, signed by themselves, written down as DER (X.509 v3, RFC 5280). Not a test itself. */
import { generateKeyPairSync, sign } from 'node:crypto';

const node = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => node(0x30, ...parts);
const integer = (value: number): Buffer => node(0x02, Buffer.from([value]));
const oid = (hex: string): Buffer => node(0x06, Buffer.from(hex, 'hex'));
const time = (at: Date): Buffer => node(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const [commonName, subjectAltName] = ['550403', '551d11'];

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate of `host` with its private key, both in PEM, good until `until`. */
export function certificateOf(host: string, until: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(node(0x31, sequence(oid(commonName), node(0x0c, Buffer.from(host)))));
  const names = node(0x04, sequence(node(0x82, Buffer.from(host))));
  const content = sequence(
    node(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    name,
    sequence(time(new Date('2020-01-01T00:00:00Z')), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    node(0xa3, sequence(sequence(oid(subjectAltName), names))),
  );
  const signature = node(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const lines =
    sequence(content, ecdsaWithSha256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
