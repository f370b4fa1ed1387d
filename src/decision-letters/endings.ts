// The letters of what was undone: a contract voided or not filed, a voucher cancelled or revoked, a debt off-set.
import type { RecoveryOffset } from '../../db/tables.js';
import { findEnterprise } from '../enterprises/queries.js';
import { documentName, lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { versionsOf } from '../programmes/queries.js';
import { findProvider } from '../providers/queries.js';
import { findOffset, findRecovery } from '../recoveries/queries.js';
import { findRedemption } from '../redemptions/queries.js';
import { findReimbursement } from '../reimbursements/queries.js';
import { findVoucher, tellOfVoucher } from '../vouchers/queries.js';
import type { Asked } from './letters.js';
import { about, contractTold, dealingOf, dealingTold, refusal } from './letters.js';
import type { Decided } from './rules.js';
import { inYuan } from './rules.js';

/** A contract that was voided, or not filed. What follows from it for vouchers is a correction, with a letter of its own. */
export async function letterOfContract(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, id } = asked;
  const dealing = await dealingOf(asked, id);
  if (!dealing) return undefined;
  const { contract } = dealing.whole;
  const isVoid = contract.status === 'VOIDED';
  if (!isVoid && contract.status !== 'REJECTED') return 'UNDECIDED';
  const enterprise = await findEnterprise(db, book.bookId, contract.enterpriseId);
  if (!enterprise) throw new Error('a contract has lost its enterprise');
  const kinds = isVoid ? ['contract.voided'] : ['contract.rejected'];
  const told = await refusal(asked, { kinds, reason: contract.endReason, article: null, document: '' });
  const filed = contract.filingNo === null ? '' : `（备案编号 ${contract.filingNo}）`;
  return {
    title: isVoid
      ? { zh: '合同备案作废决定书', en: 'Decision to void a contract' }
      : { zh: '合同不予备案决定书', en: 'Decision not to file a contract' },
    number: contract.filingNo ?? contract.contractNo,
    party: { name: enterprise.name, uscc: enterprise.uscc },
    facts: [dealingTold(dealing)],
    steps: [],
    decision: isVoid
      ? {
          zh: `合同备案${filed}作废，自始不产生补助效力。${told.reasonZh}依该合同发放、兑付的补助另行更正，以更正决定书为准。`,
          en: `The filing of the contract is void from its beginning.${told.reasonEn} What was issued and paid on it is corrected by decisions of its own.`,
        }
      : { zh: `合同不予备案。${told.reasonZh}`, en: `The contract is not filed.${told.reasonEn}` },
    amountFen: 0n,
    departments: [],
    bookName: book.name,
    decidedOn: contract.endedOn ?? told.decidedOn ?? contract.signedOn,
  };
}

/** A voucher that two persons cancelled or revoked, or that was revoked with a fraud. */
export async function letterOfVoucher(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, principal, id } = asked;
  const found = await findVoucher(db, { bookId: book.bookId, voucherId: id, viewer: principal });
  if (!found) return undefined;
  const { voucher } = found;
  const { endings } = await tellOfVoucher(db, { bookId: book.bookId, voucherId: id });
  const ending = endings.find(({ why }) => why === voucher.status);
  if (!ending || (voucher.status !== 'CANCELLED' && voucher.status !== 'REVOKED')) return 'UNDECIDED';
  const { programme, ...rest } = await about(asked, { ...voucher, day: voucher.appliedOn });
  const isRevoked = voucher.status === 'REVOKED';
  const reason = (ending.reason ?? '').replace(/。$/, '');
  return {
    ...rest,
    title: isRevoked
      ? { zh: '算力券撤销决定书', en: 'Decision to revoke a voucher' }
      : { zh: '算力券作废决定书', en: 'Decision to cancel a voucher' },
    number: voucher.voucherNo,
    facts: [
      {
        zh: `「${programme.name.zh}」项下算力券 ${voucher.voucherNo}，${voucher.issuedOn} 发放，面额 ${inYuan(voucher.faceFen)} 元。`,
        en: `Voucher ${voucher.voucherNo} under “${programme.name.en}”, issued on ${voucher.issuedOn}, face ${inYuan(voucher.faceFen)} yuan.`,
      },
      ...(await contractTold(asked, voucher.contractId)),
    ],
    grounds: [{ document: documentName(programme, programme.basis), article: programme.basis.article }],
    steps: [],
    decision: {
      zh: `${isRevoked ? '撤销' : '作废'}该算力券未使用的部分。理由：${reason}。`,
      en: `What is unused of the voucher is ${isRevoked ? 'revoked' : 'cancelled'}. Reason: ${reason}.`,
    },
    amountFen: ending.lapsedFen + ending.givenBackFen,
    decidedOn: ending.endedOn,
  };
}

