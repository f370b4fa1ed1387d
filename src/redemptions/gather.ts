// What the law looks at around one redemption: gathered set-based for all of a batch, then put together for each.
import type { ContractLine, Redemption, UsageInvoice, Voucher } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import {
  asksBeyondContract,
  circumstancesOf,
  contractLinesOf,
  evaluatorLine,
  gatherContractFacts,
  gatherLimitsOf,
  mattersOf,
} from '../applications/evaluation-facts.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import { gatherLimits } from '../ledger/limits.js';
import type { AskedFor } from '../materials/facts.js';
import { attachmentShelf, gatherMaterials } from '../materials/facts.js';
import { asksForMaterials } from '../materials/rules.js';
import type { Fen } from '../money.js';
import type { TouchedLimit } from '../programmes/evaluate.js';
import { limitsTouched } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { controlIdsOf, gatherControls, lawUnder } from '../programmes/laws.js';
import { limitWindowOf } from '../programmes/limits.js';
import {
  filedUnder,
  invoiceLineShelf,
  invoiceShelf,
  lineUsageShelf,
  paymentShelf,
  redLetterLineShelf,
  redLetterShelf,
} from '../usage/facts.js';
import { netOf } from '../usage/rules.js';
import { chargedOf, expiryRuleOf, gatherEndRules, homeOfEnded } from '../vouchers/endings.js';
import { standingIdOf, standingShelf, voucherShelf } from '../vouchers/facts.js';
import { hasEnded, standingOf } from '../vouchers/rules.js';
import { redemptionShelf } from './facts.js';
import type { RedemptionCase } from './rules.js';
import { limitsOf, lowestRateOf } from './rules.js';
import type { Gone, Stand, TakingBack } from './take-back.js';
import { nothingGone } from './take-back.js';

/**
 * What a command is about: `redemptionId` names the account that holds its money (`isNew` when the command makes it), `today`
 * the window of its limits.
 */
export interface Wanted {
  readonly isNew?: boolean;
  readonly redemptionId: string;
  readonly voucherId: string;
  readonly invoiceId: string;
  readonly today: Day;
}

/** Gathers what `caseOf`, the balances and the limits of these redemptions need. What does not exist is gathered as absent. */
export async function gatherCases(loader: Loader, wanted: readonly Wanted[]): Promise<void> {
  const invoiceIds = wanted.map(({ invoiceId }) => invoiceId);
  const [vouchers, invoices] = await Promise.all([
    loader.load(
      voucherShelf,
      'id',
      wanted.map(({ voucherId }) => voucherId),
    ),
    loader.load(invoiceShelf, 'id', invoiceIds),
    loader.load(invoiceLineShelf, 'invoice', invoiceIds),
  ]);

  await loader.load(
    redLetterLineShelf,
    'invoice',
    invoices.filter(({ redFen }) => redFen > 0n).map(({ invoiceId }) => invoiceId),
  );
  const voucherOf = new Map(vouchers.map((voucher) => [voucher.voucherId, voucher]));
  const invoiceOf = new Map(invoices.map((invoice) => [invoice.invoiceId, invoice]));
  const pairs = wanted.flatMap(({ redemptionId, isNew, voucherId, invoiceId, today }) => {
    const voucher = voucherOf.get(voucherId);
    const invoice = invoiceOf.get(invoiceId);
    return voucher && invoice ? [{ redemptionId, isNew, voucher, invoice, today }] : [];
  });
  const reservedOf = ({ redemptionId, voucher }: (typeof pairs)[number]) => accountOf.reserved(redemptionId, voucher.fund);
  loader.newAccounts(pairs.filter(({ isNew }) => isNew).map(reservedOf));
  const contractIds = vouchers.map(({ contractId }) => contractId);
  await Promise.all([
    gatherContractFacts(loader, contractIds),
    gatherVersionsAndLimits(loader, pairs),
    loader.load(lineUsageShelf, 'contract', contractIds),
    loader.load(
      redemptionShelf,
      'waiting',
      contractIds.map((contractId) => [contractId, 'SUBMITTED']),
    ),
    loader.load(
      standingShelf,
      'id',
      vouchers.map(({ contractId, programmeCode }) => standingIdOf(contractId, programmeCode)),
    ),
    loader.load(
      enterpriseShelf,
      'id',
      invoices.map(({ enterpriseId }) => enterpriseId),
    ),
    // What a digital invoice says otherwise; of the others there is nothing to read.
    loader.load(
      attachmentShelf,
      'subject',
      invoices.filter(({ digitalInvoice }) => digitalInvoice === 'DIFFERS').map(({ invoiceId }) => invoiceId),
    ),
    loader.accounts(
      pairs.flatMap((pair) => [
        accountOf.voucher(pair.voucher.voucherId, pair.voucher.fund),
        reservedOf(pair),
        accountOf.payable(pair.invoice.providerId, pair.voucher.fund),
      ]),
    ),
  ]);
  await gatherLimitsOf(
    loader,
    pairs
      .filter(({ voucher }) => asksBeyondContract(lawOf(loader.facts, voucher).law))
      .map(({ voucher, invoice, today }) => asked(loader.facts, voucher, invoice, today)),
  );
}

