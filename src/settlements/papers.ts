// What a payee must hand in before it is paid (materials by PAYMENT), where its programme asks for any: with the invoice, what was paid on it
// or the contract, where a voucher is redeemed; with the application, where an award is reimbursed.
import type { z } from 'zod';
import type { leftOut } from '../../schemas/settlements.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { AskedFor } from '../materials/facts.js';
import { gatherMaterials, refusalOfPapers } from '../materials/facts.js';
import { asksForMaterials } from '../materials/rules.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { programmeOf } from '../programmes/published.js';
import { filedUnder, paymentShelf } from '../usage/facts.js';
import type { Payable } from './rules.js';
import { isRedemption } from './rules.js';

/** What a batch passes over, how much of it (fen), and which papers it lacks, in words. */
export interface LeftOut {
  readonly of: Payable;
  readonly amountFen: Fen;
  readonly missing: { readonly zh: string; readonly en: string };
}

const numberOf = (of: Payable): string => (isRedemption(of) ? of.redemptionNo : of.reimbursementNo);

/** Whether the programme of a gathered payable asks for papers before it is paid. */
function asks(facts: Facts, { programmeVersionId }: Payable): boolean {
  const version = facts.get(programmeVersionShelf, programmeVersionId);
  return version !== undefined && asksForMaterials(programmeOf(version), 'PAYMENT');
}

function askedFor(facts: Facts, of: Payable): AskedFor {
  const version = facts.get(programmeVersionShelf, of.programmeVersionId);
  if (!version) throw new Error(`${numberOf(of)} has lost its programme`);
  const own = isRedemption(of) ? [of.contractId, ...filedUnder(facts, of.invoiceId)] : [of.reimbursementId];
  return { law: programmeOf(version), papers: { own, restsOn: [] } };
}

/** Gathers the papers of these, whose versions have been gathered; of programmes that ask for none nothing is looked at. */
export async function gatherPaymentPapers(loader: Loader, payables: readonly Payable[]): Promise<void> {
  const { facts } = loader;
  const asking = payables.filter((of) => asks(facts, of));
  await loader.load(
    paymentShelf,
    'invoice',
    asking.filter(isRedemption).map(({ invoiceId }) => invoiceId),
  );
  await gatherMaterials(
    loader,
    'PAYMENT',
    asking.map((of) => askedFor(facts, of)),
  );
}

/** MATERIALS_MISSING with what a gathered payable's payee has not handed in; null where all is there, or nothing is asked for. */
const lackingOf = (facts: Facts, of: Payable): Refused | null =>
  asks(facts, of) ? refusalOfPapers(facts, 'PAYMENT', askedFor(facts, of)) : null;

/** The papers that a gathered payable lacks, in words; null where none. */
export function missingOf(facts: Facts, of: Payable): LeftOut['missing'] | null {
  const lacking = lackingOf(facts, of);
  return lacking && { zh: lacking.params['zh'] ?? '', en: lacking.params['en'] ?? '' };
}

/** What all of these lack, line by line, as one MATERIALS_MISSING; null where nothing is missing. */
export function refuseLacking(facts: Facts, payables: readonly Payable[]): Refused | null {
  const lacking = payables.flatMap((of) => {
    const missing = lackingOf(facts, of);
    return missing ? [{ no: numberOf(of), params: missing.params }] : [];
  });
  if (lacking.length === 0) return null;
  const told = (language: 'zh' | 'en') =>
    lacking.map(({ no, params }) => `${no}${language === 'zh' ? '：' : ': '}${params[language] ?? ''}`);
  const kinds = new Set(lacking.flatMap(({ params }) => (params['kinds'] ?? '').split(', ')));
  return refused('MATERIALS_MISSING', { zh: told('zh').join('；'), en: told('en').join('; '), kinds: [...kinds].join(', ') });
}

/** Which of both a payable is, and who is paid by it. */
export const partyOf = (of: Payable): { redemptionId: string | null; reimbursementId: string | null; payeeId: string } =>
  isRedemption(of)
    ? { redemptionId: of.redemptionId, reimbursementId: null, payeeId: of.providerId }
    : { redemptionId: null, reimbursementId: of.reimbursementId, payeeId: of.enterpriseId };

export const presentLeftOut = ({ of, amountFen, missing }: LeftOut): z.input<typeof leftOut> => ({
  ...partyOf(of),
  number: numberOf(of),
  amount: formatYuan(amountFen),
  missing,
});
