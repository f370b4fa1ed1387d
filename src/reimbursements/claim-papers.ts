// The numbers of tax invoices that an enterprise declares, claimed across all books like those of usage invoices (usage/claim-number.ts):
// what is declared here can then be posted or declared nowhere else unmarked, and what is claimed already is marked here. The owner of
// such a claim is the application on its way, so a second one of the same enterprise is marked too. It ends when the application is
// refused or rejected.
import type { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { submitReimbursement } from '../../schemas/reimbursements.js';
import { uuidv7 } from '../identifiers.js';
import type { Outcome } from '../ledger/lane.js';
import type { NumberClaim } from '../usage/claim-number.js';
import { claimNumbers, releaseNumbers } from '../usage/claim-number.js';
import { findReimbursement, numbersDeclared, numbersHeld } from './queries.js';
import { isInvoiceNumber, paperNumber } from './rules.js';

type Body = z.output<typeof submitReimbursement>;

/** What was claimed for an application on its way; undefined where nothing was, for a dry run. */
export interface Claimed {
  readonly claims?: readonly NumberClaim[];
}

/** Before the lane: takes a hold on each invoice number among the declared items. */
export async function claimPapers(
  db: Database,
  of: { readonly bookId: string; readonly body: Body; readonly now: Date },
): Promise<Body & Claimed> {
  const { bookId, body, now } = of;
  const numbers = [...new Set(body.items?.map(({ reference }) => paperNumber(reference)).filter(isInvoiceNumber))];
  if (numbers.length === 0) return { ...body, claims: [] };
  const owner = uuidv7(now);
  const asked = numbers.map((number): NumberClaim => ({ number, bookId, providerId: owner }));
  const isHeld = await claimNumbers(db, asked, now);
  return { ...body, claims: asked.filter(isHeld) };
}

/** The same for a draft that is about to be submitted: what is declared stands in it. */
export async function claimDraft<Sent extends object>(
  db: Database,
  of: { bookId: string; reimbursementId: string; legalPersonUscc: string | null; body: Sent; now: Date },
): Promise<Sent & Claimed> {
  const { bookId, body, now } = of;
  const row = await findReimbursement(db, of);
  if (row?.status !== 'DRAFT') return body;
  const { claims = [] } = await claimPapers(db, { bookId, body: row.draft as Body, now });
  return { ...body, claims };
}

/** After the lane: gives back the holds that no application was made with; a draft may have been written anew since they were taken. */
export async function releaseUnused(
  db: Database,
  of: { readonly bookId: string; readonly body: object & Claimed; readonly outcome: Outcome<{ reimbursementId: string }> },
): Promise<void> {
  const { bookId, outcome } = of;
  const { claims = [] } = of.body;
  if (claims.length === 0) return;
  const isMade = outcome.kind === 'accepted' && !outcome.replayed;
  const used = new Set(isMade ? await numbersDeclared(db, bookId, outcome.result.reimbursementId) : []);
  await releaseNumbers(
    db,
    claims.filter(({ number }) => !used.has(number)),
  );
}

/** After an application was rejected or withdrawn: gives back what it held. */
export async function releaseEnded(
  db: Database,
  of: { readonly bookId: string; readonly reimbursementId: string; readonly outcome: Outcome<unknown> },
): Promise<void> {
  const { bookId, reimbursementId, outcome } = of;
  if (outcome.kind !== 'accepted' || outcome.replayed) return;
  const held = await numbersHeld(db, bookId, reimbursementId);
  await releaseNumbers(
    db,
    held.map(({ number, owner }) => ({ number, bookId, providerId: owner })),
  );
}
