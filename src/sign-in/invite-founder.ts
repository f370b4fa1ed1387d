import { founderId } from '../access/admission.js';
import { hashOfToken, makeToken } from '../access/sessions.js';
import type { Lane } from '../ledger/lane.js';
import { invite } from './invite.js';

/** Invites one of a new book's first two operators to sign in under this name within a week: the token, shown this once. Only `npm run book:create` uses it. */
export async function inviteFounder(lane: Lane, of: { memberId: string; signInName: string }): Promise<string> {
  const { token, hash } = makeToken();
  const outcome = await lane.submit(invite, {
    body: { id: of.memberId, signInName: of.signInName, validDays: 7, made: { token, tokenHash: hash } },
    actor: { memberId: founderId, personId: founderId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
    key: `founding-invitation-${of.signInName}`,
    requestDigest: hashOfToken(`${of.memberId} founding-invitation`),
  });
  if (outcome.kind === 'refused') throw new Error(`the invitation of ${of.signInName} was refused: ${outcome.code}`);
  return token;
}
