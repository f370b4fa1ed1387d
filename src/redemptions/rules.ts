// What a redemption may take and when it is verified by rule. Pure.
//
// "Contract, usage, invoice and voucher agree" (三方核对, to the fen) means:
// - invoice and contract: same provider and enterprise, usage inside the contract's period and listed on every day of it. An
//   invoice that is not so is never posted, so nothing is left to match here.
// - invoice and voucher: of one contract, confirmed by the voucher's own firm, in no other live redemption, and the firm has paid
//   its own part where the programme asks for that. What is not so is refused and never waits.
// - invoice and number: the number is claimed nowhere else (NUMBER_CONFLICT), nor a payment's bank serial recorded (BANK_SERIAL_SHARED).
// - invoice and digital invoice: where its XML is attached, it says what was typed, in every field (DIGITAL_INVOICE_DIFFERS).
// - flags: none holds the invoice or its contract (FLAGGED).
// - usage and contract: what is confirmed of each contract line so far, this invoice included, is within the quantity
//   (CONTRACT_QUANTITY_EXCEEDED) and the amount (CONTRACT_AMOUNT_EXCEEDED) of the line. Amounts of lines add up to the contract's.
// - price: each line's gross is the contract line's price for its quantity (UNIT_PRICE_DIFFERS), give or take one fen for the
//   rounding of the amount, and what half of the quantity's fourth decimal costs for the rounding of the quantity.
// Whatever does not agree is reserved all the same and waits for a person, with the list.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type {
  ContractLine,
  ContractLineUsage,
  ContractStanding,
  EvidenceAttachment,
  ProgrammeVersion as VersionRow,
  Redemption,
  RedemptionReversal,
  UsageInvoice,
  UsageInvoiceLine,
  Voucher,
} from '../../db/tables.js';
import type { Finding } from '../../schemas/evidence-files.js';
import type { mismatch, redemptionInFull, redemptionReversal, redemption as shown } from '../../schemas/redemptions.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { KeptStep } from '../ledger/explanations.js';
import type { Actor, Refused } from '../ledger/lane.js';
import { isSamePerson, refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen } from '../money.js';
import type { Circumstances, Evaluation, Line, TouchedLimit } from '../programmes/evaluate.js';
import { decidingDayOf, evaluateRedemption, limitsTouched, nothingOnRecord } from '../programmes/evaluate.js';
import { nobody } from '../programmes/lines.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { formatQuantity, quantityOf } from '../usage/rules.js';
import type { Standing } from '../vouchers/rules.js';
import { isPast, keptStanding, lowestRate, negative, nothing, standingOf, together, weightOf } from '../vouchers/rules.js';

/** One redemption's world, as it stands at this point of the batch. */
export interface RedemptionCase {
  readonly voucher: Voucher;
  readonly invoice: UsageInvoice;
  /** The invoice's lines, each with the contract line it uses and as the law reads it. */
  readonly lines: readonly { readonly line: UsageInvoiceLine; readonly contractLine: ContractLine; readonly read: Line }[];
  readonly lineUsage: readonly ContractLineUsage[];
  /** What is attached to the invoice, where a digital invoice among it differs. */
  readonly digitalInvoices: readonly Pick<EvidenceAttachment, 'detachedOn' | 'findings'>[];
  /** How many flags hold the invoice or its contract. */
  readonly holdingFlags: number;
  /** The contract and its parties as the law looks at them, on the day of (possible) approval. */
  readonly at: Circumstances;
  /** Redemptions of this contract under this programme that wait for a reviewer. */
  readonly waiting: readonly Redemption[];
  readonly standingId: string;
  readonly standing: ContractStanding | undefined;
  readonly version: VersionRow;
  /** The version under the controls that the voucher was issued under. */
  readonly law: ProgrammeVersion;
}

/** The limits that redeeming this voucher may count against when it is approved on this day, as far as the voucher alone tells. */
export const limitsOf = (law: ProgrammeVersion, voucher: Voucher, bookedOn: Day): TouchedLimit[] =>
  limitsTouched(law, 'REDEEM', {
    ...nothingOnRecord(bookedOn),
    appliedOn: voucher.appliedOn,
    enterprise: nobody(voucher.legalPersonUscc),
    provider: { legalPerson: '', listings: [], isRelated: false, isLocal: false },
    facilities: [],
    contract: { id: voucher.contractId, signedOn: voucher.appliedOn, filedOn: null, purpose: null, lines: [] },
  });

