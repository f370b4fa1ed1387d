// People sign in by an issuer of OpenID Connect: here a small one on the loopback, which lies in every way that an issuer, or somebody between,
// could.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Answer } from '../service.js';
import { expectStatus, startService } from '../service.js';
import type { Browser } from './world.js';
import { browser, codeFor, pass, signUp } from './world.js';

const publicOrigin = 'https://voucher.example.cn';
const client = { clientId: 'voucher-ledger', clientSecret: 'a secret of two' };

/** What an issuer answers otherwise than it should. */
interface Lie {
  readonly claims?: Record<string, unknown>;
  readonly signedByAnother?: true;
  readonly silent?: true;
}

/** An issuer: whoever comes is `subject`. `grant` is a person's way through its pages; the answer is the query it sends them back with. */
async function startIssuer(of: { teardown(handler: () => Promise<void>): void }) {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const another = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const codes = new Map<string, { nonce: string; challenge: string; redirectUri: string; subject: string; lie: Lie }>();
  const used: string[] = [];
  let issuer = '';
  const part = (of: object) => Buffer.from(JSON.stringify(of)).toString('base64url');
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status: number, body: object) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (request.url === '/.well-known/openid-configuration') {
        answer(200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['ES256'],
        });
        return;
      }
      if (request.url === '/keys') {
        answer(200, { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }] });
        return;
      }
      const sent = new URLSearchParams(Buffer.concat(chunks).toString());
      const code = sent.get('code') ?? '';
      const granted = codes.get(code);
      codes.delete(code);
      const challenge = createHash('sha256')
        .update(sent.get('code_verifier') ?? '')
        .digest('base64url');
      const asked = request.headers.authorization;
      const [id, secret] = Buffer.from((asked ?? '').replace('Basic ', ''), 'base64')
        .toString()
        .split(':')
        .map((text) => decodeURIComponent(text.replaceAll('+', ' ')));
      const isKnown = id === client.clientId && secret === client.clientSecret;
      if (granted?.lie.silent) {
        request.socket.destroy();
        return;
      }
      if (granted?.challenge !== challenge || granted.redirectUri !== sent.get('redirect_uri') || !isKnown) {
        answer(400, { error: 'invalid_grant' });
        return;
      }
      used.push(code);
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: client.clientId,
        sub: granted.subject,
        nonce: granted.nonce,
        iat: now,
        exp: now + 60,
        ...granted.lie.claims,
      };
      const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part(claims)}`;
      const { privateKey } = granted.lie.signedByAnother ? another : key;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
      answer(200, { access_token: randomBytes(8).toString('hex'), token_type: 'Bearer', id_token: `${signed}.${signature}` });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  of.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    used,
    grant(authorizationUrl: string, subject: string, lie: Lie = {}): string {
      const { searchParams: asked } = new URL(authorizationUrl);
      const said = (name: string) => asked.get(name) ?? '';
      const code = randomBytes(16).toString('hex');
      codes.set(code, {
        nonce: said('nonce'),
        challenge: said('code_challenge'),
        redirectUri: said('redirect_uri'),
        subject,
        lie,
      });
      return new URLSearchParams({ code, state: said('state') }).toString();
    },
  };
}

const codeOfAnswer = ({ status, body }: Answer): string =>
  `${status} ${(body as { code?: string } | undefined)?.code ?? ''}`.trim();

void t.test('signing in by an issuer', async (t) => {
  const issuer = await startIssuer(t);
  const service = await startService(t, {
    publicOrigin,
    issuers: [
      { name: 'city', issuer: issuer.issuer, ...client },
      { name: 'gone', issuer: 'http://127.0.0.1:9', ...client },
    ],
  });
  const book = await service.newBook('zhengzhou');
  const guest = (): Browser => browser(service, 'zhengzhou');
  const start = async (at: Browser, more: object = {}) =>
    expectStatus(await at.post('/sign-in/issuers/start', { issuer: 'city', ...more }), 200).authorizationUrl as string;
  const complete = (at: Browser, answer: string) => at.post('/sign-in/issuers/complete', { answer });
  const signInBy = async (subject: string, at = guest()) => complete(at, issuer.grant(await start(at), subject));

  t.match((await guest().get('/sign-in/issuers')).body, { items: [{ name: 'city' }, { name: 'gone' }] });
  t.equal(codeOfAnswer(await guest().post('/sign-in/issuers/start', { issuer: 'nowhere' })), '404 ISSUER_UNKNOWN');
  t.equal(codeOfAnswer(await guest().post('/sign-in/issuers/start', { issuer: 'gone' })), '503 ISSUER_UNAVAILABLE');
  t.equal(codeOfAnswer(await signInBy('subject-1')), '403 ISSUER_SUBJECT_UNKNOWN', 'nobody is linked by what an issuer says');

  // By an invitation: the subject is linked, the invitation accepted, and the session has shown no second factor.
  const member = await book.member('operator', { personName: '王小明' });
  const { token } = expectStatus(await book.operator.post(`/members/${member.memberId}/invite`, { signInName: 'wang' }), 201) as {
    token: string;
  };
  const at = guest();
  const url = new URL(await start(at, { invitationToken: token }));
  t.match(Object.fromEntries(url.searchParams), {
    client_id: client.clientId,
    redirect_uri: `${publicOrigin}/sign-in/zhengzhou`,
    response_type: 'code',
    scope: 'openid',
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
    state: /^[\w-]{43}$/,
    nonce: /^[\w-]{43}$/,
  });
  t.match((await complete(at, issuer.grant(url.href, 'subject-1'))).body, { memberId: member.memberId, secondFactorAt: null });
  t.equal((await at.get('/me')).status, 200);
  t.match((await at.get('/account')).body, { hasPassword: false, hasSecondFactor: false, issuers: ['city'] });
  t.equal(
    codeOfAnswer(await guest().post('/sign-in/issuers/start', { issuer: 'city', invitationToken: token })),
    '410 INVITATION_UNUSABLE',
  );
  t.equal(
    codeOfAnswer(await guest().post('/sign-in/password', { signInName: 'wang', password: '' })),
    '401 SIGN_IN_REFUSED',
    'no password is none',
  );
  t.equal(codeOfAnswer(await at.post('/members', { personName: '甲', role: 'auditor' })), '403 STEP_UP_REQUIRED');

  // What does not hold is refused, and nothing follows from it.
  const table: [what: string, lie: Lie, answer: string][] = [
    ['another nonce', { claims: { nonce: 'x'.repeat(43) } }, '401 ISSUER_ANSWER_REFUSED'],
    ['no nonce', { claims: { nonce: undefined } }, '401 ISSUER_ANSWER_REFUSED'],
    ['another audience', { claims: { aud: 'somebody-else' } }, '401 ISSUER_ANSWER_REFUSED'],
    ['another issuer', { claims: { iss: 'https://evil.example' } }, '401 ISSUER_ANSWER_REFUSED'],
    ['expired', { claims: { exp: Math.floor(Date.now() / 1000) - 600 } }, '401 ISSUER_ANSWER_REFUSED'],
    ['no subject', { claims: { sub: undefined } }, '401 ISSUER_ANSWER_REFUSED'],
    ['signed by another', { signedByAnother: true }, '401 ISSUER_ANSWER_REFUSED'],
    ['no answer', { silent: true }, '503 ISSUER_UNAVAILABLE'],
  ];
  for (const [what, lie, answer] of table) {
    const from = guest();
    t.equal(codeOfAnswer(await complete(from, issuer.grant(await start(from), 'subject-1', lie))), answer, what);
    t.notOk(from.cookies.has('__Host-session-zhengzhou'), `${what}: no session`);
  }
  const from = guest();
  const answer = issuer.grant(await start(from), 'subject-1');
  const another = guest();
  await start(another);
  t.equal(codeOfAnswer(await complete(another, answer)), '401 ISSUER_FLOW_OVER', 'another browser’s');
  t.equal(codeOfAnswer(await complete(from, answer.replace(/state=.*/, 'state=x'))), '401 ISSUER_FLOW_OVER', 'another state');
  const browserCookie = from.cookies.get('__Host-issuer-zhengzhou') ?? '';
  from.cookies.set('__Host-issuer-zhengzhou', browserCookie);
  expectStatus(await complete(from, answer), 200);
  from.cookies.set('__Host-issuer-zhengzhou', browserCookie);
  t.equal(codeOfAnswer(await complete(from, answer)), '401 ISSUER_FLOW_OVER', 'replayed: its state was used');
  const again = await start(from);
  const replayed = new URLSearchParams({ code: issuer.used.at(-1) ?? '', state: new URL(again).searchParams.get('state') ?? '' });
  t.equal(codeOfAnswer(await complete(from, replayed.toString())), '401 ISSUER_ANSWER_REFUSED', 'replayed: its code was used');
  const denied = await start(from);
  const refusal = new URLSearchParams({ error: 'access_denied', state: new URL(denied).searchParams.get('state') ?? '' });
  t.equal(codeOfAnswer(await complete(from, refusal.toString())), '401 ISSUER_ANSWER_REFUSED');
  const late = guest();
  const lateAnswer = issuer.grant(await start(late), 'subject-1');
  pass(service, 601);
  t.equal(codeOfAnswer(await complete(late, lateAnswer)), '401 ISSUER_FLOW_OVER', 'over after ten minutes');

  // A second factor of our own: enrolled in a session that has just begun, asked for from then on.
  t.equal(codeOfAnswer(await at.post('/account/second-factor')), '403 STEP_UP_REQUIRED', 'the session is eleven minutes old');
  const fresh = guest();
  expectStatus(await signInBy('subject-1', fresh), 200);
  t.equal(codeOfAnswer(await fresh.post('/sign-in/step-up', { code: '000000' })), '401 CODE_REFUSED', 'there is none yet');
  const { secret } = expectStatus(await fresh.post('/account/second-factor'), 200) as { secret: string };
  expectStatus(await fresh.post('/account/second-factor/confirm', { code: codeFor(secret, service.clock.now()) }), 200);
  t.equal((await fresh.post('/members', { personName: '甲', role: 'auditor' })).status, 201, 'shown just now');
  t.equal(codeOfAnswer(await fresh.post('/account/password', { currentPassword: 'x', newPassword: 'y' })), '409 PASSWORD_NONE');
  pass(service, 60);
  const next = guest();
  const { pendingToken } = expectStatus(await signInBy('subject-1', next), 200) as { pendingToken: string };
  t.notOk(next.cookies.has('__Host-session-zhengzhou'));
  t.match((await next.post('/sign-in/second-factor', { pendingToken, code: codeFor(secret, service.clock.now()) })).body, {
    memberId: member.memberId,
  });

  // Linked by who is signed in, and never two persons with one subject.
  const zhao = await signUp(service, book, await book.member('auditor'), { signInName: 'zhao' });
  const link = async (subject: string) => {
    const { authorizationUrl } = expectStatus(await zhao.browser.post('/account/issuers', { issuer: 'city' }), 200) as {
      authorizationUrl: string;
    };
    return complete(zhao.browser, issuer.grant(authorizationUrl, subject));
  };
  t.equal(codeOfAnswer(await link('subject-1')), '409 ISSUER_SUBJECT_TAKEN');
  t.match((await link('subject-2')).body, { linked: true });
  t.match((await link('subject-3')).body, { linked: true }, 'another in its place');
  t.equal(codeOfAnswer(await signInBy('subject-2')), '403 ISSUER_SUBJECT_UNKNOWN');
  t.match((await signInBy('subject-3')).body, { pendingToken: /./ });
  const kept = await service.db.sql<{ all: string }[]>`select string_agg(s::text, '') as all from issuer_subjects s`;
  t.notMatch(kept[0]?.all, /subject-/, 'whom an issuer calls somebody is not kept');
});
