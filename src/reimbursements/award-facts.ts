// An application's lines as the evaluator asks for them: who applies, whom each line was bought of, where and when it was used and
// settled, and what the limits of the law take their numbers and windows from.
import type { Enterprise, Reimbursement, ReimbursementLine, ReimbursementLineCut } from '../../db/tables.js';
import type { Known, Question } from '../applications/evaluation-facts.js';
import {
  applicantOf,
  contractLinesOf,
  counterpartyOf,
  dealingOf,
  evaluatorLine,
  gatherApplicants,
  gatherContractFacts,
  gatherCounterparties,
  gatherNumbers,
  mattersOf,
  numbered,
} from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherLimits } from '../ledger/limits.js';
import type { AwardFacts, Dealing, SettledLine } from '../programmes/evaluate.js';
import { limitsTouched, nothingOnRecord } from '../programmes/evaluate.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { limitWindowOf } from '../programmes/limits.js';
import type { Predicates } from './rules.js';
import { leftOf } from './rules.js';

/** Who applies, for what, on which day: of an application that is there, or about to be. */
export type Applying = Pick<Reimbursement, 'enterpriseId' | 'submittedOn' | 'baseYear' | 'matters'>;

/** What is asked: under which law, about which lines of whom; an award would be booked on `bookedOn`. */
export interface Asked {
  readonly law: ProgrammeVersion;
  readonly of: Applying;
  readonly lines: readonly ReimbursementLine[];
  /** What red letters took of them since; left out: nothing. */
  readonly cuts?: readonly ReimbursementLineCut[];
  readonly bookedOn: Day;
  readonly predicates: Predicates;
  /** What was on record when it was decided; left out: all that is. */
  readonly known?: Known;
}

type Unlimited = Omit<AwardFacts, 'limitsLeft' | 'poolLeft' | 'approvedFen' | 'requestedFen' | 'maximumFen'>;

/** The lines, grouped as the evaluator's items are, with all that the evaluator is told of them. */
export interface Case {
  readonly law: ProgrammeVersion;
  readonly lines: readonly (readonly ReimbursementLine[])[];
  readonly at: Unlimited;
}

/** Gathers who applies, and all that lines of these contracts, or declared of these counterparties, rest on. */
export async function gatherDealings(
  loader: Loader,
  of: {
    readonly enterpriseIds: readonly string[];
    readonly contractIds: readonly string[];
    readonly counterparties: readonly { readonly enterpriseId: string; readonly uscc: string }[];
  },
): Promise<void> {
  await Promise.all([gatherContractFacts(loader, [...new Set(of.contractIds)]), gatherApplicants(loader, of.enterpriseIds)]);
  await gatherCounterparties(loader, of.counterparties);
}

/** Gathers what the limits look at that awards on these lines would count against, and their accounts. */
export async function gatherAwardLimits(loader: Loader, asked: readonly Asked[]): Promise<void> {
  const touched = await gatherNumbers(
    loader,
    asked.filter(({ lines }) => lines.length > 0).map((of) => questionOf(loader.facts, of).question),
  );
  await gatherLimits(loader, touched.flat().map(limitWindowOf));
}

/** A gathered question, as the evaluator is asked. */
export function caseOf(facts: Facts, asked: Asked): Case {
  const { lines, question } = questionOf(facts, asked);
  return { law: asked.law, lines, at: numbered(facts, question) };
}

function questionOf(facts: Facts, asked: Asked): { lines: Case['lines']; question: Question<Unlimited> } {
  const { law, of, known } = asked;
  const enterprise = there(facts.get(enterpriseShelf, of.enterpriseId));
  const groups = new Map<string, ReimbursementLine[]>();
  for (const line of asked.lines) {
    const key = line.contractId ?? line.counterpartyUscc;
    const group = groups.get(key);
    if (group) group.push(line);
    else groups.set(key, [line]);
  }
  const lines = [...groups.values()];
  const matters = mattersOf(of);
  const bare: Unlimited = {
    ...nothingOnRecord(asked.bookedOn),
    appliedOn: of.submittedOn,
    enterprise: applicantOf(facts, enterprise, {
      appliedOn: of.submittedOn,
      predicates: asked.predicates,
      ...(known && { known }),
    }),
    matters,
    baseYear: of.baseYear,
    items: lines.map((group) => ({
      ...itemOf(facts, enterprise, group, known),
      lines: settledLines(facts, group, asked.cuts ?? []),
    })),
  };
  const contractIds = [...new Set(asked.lines.flatMap(({ contractId }) => contractId ?? []))];
  // Of the project, and of the one contract where there is only one.
  const upstreamHolders = [matters.PROJECT, contractIds.length === 1 ? contractIds[0] : undefined].filter(
    (holder) => holder !== undefined,
  );
  const touches: Question['touches'] = (at) => limitsTouched(law, 'AWARD', { ...bare, ...at, limitsLeft: {} });
  return { lines, question: { law, bare, upstreamHolders, known, touches } };
}

/** Whom the lines of one contract, or what was declared of one counterparty, were bought of: related if so on any day of use. */
function itemOf(facts: Facts, enterprise: Enterprise, group: readonly ReimbursementLine[], known: Known | undefined): Dealing {
  const [first] = group;
  if (first === undefined) throw new Error('a group without lines');
  const days = {
    from: group.map(({ usedFrom }) => usedFrom).reduce((a, b) => (a < b ? a : b)),
    to: group.map(({ usedTo }) => usedTo).reduce((a, b) => (a > b ? a : b)),
  };
  if (first.contractId === null) {
    const provider = counterpartyOf(facts, enterprise, first.counterpartyUscc, { days, known });
    return { provider, contract: null, facilities: [] };
  }
  return dealingOf(facts, there(facts.get(contractShelf, first.contractId)), { days, known });
}

/** The lines of a group for what is left of them. */
function settledLines(facts: Facts, group: readonly ReimbursementLine[], cuts: readonly ReimbursementLineCut[]): SettledLine[] {
  const contractId = group[0]?.contractId ?? null;
  const ofContract = new Map(
    contractId === null ? [] : contractLinesOf(facts, contractId).map((line) => [line.contractLineId, line]),
  );
  return group.map((found) => {
    const line = leftOf(found, cuts);
    const contractLine = ofContract.get(line.contractLineId ?? '');
    const read = contractLine
      ? evaluatorLine(contractLine, line)
      : {
          lineNo: line.lineNo,
          serviceItem: line.serviceItem,
          facilityId: null,
          chipOrigin: null,
          modelClass: line.modelClass,
          netFen: line.netFen,
          vatFen: line.vatFen,
          grossFen: line.grossFen,
        };
    return { ...read, usage: { from: line.usedFrom, to: line.usedTo }, settledOn: line.settledOn };
  });
}

/** A row that foreign keys promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