/** What a redemption uses while it waits, and what it reserved of that. */
export const claimOf = ({ baseFen, weightedBase, reservedFen, cutOffFen }: Redemption): Standing => ({
  baseFen,
  weighted: weightedBase === null ? null : BigInt(weightedBase),
  claimedFen: reservedFen,
  cutOffFen,
});
/** Where a contract would stand if these redemptions, all of them waiting, had never been. */
export const withoutWaiting = (standing: Standing, waiting: readonly Redemption[], lowestRate: number): Standing =>
  waiting.reduce((left, row) => together(left, negative(claimOf(row)), lowestRate), standing);

export const standingWithout = (of: RedemptionCase, waiting: readonly Redemption[]): Standing =>
  withoutWaiting(standingOf(of.standing), waiting, lowestRateOf(of));

/** The lowest rate that the law of the case knows (basis points): at which a base weighs of which no weight was kept. */
export const lowestRateOf = ({ law, at }: Pick<RedemptionCase, 'law' | 'at'>): number =>
  lowestRate(law, { appliedOn: at.appliedOn, signedOn: at.contract.signedOn });

/** What the law is asked with: `balanceFen` is what the voucher can pay this redemption, `limitsLeft` what is left by limit. */
interface Asked {
  readonly standing: Standing;
  readonly submittedOn: Day;
  readonly balanceFen: Fen;
  readonly limitsLeft: Readonly<Record<string, Fen>>;
  readonly requestedFen?: Fen | undefined;
  readonly maximumFen?: Fen | undefined;
}

/** What the law gives for this invoice. */
export function evaluate(of: RedemptionCase, asked: Asked): Evaluation {
  const { voucher, invoice } = of;
  const { at } = of;
  // Each by its name: an object that grows behind a spread costs as much as the evaluation.
  return evaluateRedemption(of.law, {
    appliedOn: at.appliedOn,
    bookedOn: at.bookedOn,
    matters: at.matters,
    figures: at.figures,
    upstream: at.upstream,
    raised: at.raised,
    firstAwardYears: at.firstAwardYears,
    enterprise: at.enterprise,
    provider: at.provider,
    facilities: at.facilities,
    contract: at.contract,
    submittedOn: asked.submittedOn,
    voucher: { issuedOn: voucher.issuedOn, expiresOn: voucher.lastDay, balanceFen: asked.balanceFen },
    usage: { from: invoice.usageFrom, to: invoice.usageTo },
    lines: of.lines.map(({ read }) => read),
    paidFen: invoice.paidFen,
    baseBeforeFen: asked.standing.baseFen,
    weightedBefore: weightOf(asked.standing, lowestRateOf(of)),
    redeemedAndReservedFen: asked.standing.claimedFen,
    cutOffBeforeFen: asked.standing.cutOffFen,
    limitsLeft: asked.limitsLeft,
    requestedFen: asked.requestedFen,
    maximumFen: asked.maximumFen,
  });
}

/**
 * What the law gives for this invoice such that it stays right whatever becomes of what waits. The amount is cumulative: what is cut
 * down to the fen on one invoice comes with the next (Z12). So if an earlier redemption is returned after a later one was approved,
 * the later one may hold a fen for which nothing is left to stand. Hence two rules, beside the plain cumulative one:
 * - a redemption that waits takes no more than its own invoice alone would give;
 * - a redemption approved while others wait takes no more than it would if they all were returned.
 * Together they keep the claims on every contract within rate × base after any of them is returned, in any order. What they hold back
 * is not cut off: it comes with the next invoice. Asking for more than is possible is refused with AMOUNT_ABOVE_ENTITLEMENT.
 */
