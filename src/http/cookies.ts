// Cookies that say who somebody is: over TLS alone, for this host alone, out of reach of scripts, and never sent from another site. Read and
// written where they are needed; as a plugin they would be parsed for every request.
import { fastifyCookie } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const readCookie = (request: FastifyRequest, name: string): string | undefined =>
  request.headers.cookie === undefined ? undefined : fastifyCookie.parse(request.headers.cookie)[name];

/** `name` begins with `__Host-`. `maxAgeMs`: 0 takes it away; without it, it is kept until the browser is closed. */
export function writeCookie(reply: FastifyReply, name: string, value: string, maxAgeMs?: number): void {
  const cookie = fastifyCookie.serialize(name, value, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'strict',
    ...(maxAgeMs === undefined ? {} : { maxAge: Math.floor(maxAgeMs / 1000) }),
  });
  // Fastify keeps several of this header.
  void reply.header('set-cookie', cookie);
}
