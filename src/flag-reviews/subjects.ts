// What a flag may be on: for each kind of thing, how it is found, whether a flag can still hold anything of it, and what of its row says
// that a flag holds it.
import type { Flag } from '../../db/tables.js';
import { applicationShelf } from '../applications/facts.js';
import { contractShelf } from '../contracts/facts.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { invoiceShelf } from '../usage/facts.js';

type SubjectKind = Flag['subjectKind'];

interface Found {
  readonly state: string;
  /** Its case has come to an end, or its money is approved: a flag would hold nothing any more. */
  readonly isOver: boolean;
  readonly amountFen: Fen;
}
interface Kind {
  load(loader: Loader, ids: readonly string[]): Promise<unknown>;
  find(facts: Facts, id: string): Found | undefined;
  /** What changes of the row when so many more flags hold it. */
  hold(facts: Facts, id: string, more: 1 | -1): Change[];
}

const isOneOf = (state: string, ...states: readonly string[]): boolean => states.includes(state);
const notUnderWay = ['DRAFT', 'APPROVED', 'REJECTED', 'WITHDRAWN'];
const nothing = (): Change[] => [];

const kinds: Readonly<Record<SubjectKind, Kind>> = {
  CONTRACT: {
    load: (loader, ids) => loader.load(contractShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(contractShelf, id);
      return of && { state: of.status, isOver: isOneOf(of.status, 'VOIDED', 'WITHDRAWN', 'REJECTED'), amountFen: of.grossFen };
    },
    hold(facts, id, more) {
      const of = facts.get(contractShelf, id);
      return of ? [update(contractShelf, { ...of, holdingFlags: of.holdingFlags + more })] : [];
    },
  },
  APPLICATION: {
    load: (loader, ids) => loader.load(applicationShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(applicationShelf, id);
      return (
        of && { state: of.status, isOver: isOneOf(of.status, ...notUnderWay), amountFen: of.maximumFen ?? of.computedFen ?? 0n }
      );
    },
    hold: nothing,
  },
  REIMBURSEMENT: {
    load: (loader, ids) => loader.load(reimbursementShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(reimbursementShelf, id);
      return of && { state: of.status, isOver: isOneOf(of.status, ...notUnderWay), amountFen: 0n };
    },
    hold: nothing,
  },
  USAGE_INVOICE: {
    load: (loader, ids) => loader.load(invoiceShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(invoiceShelf, id);
      return of && { state: of.status, isOver: isOneOf(of.status, 'VOIDED', 'RETURNED', 'RED_LETTERED'), amountFen: of.grossFen };
    },
    hold(facts, id, more) {
      const of = facts.get(invoiceShelf, id);
      return of ? [update(invoiceShelf, { ...of, holdingFlags: of.holdingFlags + more })] : [];
    },
  },
  REDEMPTION: {
    load: (loader, ids) => loader.load(redemptionShelf, 'id', ids),
    find(facts, id) {
      const of = facts.get(redemptionShelf, id);
      return of && { state: of.status, isOver: of.status !== 'SUBMITTED', amountFen: of.reservedFen };
    },
    hold: nothing,
  },
};

/** Gathers the things that flags are, or are to be, on. */
export async function gatherSubjects(loader: Loader, named: readonly Pick<Flag, 'subjectKind' | 'subjectId'>[]): Promise<void> {
  const idsOf = (kind: SubjectKind): string[] => named.filter((of) => of.subjectKind === kind).map((of) => of.subjectId);
  await Promise.all((Object.keys(kinds) as SubjectKind[]).map((kind) => kinds[kind].load(loader, idsOf(kind))));
}

/** A gathered thing, or undefined when there is none. */
export const subjectOf = (facts: Facts, of: Pick<Flag, 'subjectKind' | 'subjectId'>): Found | undefined =>
  kinds[of.subjectKind].find(facts, of.subjectId);

/** What changes of a gathered thing's row when one more flag holds it, or one less. */
export const holding = (facts: Facts, of: Pick<Flag, 'subjectKind' | 'subjectId'>, more: 1 | -1): Change[] =>
  kinds[of.subjectKind].hold(facts, of.subjectId, more);