/** An off-set (抵扣) that was decided: to whom it is owed less now, by the rule that it names. */
export async function letterOfOffset(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, principal, id } = asked;
  const { bookId } = book;
  const offset = await findOffset(db, bookId, id);
  const found = offset && (await findRecovery(db, { bookId, viewer: principal, recoveryId: offset.recoveryId }));
  const seen = found?.offsets.find(({ offsetId }) => offsetId === id);
  if (!found || !seen) return undefined;
  if (seen.status !== 'APPROVED' || seen.decidedOn === null) return 'UNDECIDED';
  const { recovery } = found;
  const [[version], provider, enterprise, owed] = await Promise.all([
    versionsOf(db, bookId, recovery.programmeCode),
    findProvider(db, bookId, recovery.debtorId),
    findEnterprise(db, bookId, recovery.debtorId),
    owedOut(asked, seen),
  ]);
  const party = provider ?? enterprise;
  if (!version || !party || !owed) throw new Error('an off-set has lost what it is of');
  const programme = programmeOf(version);
  const [claim, payable] = [recovery.recoveryNo, owed.no];
  return {
    title: { zh: '抵扣决定书', en: 'Decision on an off-set' },
    number: claim,
    party: { name: party.name, uscc: party.uscc },
    facts: [
      {
        zh: `追回 ${claim}，应退回 ${inYuan(recovery.amountFen)} 元：${recovery.reason.replace(/。$/, '')}。`,
        en: `Recovery ${claim} of ${inYuan(recovery.amountFen)} yuan: ${recovery.reason}`,
      },
      {
        zh: `${owed.zh} ${payable} 经核准应付同一收款人 ${inYuan(owed.approvedFen)} 元，尚未拨付。`,
        en: `${owed.en} ${payable} owes the same payee ${inYuan(owed.approvedFen)} yuan, not paid yet.`,
      },
    ],
    grounds: [{ document: seen.document, article: seen.article }],
    steps: [],
    decision: {
      zh: `以${owed.zh} ${payable} 的应付款项抵扣追回 ${claim} 的应退款项，相应部分不再拨付，视为已退回。理由：${seen.reason.replace(/。$/, '')}。`,
      en: `What ${owed.en.toLowerCase()} ${payable} owes is held against recovery ${claim}: that part is not paid out, and counts as paid back. Reason: ${seen.reason}.`,
    },
    amountFen: seen.amountFen,
    departments: lawOn(programme, seen.decidedOn).responsibleDepartments?.value ?? [],
    bookName: book.name,
    decidedOn: seen.decidedOn,
  };
}

/** What was off-set against, as the debtor knows it: its number and what was approved of it. The award may be one of a firm it has absorbed. */
async function owedOut({ db, book: { bookId, db: whole }, principal }: Asked, { redemptionId, reimbursementId }: RecoveryOffset) {
  const award =
    reimbursementId === null ? undefined : await findReimbursement(whole, { bookId, reimbursementId, legalPersonUscc: null });
  if (award) return { zh: '补助', en: 'Award', no: award.reimbursementNo, approvedFen: award.awardFen ?? 0n };
  const redemption = await findRedemption(db, { bookId, principal, redemptionId: redemptionId ?? '' });
  return redemption && { zh: '核销', en: 'Redemption', no: redemption.redemptionNo, approvedFen: redemption.approvedFen };
}