/** Gathers the papers of redemptions that are claimed, where the law of their voucher asks for any. */
export async function gatherPapers(loader: Loader, wanted: readonly Wanted[]): Promise<void> {
  const asking = wanted.flatMap(({ voucherId, invoiceId }) => {
    const voucher = loader.facts.get(voucherShelf, voucherId);
    return voucher && asksForMaterials(lawOf(loader.facts, voucher).law, 'REDEMPTION') ? [{ voucher, invoiceId }] : [];
  });
  await loader.load(
    paymentShelf,
    'invoice',
    asking.map(({ invoiceId }) => invoiceId),
  );
  await gatherMaterials(
    loader,
    'REDEMPTION',
    asking.map(({ voucher, invoiceId }) => askedFor(loader.facts, voucher, invoiceId)),
  );
}

/** The papers that the law of a gathered voucher asks for with an invoice: they stand with the invoice, what was paid on it, or the contract. */
export function askedFor(facts: Facts, voucher: Voucher, invoiceId: string): AskedFor {
  const { law } = lawOf(facts, voucher);
  const filed = asksForMaterials(law, 'REDEMPTION') ? filedUnder(facts, invoiceId) : [];
  return { law, papers: { own: [voucher.contractId, ...filed], restsOn: [] } };
}

/** The version of a gathered voucher, and the law of its redemptions: under the controls that it was issued under. */
export function lawOf(facts: Facts, voucher: Voucher) {
  const version = there(facts.get(programmeVersionShelf, voucher.programmeVersionId));
  return { version, law: lawUnder(facts, version, controlIdsOf(voucher)) };
}

/** What is asked of the law about a voucher and an invoice of its contract, to be approved on this day. */
const asked = (facts: Facts, voucher: Voucher, invoice: UsageInvoice, bookedOn: Day) => ({
  contract: there(facts.get(contractShelf, voucher.contractId)),
  law: lawOf(facts, voucher).law,
  stage: 'REDEEM' as const,
  appliedOn: voucher.appliedOn,
  bookedOn,
  predicates: {},
  matters: mattersOf(voucher),
  usage: { from: invoice.usageFrom, to: invoice.usageTo },
});

/** The versions, and the limits of those laws that are told by the voucher alone: without waiting for the rest. */
async function gatherVersionsAndLimits(loader: Loader, pairs: readonly { voucher: Voucher; today: Day }[]): Promise<void> {
  await Promise.all([
    loader.load(
      programmeVersionShelf,
      'id',
      pairs.map(({ voucher }) => voucher.programmeVersionId),
    ),
    gatherControls(loader),
  ]);
  await gatherLimits(
    loader,
    pairs.flatMap(({ voucher, today }) => {
      const { voucherId, legalPersonUscc } = voucher;
      return loader.facts.kept(`windows ${voucherId} ${legalPersonUscc} ${today}`, () => {
        const { law } = lawOf(loader.facts, voucher);
        return asksBeyondContract(law) ? [] : limitsOf(law, voucher, today).map(limitWindowOf);
      });
    }),
  );
}

/** The law of a voucher, and how it finds the contract and its parties, to be approved on this day; with the limits that it touches. */
const seen = (facts: Facts, voucher: Voucher, invoice: UsageInvoice, bookedOn: Day) =>
  facts.kept(`redeemed ${voucher.voucherId} ${invoice.usageFrom} ${invoice.usageTo} ${bookedOn}`, () => {
    const { version, law } = lawOf(facts, voucher);
    const at = circumstancesOf(facts, asked(facts, voucher, invoice, bookedOn));
    return { version, law, at, touched: limitsTouched(law, 'REDEEM', at) };
  });

