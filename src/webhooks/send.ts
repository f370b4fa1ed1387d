// One attempt of a delivery. The host is resolved here and its address looked at, and the connection goes to that very address: what the name says
// a moment later counts no more. No redirect is followed; of the answer nothing but its status is of interest.
import { lookup } from 'node:dns/promises';
import { request } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';

/** The addresses that a name has now. */
export type Resolve = (host: string) => Promise<readonly string[]>;
/** Opens a connection to an address, for a host by this name. */
export type Dial = (of: { address: string; port: number; host: string }) => Socket;

const resolveBySystem: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);
/**
 * Dials with TLS 1.2 or later: whoever answers at the address has to show a certificate of the host, whatever the environment says of
 * unauthorized ones. `ca`: by whom it has to be signed, in PEM; by one of those that the system's Node trusts if left out.
 */
export const tlsDial =
  ({ ca }: { readonly ca?: string } = {}): Dial =>
  ({ address, port, host }) =>
    connect({
      host: address,
      port,
      servername: host,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    });

// IANA's special-purpose registries. Of IPv6 only global unicast is public, less what embeds or stands for other addresses.
const special = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(net, prefix, 'ipv6');
const globalUnicast = new BlockList();
// 2000::/3, named by an address within it.
globalUnicast.addSubnet('2001::', 3, 'ipv6');

/** Whether an address is one that anybody may be sent to: no private, loopback, link-local, metadata or otherwise special one. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, 'ipv4');
  return version === 6 && globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

const longestMs = 10_000;
/** Bytes of an answer that are read, and dropped, before its connection is. */
const answerLimit = 16 * 1024;

/** How an attempt went: the receiver took it, has none of this any more (410), or it failed, in a few words that name no address. */
export type Sent = { readonly kind: 'delivered' } | { readonly kind: 'gone' } | { readonly kind: 'failed'; readonly why: string };
export type Send = (of: { url: string; headers: Readonly<Record<string, string>>; body: string }) => Promise<Sent>;

const failed = (why: string): Sent => ({ kind: 'failed', why });

export function makeSend(of: { readonly resolve?: Resolve; readonly dial?: Dial; readonly timeoutMs?: number } = {}): Send {
  const { resolve = resolveBySystem, dial = tlsDial(), timeoutMs = longestMs } = of;
  return async ({ url, headers, body }) => {
    const { hostname: host, pathname, search } = new URL(url);
    const addresses = await resolve(host).catch(() => []);
    const [address] = addresses;
    if (address === undefined) return failed('the host has no address');
    // One that is not public spoils them all: a name that has both is no mistake.
    if (!addresses.every(isPublic)) return failed('the host has an address that is not public');
    return new Promise<Sent>((settle) => {
      const socket = dial({ address, port: 443, host });
      const sent = request({
        // The connection is ours, and TLS is its: the agent of node:https would make one of its own.
        createConnection: () => socket,
        method: 'POST',
        host,
        path: `${pathname}${search}`,
        headers: {
          ...headers,
          host,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'compute-voucher-ledger',
          connection: 'close',
        },
      });
      const end = (outcome: Sent): void => {
        clearTimeout(timer);
        settle(outcome);
        sent.destroy();
        socket.destroy();
      };
      // For the whole of it: connecting, sending, and the head of the answer.
      const timer = setTimeout(() => end(failed('no answer in time')), timeoutMs);
      sent.on('response', (response) => {
        const { statusCode = 0 } = response;
        const outcome: Sent =
          statusCode >= 200 && statusCode < 300
            ? { kind: 'delivered' }
            : statusCode === 410
              ? { kind: 'gone' }
              : failed(`answered ${statusCode}`);
        let read = 0;
        response.on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read > answerLimit) end(outcome);
        });
        response.on('end', () => end(outcome));
        response.on('error', () => end(outcome));
      });
      // The cause may name an address: it is not kept.
      sent.on('error', () => end(failed('the connection failed')));
      sent.end(body);
    });
  };
}
