// The numbers of tax invoices that an enterprise declares, claimed across all books like those of usage invoices (usage/claim-number.ts):
// what is declared here can then be posted or declared nowhere else unmarked, and what is claimed already is marked here. The owner of
// such a claim is the application on its way, so a second one of the same enterprise is marked too. It ends when the application is
// refused or rejected.
import type { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { supplement } from '../../schemas/cases.js';
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
  const references = body.items?.map(({ reference }) => reference) ?? [];
  return { ...body, claims: await claimReferences(db, { bookId, references, now }) };
}

/** Takes a hold on each invoice number among these, for an owner of their own; those that are held. */
async function claimReferences(
  db: Database,
  { bookId, references, now }: { readonly bookId: string; readonly references: readonly string[]; readonly now: Date },
): Promise<NumberClaim[]> {
  const numbers = [...new Set(references.map(paperNumber).filter(isInvoiceNumber))];
  if (numbers.length === 0) return [];
  const owner = uuidv7(now);
  const asked = numbers.map((number): NumberClaim => ({ number, bookId, providerId: owner }));
  const isHeld = await claimNumbers(db, asked, now);
  return asked.filter(isHeld);
}

/** Before the lane: takes a hold on each invoice number that answers to a correction list write anew, beside those the application holds. */
export async function claimAnswers<Sent extends z.output<typeof supplement>>(
  db: Database,
  of: { readonly bookId: string; readonly reimbursementId: string; readonly body: Sent; readonly now: Date },
): Promise<Sent & Claimed> {
  const { bookId, reimbursementId, body, now } = of;
  const references = body.answers.flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([field, value]) =>
      /^\/lines\/\d+\/reference$/.test(field) && value !== null ? [value] : [],
    ),
  );
  if (references.length === 0) return { ...body, claims: [] };
  const before = await claimsHeld(db, bookId, reimbursementId);
  const known = new Set(before.map(({ number }) => number));
  const anew = references.filter((reference) => !known.has(paperNumber(reference)));
  return { ...body, claims: [...before, ...(await claimReferences(db, { bookId, references: anew, now }))] };
}

/** After the lane: gives back what the application as it stands now does not name, of what was taken and of what it held before. */
export async function releaseReplaced(
  db: Database,
  of: { readonly bookId: string; readonly reimbursementId: string; readonly body: object & Claimed },
): Promise<void> {
  const { bookId, reimbursementId } = of;
  const { claims = [] } = of.body;
  if (claims.length === 0) return;
  const held = await claimsHeld(db, bookId, reimbursementId);
  const nameOf = ({ number, providerId }: NumberClaim) => `${number} ${providerId}`;
  const kept = new Set(held.map(nameOf));
  await releaseNumbers(
    db,
    claims.filter((claim) => !kept.has(nameOf(claim))),
  );
}

const claimsHeld = async (db: Database, bookId: string, reimbursementId: string): Promise<NumberClaim[]> =>
  (await numbersHeld(db, bookId, reimbursementId)).map(({ number, owner }) => ({ number, bookId, providerId: owner }));

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
  await releaseNumbers(db, await claimsHeld(db, bookId, reimbursementId));
}
