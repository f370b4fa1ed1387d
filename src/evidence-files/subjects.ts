// What a file may be evidence of: for each kind of thing, how it is found, whose it is, and from when on its decision rests on its files.
import type { SubjectKind } from '../../schemas/evidence-files.js';
import { applicationShelf } from '../applications/facts.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { gatherPanels, panelOf } from '../experts/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { objectionShelf } from '../notices/facts.js';
import { payeeAccountShelf } from '../payees/facts.js';
import { facilityShelf, listingApplicationShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { invoiceShelf, paymentShelf, redLetterShelf } from '../usage/facts.js';
import type { Subject } from './rules.js';

interface Found {
  readonly providerId?: string;
  readonly enterpriseId?: string;
  readonly state: string;
  readonly isDecided: boolean;
}
interface Kind {
  load(loader: Loader, ids: readonly string[]): Promise<unknown>;
  find(facts: Facts, id: string): Found | undefined;
}

const loadPayments = async (loader: Loader, ids: readonly string[]): Promise<void> => {
  const payments = await loader.load(paymentShelf, 'id', ids);
  await loader.load(
    invoiceShelf,
    'id',
    payments.map(({ invoiceId }) => invoiceId),
  );
};
const loadRedLetters = async (loader: Loader, ids: readonly string[]): Promise<void> => {
  const letters = await loader.load(redLetterShelf, 'id', ids);
  await loader.load(
    invoiceShelf,
    'id',
    letters.map(({ invoiceId }) => invoiceId),
  );
};
const loadObservations = async (loader: Loader, ids: readonly string[]): Promise<void> => {
  const observations = await loader.load(observationShelf, 'id', ids);
  await loader.load(
    facilityShelf,
    'id',
    observations.map(({ facilityId }) => facilityId),
  );
};
/** Whether an invoice or what was paid on it has become the base of an award. */
export const isClaimed = ({ redemptionId, reimbursedLines }: { redemptionId: string | null; reimbursedLines: number }): boolean =>
  redemptionId !== null || reimbursedLines > 0;
const isOneOf = (state: string, ...states: readonly string[]): boolean => states.includes(state);

const kinds: Readonly<Record<SubjectKind, Kind>> = {
  CONTRACT: {
    load: (loader, ids) => loader.load(contractShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(contractShelf, id);
      return of && { ...of, state: of.status, isDecided: !isOneOf(of.status, 'SUBMITTED', 'CONFIRMED') };
    },
  },
  APPLICATION: {
    load: (loader, ids) => loader.load(applicationShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(applicationShelf, id);
      return of && { enterpriseId: of.enterpriseId, state: of.status, isDecided: isOneOf(of.status, ...decidedCases) };
    },
  },
  REIMBURSEMENT: {
    load: (loader, ids) => loader.load(reimbursementShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(reimbursementShelf, id);
      return of && { enterpriseId: of.enterpriseId, state: of.status, isDecided: isOneOf(of.status, ...decidedCases) };
    },
  },
  USAGE_INVOICE: {
    load: (loader, ids) => loader.load(invoiceShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(invoiceShelf, id);
      return of && { ...of, state: of.status, isDecided: of.status !== 'POSTED' || isClaimed(of) };
    },
  },
  PAYMENT: {
    load: loadPayments,
    find(facts, id) {
      const of = facts.get(paymentShelf, id);
      const invoice = of && facts.get(invoiceShelf, of.invoiceId);
      return invoice && { ...invoice, state: invoice.status, isDecided: isClaimed(invoice) };
    },
  },
  // A red letter counts once it is posted.
  RED_LETTER: {
    load: loadRedLetters,
    find(facts, id) {
      const of = facts.get(redLetterShelf, id);
      const invoice = of && facts.get(invoiceShelf, of.invoiceId);
      return invoice && { ...invoice, state: 'POSTED', isDecided: true };
    },
  },
  // Who objects has no member here, and the applicant does not read it: its files are the authorities'.
  OBJECTION: {
    load: (loader, ids) => loader.load(objectionShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(objectionShelf, id);
      return of && { state: of.status, isDecided: of.status !== 'OPEN' };
    },
  },
  // Before it is opened its debtor is not told of it, nor of what was gathered until then.
  RECOVERY: {
    load: (loader, ids) => loader.load(recoveryShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(recoveryShelf, id);
      if (!of) return undefined;
      const isTold = of.status !== 'PROPOSED' && of.status !== 'DROPPED';
      return {
        ...(isTold ? { providerId: of.debtorId, enterpriseId: of.debtorId } : {}),
        state: of.status,
        isDecided: of.endedOn !== null,
      };
    },
  },
  // A listing and an observation are decisions when they are recorded.
  LISTING: {
    load: (loader, ids) => loader.load(listingShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(listingShelf, id);
      return of && { providerId: of.providerId, state: 'LISTED', isDecided: true };
    },
  },
  LISTING_APPLICATION: {
    load: (loader, ids) => loader.load(listingApplicationShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(listingApplicationShelf, id);
      return of && { providerId: of.providerId, state: of.status, isDecided: isOneOf(of.status, ...decidedListings) };
    },
  },
  FACILITY_OBSERVATION: {
    load: loadObservations,
    find(facts, id) {
      const of = facts.get(observationShelf, id);
      const facility = of && facts.get(facilityShelf, of.facilityId);
      return facility && { providerId: facility.providerId, state: 'OBSERVED', isDecided: true };
    },
  },
  // A change rests on its files once it is confirmed, and still does when it is objected to.
  PAYEE_ACCOUNT: {
    load: (loader, ids) => loader.load(payeeAccountShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(payeeAccountShelf, id);
      if (!of) return undefined;
      const { providerId, enterpriseId, status } = of;
      const party = providerId === null ? { enterpriseId: enterpriseId ?? '' } : { providerId };
      return { ...party, state: status, isDecided: status !== 'PROPOSED' };
    },
  },
};
const decidedCases = ['ALLOCATED', 'APPROVED', 'REJECTED', 'WITHDRAWN'];
const decidedListings = ['LISTED', 'REJECTED', 'WITHDRAWN'];

/** What a command names. */
export interface Named {
  readonly subjectKind: SubjectKind;
  readonly subjectId: string;
}

/** Gathers what `subjectOf` needs of these things. */
export async function gatherSubjects(loader: Loader, named: readonly Named[]): Promise<void> {
  const all = Object.keys(kinds) as SubjectKind[];
  const idsOf = (kind: SubjectKind): string[] => named.filter((of) => of.subjectKind === kind).map((of) => of.subjectId);
  await Promise.all(all.map((kind) => kinds[kind].load(loader, idsOf(kind))));
  await gatherPanels(loader, [...idsOf('APPLICATION'), ...idsOf('REIMBURSEMENT')]);
  const found = named.flatMap(({ subjectKind, subjectId }) => kinds[subjectKind].find(loader.facts, subjectId) ?? []);
  await Promise.all([
    loader.load(
      providerShelf,
      'id',
      found.flatMap((of) => of.providerId ?? []),
    ),
    loader.load(
      enterpriseShelf,
      'id',
      found.flatMap((of) => of.enterpriseId ?? []),
    ),
  ]);
}

/** A gathered thing with its parties, or undefined when there is none. */
export function subjectOf(facts: Facts, { subjectKind: kind, subjectId: id }: Named): Subject | undefined {
  const of = kinds[kind].find(facts, id);
  if (!of) return undefined;
  const provider = of.providerId === undefined ? null : (facts.get(providerShelf, of.providerId) ?? null);
  const enterprise = of.enterpriseId === undefined ? null : (facts.get(enterpriseShelf, of.enterpriseId) ?? null);
  const isCase = kind === 'APPLICATION' || kind === 'REIMBURSEMENT';
  const experts = (isCase ? (panelOf(facts, id)?.assignments ?? []) : [])
    .filter(({ status }) => status === 'DECLARED' || status === 'SCORED')
    .map(({ memberId }) => memberId);
  return { kind, id, provider, enterprise, experts, state: of.state, isDecided: of.isDecided };
}
