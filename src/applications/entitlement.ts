// What a programme gives on a contract, asked inside the lane: by the law's own numbers, and with what limits and the pool leave now.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import { yearOf } from '../calendar.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Posting } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import type { Evaluation } from '../programmes/evaluate.js';
import { evaluateIssue, limitsTouched } from '../programmes/evaluate.js';
import { readLimits } from '../programmes/limits.js';
import type { Case } from './evaluation-facts.js';
import { circumstancesOf, gatherLimitsOf } from './evaluation-facts.js';

/** A case under a version of a programme, which names the fund. */
export type Wanted = Case & { readonly version: Pick<VersionRow, 'programmeCode'> };

const fundFor = ({ version, bookedOn }: Wanted): string => fundOf(version.programmeCode, yearOf(bookedOn));

/** Gathers the limits that issuing on these contracts touches, and the money of the fund. The contracts' facts come first. */
export async function gatherEntitlements(loader: Loader, wanted: readonly Wanted[]): Promise<void> {
  await Promise.all([gatherLimitsOf(loader, wanted), loader.accounts(wanted.map((of) => accountOf.available(fundFor(of))))]);
}

/** Each evaluation is made when it is asked for. */
export interface Entitlement {
  /** By the law's numbers alone, as if nothing were used of any limit and the pool were deep. */
  readonly byLaw: Evaluation;
  /** With what limits and the pool leave now, within the maximum if one is given. */
  readonly now: Evaluation;
  readonly fund: string;
  /** What funds the limits touched for the first time, and the windows to charge. */
  readonly funding: readonly Posting[];
  readonly charges: readonly LimitWindow[];
}

/** Asks the law what it gives in a gathered case: `appliedOn` decides the law, `bookedOn` year, limits and fund. */
export function entitlementOf(facts: Facts, of: Wanted & { readonly maximumFen?: Fen }): Entitlement {
  const { law } = of;
  const at = circumstancesOf(facts, of);
  const touched = limitsTouched(law, 'ISSUE', at);
  const { left, funding, charges } = readLimits(facts, touched);
  const fund = fundFor(of);
  const numbers = touched.flatMap(({ limitId, amountFen }) => (amountFen === null ? [] : [[limitId, amountFen] as const]));
  const byLaw = { ...at, limitsLeft: Object.fromEntries(numbers) };
  const now = { ...at, limitsLeft: left, poolLeft: facts.balance(accountOf.available(fund)), maximumFen: of.maximumFen };
  return {
    get byLaw() {
      return evaluateIssue(law, byLaw);
    },
    get now() {
      return evaluateIssue(law, now);
    },
    fund,
    funding,
    charges,
  };
}