export function evaluateFirmly(
  of: RedemptionCase,
  asked: Omit<Asked, 'standing' | 'maximumFen'>,
  waits: boolean,
): Evaluation | Refused {
  const { submittedOn, balanceFen, limitsLeft, requestedFen } = asked;
  const standing = standingWithout(of, []);
  const plain = evaluate(of, { standing, submittedOn, balanceFen, limitsLeft });
  if (plain.kind !== 'award') return plain;
  const firm =
    waits || of.waiting.length > 0
      ? evaluate(of, { standing: waits ? nothing : standingWithout(of, of.waiting), submittedOn, balanceFen, limitsLeft })
      : plain;
  if (firm.kind !== 'award') return firm;
  const possibleFen = minFen(plain.amountFen, firm.amountFen);
  if (requestedFen !== undefined && requestedFen > possibleFen) return aboveEntitlement(requestedFen, possibleFen, '/amount');
  if (requestedFen === undefined && possibleFen === plain.amountFen) return plain;
  // For less, the enterprise's own part of the invoice is more: it is judged again.
  const maximumFen = possibleFen < plain.amountFen ? possibleFen : undefined;
  return evaluate(of, { standing, submittedOn, balanceFen, limitsLeft, requestedFen, maximumFen });
}

/** What was refused or held, as the API says it. */
export const refusedBy = (of: (Evaluation & { kind: 'refused' | 'held' }) | Refused): Refused =>
  refused(of.code, of.params, 'pointer' in of ? of.pointer : undefined);

export const aboveEntitlement = (requestedFen: Fen, possibleFen: Fen, pointer: string): Refused =>
  refused('AMOUNT_ABOVE_ENTITLEMENT', { requested: formatYuan(requestedFen), entitlement: formatYuan(possibleFen) }, pointer);

/**
 * Why this voucher cannot be redeemed today, or null: VOUCHER_FROZEN, VOUCHER_EXPIRED (its last day is inclusive; whether or not its
 * expiry was booked yet), VOUCHER_NOT_ACTIVATED, VOUCHER_WRONG_STATE, VOUCHER_EMPTY.
 */
export function refusalOfVoucher(voucher: Voucher, balanceFen: Fen, today: Day): Refused | null {
  const { voucherNo, status, lastDay, activateBy } = voucher;
  if (status === 'FROZEN') return refused('VOUCHER_FROZEN', { voucherNo }, '/voucherId');
  if (status === 'CANCELLED' || status === 'REVOKED')
    return refused('VOUCHER_WRONG_STATE', { voucherNo, state: status, possible: '—' }, '/voucherId');
  if (status === 'EXPIRED' || isPast(voucher, today)) {
    const expiresOn = today > lastDay ? lastDay : (activateBy ?? lastDay);
    return refused('VOUCHER_EXPIRED', { expiresOn, submittedOn: today }, '/voucherId');
  }
  if (status === 'ISSUED')
    return refused('VOUCHER_NOT_ACTIVATED', { voucherNo, activateBy: activateBy ?? lastDay }, '/voucherId');
  if (balanceFen === 0n) return refused('VOUCHER_EMPTY', { voucherNo }, '/voucherId');
  return null;
}

/** Why this invoice of the voucher's contract cannot be redeemed, or null: INVOICE_NOT_CONFIRMED, INVOICE_ALREADY_REDEEMED, INVOICE_REIMBURSED. */
export function refusalOfInvoice(invoice: UsageInvoice): Refused | null {
  const { invoiceNo, status, redemptionId, reimbursedLines } = invoice;
  if (status !== 'CONFIRMED') return refused('INVOICE_NOT_CONFIRMED', { invoiceNo, status }, '/invoiceId');
  if (redemptionId !== null) return refused('INVOICE_ALREADY_REDEEMED', { invoiceNo, redemptionId }, '/invoiceId');
  if (reimbursedLines > 0) return refused('INVOICE_REIMBURSED', { invoiceNo }, '/invoiceId');
  return null;
}

type RedemptionVerb = 'verify' | 'return' | 'lapse' | 'propose-reversal' | 'reverse';

/**
 * What is still owed on an invoice (fen), where the law pays the provider; null where it pays the enterprise. A voucher is deducted from
 * the price (抵扣): what the enterprise pays and what the voucher pays are one invoice, and never more.
 */
export function owedFen({ law, at, invoice }: Pick<RedemptionCase, 'law' | 'at' | 'invoice'>): Fen | null {
  const { payee } = lawOn(law, decidingDayOf(law, { appliedOn: at.appliedOn, signedOn: at.contract.signedOn }));
  return payee?.value === 'PROVIDER' ? invoice.grossFen - invoice.paidFen : null;
}

