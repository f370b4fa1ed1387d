/** People who sign in, for tests: a browser with its cookies, an authenticator app. Not a test itself. */
import type { Answer, Caller, Service, TestBook } from '../service.js';
import { expectStatus } from '../service.js';
import { codeOf, stepAt } from '../../src/sign-in/totp.js';

/** Of a page of the service itself, as every browser says it. */
const ownSite = { 'sec-fetch-site': 'same-origin' };

export interface Browser {
  readonly cookies: Map<string, string>;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** A browser at a book: keeps the cookies it is given, and says where its pages come from. `app`: which process answers. */
export function browser(
  service: Service,
  book: string,
  of: { address?: string; agent?: string; app?: Service['app'] } = {},
): Browser {
  const cookies = new Map<string, string>();
  const { app = service.app, address = '192.0.2.1', agent = 'Test Browser' } = of;
  const send = async (method: 'GET' | 'POST', url: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const payload = method === 'POST' ? JSON.stringify(body ?? {}) : '';
    service.canaries.sent(payload);
    const response = await app.inject({
      method,
      url: `/v1/books/${book}${url}`,
      remoteAddress: address,
      headers: {
        'user-agent': agent,
        ...(cookie === '' ? {} : { cookie }),
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(method === 'POST' ? { payload } : {}),
    });
    // Secrets of second factors and tokens are shown once, in answers.
    service.canaries.sent(response.body);
    service.canaries.answered(`${method} ${url}`, response.statusCode, response.body);
    for (const line of [response.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) cookies.delete(name);
      else {
        cookies.set(name, value);
        service.canaries.keep(value);
      }
    }
    const isJson = /[/+]json/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      body: isJson ? (JSON.parse(response.body) as unknown) : response.body,
      headers: response.headers,
    };
  };
  return {
    cookies,
    get: (url, headers = {}) => send('GET', url, undefined, headers),
    post: (url, body, headers = ownSite) => send('POST', url, body, headers),
  };
}

/** What an app shows for a secret at a moment; `later`: so many steps after it. */
export function codeFor(secret: string, now: Date, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const character of secret) bits += alphabet.indexOf(character).toString(2).padStart(5, '0');
  const bytes = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  return codeOf(bytes, stepAt(now) + later);
}

export const goodPassword = 'tangerine-lantern-78-orbit';

export interface SignedUp {
  readonly member: Caller;
  readonly signInName: string;
  readonly secret: string;
  readonly recoveryCodes: string[];
  readonly browser: Browser;
}

/** A member who was invited, has set a password and an app, and is signed in. The clock goes on by a minute. */
export async function signUp(
  service: Service,
  book: TestBook,
  member: Caller,
  of: { signInName: string; password?: string; browser?: Browser; confirmedBy?: Caller },
): Promise<SignedUp> {
  const { signInName, password = goodPassword } = of;
  const at = of.browser ?? browser(service, book.code);
  const { token, invitationId } = expectStatus(
    await book.operator.post(`/members/${member.memberId}/invite`, { signInName }),
    201,
  );
  if (of.confirmedBy) expectStatus(await of.confirmedBy.post(`/invitations/${String(invitationId)}/confirm`), 200);
  const { secret } = expectStatus(await at.post('/sign-in/invitations/accept', { token, password }), 200);
  const code = codeFor(secret as string, service.clock.now());
  const { recoveryCodes } = expectStatus(await at.post('/sign-in/invitations/confirm', { token, code }), 200);
  pass(service, 60);
  return { member, signInName, secret: secret as string, recoveryCodes: recoveryCodes as string[], browser: at };
}

/** Seconds go by. */
export const pass = ({ clock }: Pick<Service, 'clock'>, seconds: number): void =>
  clock.set(new Date(clock.now().getTime() + seconds * 1000));

/** Both steps; the second's answer. */
export async function signIn(
  service: Service,
  at: Browser,
  of: Pick<SignedUp, 'signInName' | 'secret'> & { password?: string; memberId?: string },
): Promise<Answer> {
  const first = await at.post('/sign-in/password', { signInName: of.signInName, password: of.password ?? goodPassword });
  const { pendingToken } = expectStatus(first, 200);
  const code = codeFor(of.secret, service.clock.now());
  return at.post('/sign-in/second-factor', {
    pendingToken,
    code,
    ...(of.memberId === undefined ? {} : { memberId: of.memberId }),
  });
}
