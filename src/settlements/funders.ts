// Who pays what of a batch: the funders of its funds, and what each fund has paid out so far.
import { programmeVersionShelf } from '../programmes/facts.js';
import { fundersOf, programmeOf } from '../programmes/published.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Fen, FunderShare } from '../money.js';
import { fundStandingShelf } from './facts.js';
import { readFund } from './rules.js';

/** Gathers the funders of these funds, and what was instructed out of each. */
export async function gatherFunders(loader: Loader, funds: readonly string[]): Promise<void> {
  await Promise.all([
    loader.load(
      programmeVersionShelf,
      'code',
      funds.map((fund) => readFund(fund).programmeCode),
    ),
    loader.load(fundStandingShelf, 'id', funds),
  ]);
}

/** Every funder that any gathered version names: which version holds is decided later, and may change in the very same lane batch. */
export const fundersNamed = (facts: Facts, fund: string): string[] => [
  ...new Set(
    facts
      .all(programmeVersionShelf, 'code', readFund(fund).programmeCode)
      .flatMap((row) => programmeOf(row).laws.flatMap((law) => law.funders?.value ?? []))
      .map(({ funder }) => funder),
  ),
];

/** Who shares a gathered fund. Money is promised out of a fund only after its funders loaded it, so a fund has funders. */
export function sharesOf(facts: Facts, fund: string): readonly FunderShare[] {
  const { programmeCode, year } = readFund(fund);
  const funders = fundersOf(facts.all(programmeVersionShelf, 'code', programmeCode), year);
  if (!funders) throw new Error(`the fund ${fund} has no funders`);
  return funders;
}

/** What was instructed out of a gathered fund so far, in fen. */
export const instructedOf = (facts: Facts, fund: string): Fen => facts.get(fundStandingShelf, fund)?.instructedFen ?? 0n;