/** Refuses (SELF_FUNDED_PART_OVERPAID) to pay more on an invoice than is still owed. */
export const overpaid = ({ invoiceNo, grossFen, paidFen }: UsageInvoice, amountFen: Fen, pointer: string): Refused =>
  refused(
    'SELF_FUNDED_PART_OVERPAID',
    {
      invoiceNo,
      gross: formatYuan(grossFen),
      paid: formatYuan(paidFen),
      redeem: formatYuan(amountFen),
      most: formatYuan(grossFen - paidFen),
    },
    pointer,
  );

/**
 * Why so much cannot be paid on an invoice, or null: SELF_FUNDED_PART_OVERPAID where the law pays the provider and the enterprise has paid
 * more than the rest of the invoice already. A voucher is deducted from the price (抵扣): what the enterprise pays and what the voucher
 * pays are one invoice, and never more. What is not redeemed of this one may be with the next, for the amount is cumulative.
 */
export function refusalOfOwnPart(
  { law, at, invoice }: Pick<RedemptionCase, 'law' | 'at' | 'invoice'>,
  amountFen: Fen,
): Refused | null {
  const { payee } = lawOn(law, decidingDayOf(law, { appliedOn: at.appliedOn, signedOn: at.contract.signedOn }));
  const { invoiceNo, grossFen, paidFen } = invoice;
  if (payee?.value !== 'PROVIDER' || paidFen + amountFen <= grossFen) return null;
  return refused('SELF_FUNDED_PART_OVERPAID', {
    invoiceNo,
    gross: formatYuan(grossFen),
    paid: formatYuan(paidFen),
    redeem: formatYuan(amountFen),
    most: formatYuan(grossFen - paidFen),
  });
}

/** The life of a redemption (核销): reserved and waiting, approved or returned, and taken back while its money is in no batch. */
export const redemptionLife = life<Redemption['status'], RedemptionVerb>({
  of: 'redemption',
  code: 'REDEMPTION_WRONG_STATE',
  states: { SUBMITTED: ['verify', 'return', 'lapse'], APPROVED: ['propose-reversal', 'reverse'], RETURNED: [], REVERSED: [] },
});

/** Refuses (REDEMPTION_WRONG_STATE) what a redemption in its state does not offer; null where it does. */
export const refuseRedemption = ({ status, redemptionNo }: Redemption, verb: RedemptionVerb): Refused | null =>
  refuseStep(redemptionLife, status, verb, { redemptionNo });

/** Why this actor cannot decide on the redemption, or null: REDEMPTION_WRONG_STATE, FOUR_EYES. */
export function refusalOfDecision(redemption: Redemption, verb: 'verify' | 'return', actor: Actor): Refused | null {
  const wrong = refuseRedemption(redemption, verb);
  if (wrong) return wrong;
  return isSamePerson(actor, redemption.submittedPerson) ? refused('FOUR_EYES') : null;
}

export type Mismatch = z.input<typeof mismatch>;

/** What two persons have to decide is verified by no rule: nothing where one suffices. Amounts in fen. */
export function aboveRule(law: ProgrammeVersion, amountFen: Fen, today: Day): Mismatch[] {
  const above = lawOn(law, today).twoApproversAbove;
  if (above === null || amountFen <= above.value) return [];
  return [
    {
      code: 'TWO_APPROVERS',
      zh: '金额超过须两人批准的数额，由人员核验',
      en: 'the amount is one that two approve: verified by persons',
      lineNo: null,
      inputs: { amount: formatYuan(amountFen), above: formatYuan(above.value) },
    },
  ];
}

