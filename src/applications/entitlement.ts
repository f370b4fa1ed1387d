// What a programme gives on a contract, asked inside the lane: by the law's own numbers, and with what limits and the pool leave now.
import type { Contract, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherLimits } from '../ledger/limits.js';
import type { Posting } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import type { Circumstances, Evaluation } from '../programmes/evaluate.js';
import { evaluateIssue, limitsTouched } from '../programmes/evaluate.js';
import { limitWindowOf, readLimits } from '../programmes/limits.js';
import { programmeOf } from '../programmes/published.js';
import { circumstancesOf } from './evaluation-facts.js';

/** Gathers the limits that issuing on these contracts touches, and the money of the fund. The contracts' facts come first. */
export async function gatherEntitlements(
  loader: Loader,
  wanted: readonly { contract: Contract; version: VersionRow; appliedOn: Day; bookedOn: Day }[],
): Promise<void> {
  const windows = wanted.flatMap(({ contract, version, appliedOn, bookedOn }) => {
    const at = circumstancesOf(loader.facts, contract, { appliedOn, bookedOn, predicates: {} });
    return limitsTouched(programmeOf(version), 'ISSUE', at).map((limit) => limitWindowOf(limit));
  });
  const funds = wanted.map(({ version, bookedOn }) => accountOf.available(fundOf(version.programmeCode, yearOf(bookedOn))));
  await Promise.all([gatherLimits(loader, windows), loader.accounts(funds)]);
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

/** Asks the version what it gives on a gathered contract: `appliedOn` decides the law, `bookedOn` year, limits and fund. */
export function entitlementOf(
  facts: Facts,
  version: VersionRow,
  of: {
    contract: Contract;
    appliedOn: Day;
    bookedOn: Day;
    predicates: Circumstances['enterprise']['predicates'];
    maximumFen?: Fen;
  },
): Entitlement {
  const law = programmeOf(version);
  const at = circumstancesOf(facts, of.contract, of);
  const touched = limitsTouched(law, 'ISSUE', at);
  const { left, funding, charges } = readLimits(facts, touched);
  const fund = fundOf(version.programmeCode, yearOf(of.bookedOn));
  const byLaw = {
    ...at,
    limitsLeft: Object.fromEntries(
      touched.flatMap(({ limitId, amountFen }) => (amountFen === null ? [] : [[limitId, amountFen]])),
    ),
  };
  const now = { ...at, limitsLeft: left, poolLeft: facts.balance(accountOf.available(fund)), maximumFen: of.maximumFen };
  return {
    get byLaw() {
      return evaluateIssue(law, byLaw);
    },
    get now() {
      return evaluateIssue(law, now);
    },
    ...{ fund, funding, charges },
  };
}
