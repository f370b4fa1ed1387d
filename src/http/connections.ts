// Connections: how many there may be, and what is said to those that are ended below HTTP. Node ends slow headers itself.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalCode } from '../errors.js';
import { describeRefusal } from '../errors.js';
import { addressBlock } from './buckets.js';
import type { Limits } from './limits.js';

/** Largest sum of a request's headers, in bytes: a key, a few ids and a proxy's additions are less than a kilobyte. */
const maxHeaderBytes = 8 * 1024;

/** Options of Node's server. */
export function serverOptions(limits: Limits) {
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    // Node looks for late headers this often; its own default of 30 s would make the deadline half a minute longer.
    connectionsCheckingInterval: Math.min(1_000, Math.max(10, limits.headersTimeoutMs / 4)),
  };
}

export interface ConnectionCounts {
  readonly open: () => number;
  readonly refused: { process: number; address: number };
}

/** Refuses connections beyond the bounds, with a 503 as far as the client listens. */
export function boundConnections(server: Server, limits: Limits): ConnectionCounts {
  const byAddress = new Map<string, number>();
  const refused = { process: 0, address: 0 };
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const block = addressBlock(socket.remoteAddress ?? '');
    const ofAddress = byAddress.get(block) ?? 0;
    open++;
    byAddress.set(block, ofAddress + 1);
    socket.once('close', () => {
      open--;
      const left = (byAddress.get(block) ?? 1) - 1;
      if (left === 0) byAddress.delete(block);
      else byAddress.set(block, left);
    });
    const over = open > limits.connections ? 'process' : ofAddress >= limits.connectionsPerAddress ? 'address' : null;
    if (!over) return;
    refused[over]++;
    endWith(socket, over === 'process' ? 'SERVICE_BUSY' : 'TOO_MANY_REQUESTS');
  });
  return { open: () => open, refused };
}

/** What Node could not read as a request, or did not get in time. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') answerTimeout(socket);
  else endWith(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'MALFORMED_REQUEST');
}

/** The client took too long to send its request. */
export const answerTimeout = (socket: Socket): void => endWith(socket, 'REQUEST_TIMEOUT');

/** Says the refusal in both languages, for the reader's is not known here, and ends the connection. */
function endWith(socket: Socket, code: RefusalCode): void {
  const [zh, en] = [describeRefusal(code, {}, 'zh'), describeRefusal(code, {}, 'en')];
  const body = JSON.stringify({
    type: `urn:compute-voucher-ledger:problem:${code}`,
    title: `${zh.title} ${en.title}`,
    status: zh.status,
    code,
    detail: `${zh.detail} ${en.detail}`,
  });
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(
    `HTTP/1.1 ${zh.status} ${reasonOf(zh.status)}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
      `${zh.status === 503 || zh.status === 429 ? 'Retry-After: 1\r\n' : ''}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

const reasonOf = (status: number): string =>
  ({ 400: 'Bad Request', 408: 'Request Timeout', 429: 'Too Many Requests', 431: 'Request Header Fields Too Large' })[status] ??
  'Service Unavailable';