/** Everything in which contract, usage and invoice do not agree; nothing of it is decided here. */
export function mismatchesOf({
  invoice,
  lines,
  lineUsage,
  digitalInvoices,
  holdingFlags,
}: Pick<RedemptionCase, 'invoice' | 'lines' | 'lineUsage' | 'digitalInvoices' | 'holdingFlags'>): Mismatch[] {
  const found: Mismatch[] = [];
  if (holdingFlags > 0) {
    found.push({
      code: 'FLAGGED',
      zh: '发票或其合同有未排除的疑点，须由人员核查',
      en: 'a flag on the invoice or its contract waits for a person',
      lineNo: null,
      inputs: { flags: String(holdingFlags) },
    });
  }
  if (invoice.numberConflict) {
    found.push({
      code: 'NUMBER_CONFLICT',
      zh: '该发票号码另有提交，须核实发票真伪与归属',
      en: 'the invoice number is claimed elsewhere: check whose invoice it is',
      lineNo: null,
      inputs: { invoiceNo: invoice.invoiceNo },
    });
  }
  for (const { findings, detachedOn } of digitalInvoices) {
    if (detachedOn !== null) continue;
    for (const { field, lineNo, typed, read } of (findings as Finding[] | null) ?? []) {
      found.push({
        code: 'DIGITAL_INVOICE_DIFFERS',
        zh: '数电票文件与填报内容不一致',
        en: 'the digital invoice says otherwise than what was typed',
        lineNo,
        inputs: { field, typed, read },
      });
    }
  }
  if (invoice.paymentConflict) {
    found.push({
      code: 'BANK_SERIAL_SHARED',
      zh: '付款的银行流水另有发票登记，须核实付款金额与归属',
      en: 'a payment’s bank serial is recorded on another invoice too: check what was paid on which',
      lineNo: null,
      inputs: { invoiceNo: invoice.invoiceNo },
    });
  }
  for (const { line, contractLine } of lines) {
    const used = lineUsage.find(({ contractLineId }) => contractLineId === contractLine.contractLineId);
    if (used) found.push(...beyondContract(line, contractLine, used));
    if (!priceAgrees(line, contractLine)) {
      found.push({
        code: 'UNIT_PRICE_DIFFERS',
        zh: '单价与合同不一致',
        en: 'the unit price is not the contract’s',
        lineNo: line.lineNo,
        inputs: {
          quantity: shownQuantity(line.quantity),
          gross: formatYuan(line.grossFen),
          contractQuantity: shownQuantity(contractLine.quantity),
          contractGross: formatYuan(contractLine.grossFen),
        },
      });
    }
  }
  return found;
}

const shownQuantity = (text: string): string => formatQuantity(quantityOf(text));

function beyondContract(line: UsageInvoiceLine, contractLine: ContractLine, used: ContractLineUsage): Mismatch[] {
  const found: Mismatch[] = [];
  if (quantityOf(used.quantity) > quantityOf(contractLine.quantity)) {
    found.push({
      code: 'CONTRACT_QUANTITY_EXCEEDED',
      zh: '累计确认用量超过合同数量',
      en: 'the usage confirmed so far is above the contract’s quantity',
      lineNo: line.lineNo,
      inputs: { confirmed: shownQuantity(used.quantity), contract: shownQuantity(contractLine.quantity) },
    });
  }
  if (used.grossFen > contractLine.grossFen) {
    found.push({
      code: 'CONTRACT_AMOUNT_EXCEEDED',
      zh: '累计确认金额超过合同明细金额',
      en: 'the amount confirmed so far is above the contract line',
      lineNo: line.lineNo,
      inputs: { confirmed: formatYuan(used.grossFen), contract: formatYuan(contractLine.grossFen) },
    });
  }
  return found;
}

/**
 * Whether the line costs what the contract says for its quantity: |gross × Q − G × q| ≤ Q + G / 2, with G fen and Q for the contract
 * line and q for the quantity, both quantities in ten-thousandths. Q is one fen of rounding of the amount, G / 2 half a
 * ten-thousandth of rounding of the quantity. Exact: compared crosswise, nothing is divided.
 */
export function priceAgrees(
  line: Pick<UsageInvoiceLine, 'quantity' | 'grossFen'>,
  contractLine: Pick<ContractLine, 'quantity' | 'grossFen'>,
): boolean {
  const ofContract = quantityOf(contractLine.quantity);
  const off = line.grossFen * ofContract - contractLine.grossFen * quantityOf(line.quantity);
  return 2n * (off < 0n ? -off : off) <= 2n * ofContract + contractLine.grossFen;
}

/**
 * The voucher's state once a redemption was approved, given what it can still pay and what waits in verification after that: fully
 * redeemed only when it can pay nothing and nothing may come back to it.
 */
