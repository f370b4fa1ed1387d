// What every answer tells a browser: nothing of ours is framed, guessed at by type, told to other sites, or kept by anybody on the way.
import type { ServerResponse } from 'node:http';

/** The API is data: nothing in an answer may load or run. The API page brings its own, below. */
const ofData = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * Sets the headers of an answer before anything else is known of it, so that refusals, streams and bugs carry them too; what a route sets
 * itself stands. `hstsSeconds`: how long browsers shall ask for this host by TLS alone; 0 where nothing in front of the service speaks it.
 */
export function securityHeaders(hstsSeconds: number): (url: string, response: ServerResponse) => void {
  const always: readonly (readonly [string, string])[] = [
    ['x-content-type-options', 'nosniff'],
    ['content-security-policy', ofData],
    ['referrer-policy', 'no-referrer'],
    ['cross-origin-resource-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ...(hstsSeconds === 0 ? [] : ([['strict-transport-security', `max-age=${hstsSeconds}; includeSubDomains`]] as const)),
  ];
  return (url, response) => {
    for (const [name, value] of always) response.setHeader(name, value);
    if (url.startsWith('/v1/')) response.setHeader('cache-control', 'no-store');
  };
}

/** The API page: its own scripts, styles and pictures, and requests to this very service. */
export const policyOfDocs = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};
