// What a case is about: who asks, for what, on which day, and what is on record of it; and which day's law decides. Facts handed in by
// whoever evaluates; nothing here reads or decides an amount.
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { lawOn } from './language.js';
import type { Law, Matter, ProgrammeVersion } from './language.js';
import type { Applicant, ContractTerms, Dealing, Line } from './lines.js';

/** What the numbers and windows of limits depend on. */
export interface LimitFacts {
  /**
   * The ledger's day of the issue or award, or of the redemption's approval (while reserving: of its receipt): decides the window of a
   * limit, and its amount.
   */
  bookedOn: Day;
  /** What the application is about, where rules look at several awards together. */
  matters: Readonly<Partial<Record<Matter, string>>>;
  /** Limit id → the figure on record that is its number (fen). A limit that asks for one and is not here is unknown. */
  figures: Readonly<Record<string, Fen>>;
  /** National and provincial money of the project or the contract (fen), and whether there is any. */
  upstream: { supported: boolean; amountFen: Fen };
  /** Limit id → what approved exceptions raised it by, for this holder and window (fen); of a soft limit only. */
  raised: Readonly<Record<string, Fen>>;
  /** Limit id → the year of the holder's first award under it; one that is not here begins with this award. */
  firstAwardYears: Readonly<Record<string, number>>;
}

/** Nothing on record but the day. */
export const nothingOnRecord = (bookedOn: Day): LimitFacts => ({
  bookedOn,
  matters: {},
  figures: {},
  upstream: { supported: false, amountFen: 0n },
  raised: {},
  firstAwardYears: {},
});

/** Who, on what contract, and when: enough for `limitsTouched`. */
export interface Circumstances extends Applicant, Dealing, LimitFacts {
  contract: ContractTerms & { lines: readonly Line[] };
}

export interface IssueFacts extends Circumstances {
  /** What is left, per id of `limitsTouched('ISSUE')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  /** Granted and promised to nobody; leave out for a trial. */
  poolLeft?: Fen | undefined;
  /** Of a CEILING rate, what the approver granted. */
  approvedBasisPoints?: number | undefined;
  /** What the enterprise asked for; more than it has a right to is refused. */
  requestedFen?: Fen | undefined;
  /** What an approval bound: more is cut, never refused. */
  maximumFen?: Fen | undefined;
}

/** A line that was bought, used and paid for, to be reimbursed. `settledOn`: paid in full on that day; null: not yet. */
export interface SettledLine extends Line {
  usage: { from: Day; to: Day };
  settledOn: Day | null;
}

export interface AwardFacts extends Applicant, LimitFacts {
  /** Of a base of settled fees: the year in which they were settled. */
  baseYear: number;
  items: readonly (Dealing & { lines: readonly SettledLine[] })[];
  /** What is left, per id of `limitsTouched('AWARD')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  /** Granted and promised to nobody; leave out for a trial. */
  poolLeft?: Fen | undefined;
  /** What the expert review left; more than is computed is refused. */
  approvedFen?: Fen | undefined;
  requestedFen?: Fen | undefined;
  maximumFen?: Fen | undefined;
}

export interface RedemptionFacts extends Circumstances {
  /** The Shanghai day on which the redemption was received. */
  submittedOn: Day;
  /**
   * `expiresOn` is the last day, inclusive. `balanceFen` is what the voucher can pay this redemption: its balance, and what it has
   * reserved for this one already. `approvedBasisPoints` as at issue.
   */
  voucher: { issuedOn: Day; expiresOn: Day; balanceFen: Fen; approvedBasisPoints?: number | undefined };
  usage: { from: Day; to: Day };
  /** The invoice's lines, red letters included. */
  lines: readonly Line[];
  /** What the enterprise has paid of this invoice, tax included. */
  paidFen: Fen;
  /** Sum of the `baseFen` of every other live redemption of this contract and programme. */
  baseBeforeFen: Fen;
  /** Sum of their `weighted`; left out where the law has one rate: `baseBeforeFen` at that rate. */
  weightedBefore?: bigint | undefined;
  /** Redeemed (net of reversals) and reserved on this contract and programme, this redemption left out. */
  redeemedAndReservedFen: Fen;
  /** Sum of `cutOffFen` of those live redemptions. */
  cutOffBeforeFen: Fen;
  /** What is left, per id of `limitsTouched('REDEEM')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  requestedFen?: Fen | undefined;
  maximumFen?: Fen | undefined;
}

/** Who and what an application is, where limits are looked at. */
export interface Subject {
  /** The one contract it is about, null when there are several or none. */
  contractId: string | null;
  /** How many contracts it is about. */
  contracts: number;
  signedOn: Day | null;
}

/** The contract or contracts that a case is about. */
export function subjectOf(at: Circumstances | AwardFacts): Subject {
  if (!('items' in at)) return { contractId: at.contract.id, contracts: 1, signedOn: at.contract.signedOn };
  const contracts = new Set<string>();
  for (const { contract } of at.items) if (contract !== null) contracts.add(contract.id);
  const [only = null] = contracts;
  return { contractId: contracts.size === 1 ? only : null, contracts: contracts.size, signedOn: null };
}

/** The law of the day that decides. */
export const lawOf = (version: ProgrammeVersion, { appliedOn }: Applicant, { signedOn }: Subject): Law =>
  lawOn(version, decidingDayOf(version, { appliedOn, signedOn }));

/** The day whose law decides: that of the application, unless the law of that day names the signing of the contract. */
export function decidingDayOf(version: ProgrammeVersion, days: { appliedOn: Day; signedOn: Day | null }): Day {
  return decidedBySigning(version, days) ?? days.appliedOn;
}

/** The day of signing, where the law of the day of application names it; else null. */
export function decidedBySigning(
  version: ProgrammeVersion,
  { appliedOn, signedOn }: { appliedOn: Day; signedOn: Day | null },
): Day | null {
  return lawOn(version, appliedOn).decidingDay?.value === 'CONTRACT_SIGNING' ? signedOn : null;
}