/** Puts a gathered redemption together: of a voucher and an invoice of the voucher's contract, to be approved on this day. */
export function caseOf(
  facts: Facts,
  voucher: Voucher,
  invoice: UsageInvoice,
  bookedOn: Day,
): RedemptionCase & { readonly touched: readonly TouchedLimit[] } {
  const { version, law, at, touched } = seen(facts, voucher, invoice, bookedOn);
  const contract = there(facts.get(contractShelf, voucher.contractId));
  const contractLines = new Map<string, ContractLine>(
    contractLinesOf(facts, contract.contractId).map((line) => [line.contractLineId, line]),
  );
  const standingId = standingIdOf(voucher.contractId, voucher.programmeCode);
  return {
    voucher,
    invoice,
    holdingFlags: invoice.holdingFlags + contract.holdingFlags,
    lines: facts.all(invoiceLineShelf, 'invoice', invoice.invoiceId).map((whole) => {
      const line = invoice.redFen > 0n ? netOf(whole, facts.all(redLetterLineShelf, 'invoice', invoice.invoiceId)) : whole;
      const contractLine = there(contractLines.get(line.contractLineId));
      return { line, contractLine, read: evaluatorLine(contractLine, line) };
    }),
    digitalInvoices: invoice.digitalInvoice === 'DIFFERS' ? facts.all(attachmentShelf, 'subject', invoice.invoiceId) : [],
    lineUsage: facts.all(lineUsageShelf, 'contract', voucher.contractId),
    at,
    touched,
    waiting: facts
      .all(redemptionShelf, 'waiting', [voucher.contractId, 'SUBMITTED'])
      .filter(({ programmeCode }) => programmeCode === voucher.programmeCode),
    standingId,
    standing: facts.get(standingShelf, standingId),
    version,
    law,
  };
}

/** Gathers redemptions that persons decide on, with all that the law looks at around them, and where what comes back of them goes. */
export async function gatherWaiting(loader: Loader, commands: readonly Command<{ readonly id?: string }>[]): Promise<void> {
  const redemptions = await loader.load(
    redemptionShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  const redemptionOf = new Map(redemptions.map((row) => [row.redemptionId, row]));
  await gatherCases(
    loader,
    commands.flatMap(({ body, today }) => {
      const redemption = redemptionOf.get(body.id ?? '');
      return redemption ? [{ ...redemption, today }] : [];
    }),
  );
  await gatherEndRules(
    loader,
    redemptions.flatMap(({ voucherId }) => loader.facts.get(voucherShelf, voucherId) ?? []).filter(hasEnded),
  );
}

/** The voucher of a case with its balance, and where its contract stands. */
export const standOf = ({ voucher, standing }: RedemptionCase, balanceFen: Fen): Stand => ({
  voucher,
  balanceFen,
  standing: standingOf(standing),
});

/** What taking back a gathered redemption rests on (gatherWaiting). */
export const takingBack = (
  facts: Facts,
  whole: RedemptionCase,
  { today, receivedAt, newId }: Pick<Command, 'today' | 'receivedAt' | 'newId'>,
): TakingBack => ({
  home: homeOfEnded(whole.voucher, () => expiryRuleOf(facts, whole.voucher)),
  chargedAtIssue: () => chargedOf(facts, whole.voucher.voucherId),
  lowestRate: lowestRateOf(whole),
  today,
  receivedAt,
  newId,
});

/** What red letters so far took of a redemption whose red letters are gathered. */
export const goneOf = (facts: Facts, redemptionId: string): Gone =>
  facts.all(redLetterShelf, 'redemption', redemptionId).reduce(
    (sum, row) => ({
      baseFen: sum.baseFen + row.baseFen,
      weighted: sum.weighted + BigInt(row.weightedBase),
      cutOffFen: sum.cutOffFen + row.cutOffFen,
    }),
    nothingGone,
  );

/** A gathered redemption with its case, or undefined when there is none. */
export function waitingOf(
  facts: Facts,
  redemptionId: string,
  today: Day,
): { redemption: Redemption; whole: ReturnType<typeof caseOf> } | undefined {
  const redemption = facts.get(redemptionShelf, redemptionId);
  if (!redemption) return undefined;
  const voucher = there(facts.get(voucherShelf, redemption.voucherId));
  return { redemption, whole: caseOf(facts, voucher, there(facts.get(invoiceShelf, redemption.invoiceId)), today) };
}

/** A row that foreign keys promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