export const stateAfterApproval = (balanceFen: Fen, reservedFen: Fen): 'PARTIALLY_REDEEMED' | 'FULLY_REDEEMED' =>
  balanceFen === 0n && reservedFen === 0n ? 'FULLY_REDEEMED' : 'PARTIALLY_REDEEMED';

/** The row of where a contract stands under the programme of a case. */
export function standingRow(of: Pick<RedemptionCase, 'voucher' | 'standingId'>, standing: Standing): ContractStanding {
  const { bookId, contractId, programmeCode } = of.voucher;
  const { baseFen, claimedFen, cutOffFen, weightedBase } = keptStanding(standing);
  return { bookId, standingId: of.standingId, contractId, programmeCode, baseFen, claimedFen, cutOffFen, weightedBase };
}

/** Where the contract stands under the programme once this is added to it; negative to take back. */
export const standingAfter = (
  of: Pick<RedemptionCase, 'voucher' | 'standingId' | 'standing' | 'law' | 'at'>,
  by: Standing,
): ContractStanding => standingRow(of, together(standingOf(of.standing), by, lowestRateOf(of)));

/**
 * What a verification approves: SHA-256 (hex) of the JSON array of redemption, voucher, invoice, its number and gross, and the
 * amounts reserved and approved, amounts in fen as text.
 */
export const approvalDigestOf = (redemption: Redemption, invoice: UsageInvoice, approvedFen: Fen): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        redemption.redemptionId,
        redemption.voucherId,
        redemption.invoiceId,
        invoice.invoiceNo,
        ...[invoice.grossFen, invoice.redFen, redemption.reservedFen, approvedFen].map(String),
      ]),
    )
    .digest('hex');

/**
 * What an approval of a reversal approves: SHA-256 (hex) of the JSON array of redemption, amount, reason, evidence, and what of it was
 * approved, reversed and batched when it was proposed, amounts in fen as text.
 */
export const reversalDigestOf = (
  of: Pick<RedemptionReversal, 'redemptionId' | 'amountFen' | 'reason' | 'evidence'>,
  { approvedFen, reversedFen, batchedFen, offsetFen }: Redemption,
): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        of.redemptionId,
        String(of.amountFen),
        of.reason,
        of.evidence,
        ...[approvedFen, reversedFen, batchedFen + offsetFen].map(String),
      ]),
    )
    .digest('hex');

export const presentReversal = (row: RedemptionReversal): z.input<typeof redemptionReversal> => ({
  reversalId: row.reversalId,
  redemptionId: row.redemptionId,
  amount: formatYuan(row.amountFen),
  reason: row.reason,
  evidence: row.evidence,
  contentDigest: row.contentDigest,
  status: row.status,
  proposedOn: row.proposedOn,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
});

/** The redemption as a list shows it. */
export const presentRedemption = (row: Redemption): z.input<typeof shown> => ({
  redemptionId: row.redemptionId,
  redemptionNo: row.redemptionNo,
  voucherId: row.voucherId,
  invoiceId: row.invoiceId,
  contractId: row.contractId,
  enterpriseId: row.enterpriseId,
  providerId: row.providerId,
  programmeCode: row.programmeCode,
  programmeVersionId: row.programmeVersionId,
  fund: row.fund,
  status: row.status,
  base: formatYuan(row.baseFen),
  computed: formatYuan(row.computedFen),
  cutOff: formatYuan(row.cutOffFen),
  reserved: formatYuan(row.reservedFen),
  approved: formatYuan(row.approvedFen),
  reversed: formatYuan(row.reversedFen),
  submittedOn: row.submittedOn,
  approvedOn: row.approvedOn,
  decisionReason: row.decisionReason,
  settlementId: row.settlementId,
  verified: row.status === 'SUBMITTED' ? null : row.decidedPerson === null ? 'BY_RULE' : 'BY_PERSON',
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

type InFull = Omit<z.input<typeof redemptionInFull>, 'explanation'> & { explanation: KeptStep[] };

/** With its mismatches and its explanation, as they are kept. */
export const presentInFull = (row: Redemption): InFull => ({
  mismatches: row.mismatches as Mismatch[],
  explanation: row.explanation as KeptStep[],
  ...presentRedemption(row),
});
