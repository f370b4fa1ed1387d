// The letters of what was decided, read as whoever asks may see it: a voucher issued, a redemption approved, an award of
// reimbursement, or the refusal of one of these; a correction.
import type { Database } from '../../db/client.js';
import type { Correction, Redemption } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';
import { findApplication } from '../applications/queries.js';
import { explanationOf as stepsOfApplication } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import { findContract } from '../contracts/queries.js';
import type { WholeContract } from '../contracts/rules.js';
import { findCorrection } from '../corrections/queries.js';
import { explanationOf } from '../corrections/rules.js';
import { findEnterprise } from '../enterprises/queries.js';
import type { OpenBook } from '../http/parts.js';
import type { KeptStep } from '../ledger/explanations.js';
import { inFull, learnWordings } from '../ledger/explanations.js';
import { lastBooked } from '../ledger/history.js';
import type { Bilingual, ProgrammeVersion } from '../programmes/language.js';
import { documentName, lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { findProgramme, versionsOf } from '../programmes/queries.js';
import { findProvider } from '../providers/queries.js';
import { findRedemption } from '../redemptions/queries.js';
import { findReimbursement } from '../reimbursements/queries.js';
import { findVoucher } from '../vouchers/queries.js';
import type { Decided } from './rules.js';
import { inYuan } from './rules.js';

/** Whose letter is asked for, by whom. */
export interface Asked {
  readonly db: Database;
  readonly book: OpenBook;
  readonly principal: Principal;
  readonly id: string;
}

/** What a letter says of the programme and of whom it concerns. */
export async function about({ db, book }: Asked, of: { programmeVersionId: string; enterpriseId: string; day: Day }) {
  const [version, enterprise] = await Promise.all([
    findProgramme(db, book.bookId, of.programmeVersionId),
    findEnterprise(db, book.bookId, of.enterpriseId),
  ]);
  if (!version || !enterprise) throw new Error('a row that a foreign key promises was not found');
  const programme = programmeOf(version);
  return {
    programme,
    party: { name: enterprise.name, uscc: enterprise.uscc },
    departments: lawOn(programme, of.day).responsibleDepartments?.value ?? [],
    bookName: book.name,
  };
}

async function stepsOf({ db, book }: Asked, explanation: unknown) {
  const kept = (explanation ?? []) as KeptStep[];
  await learnWordings(db.sql, book.bookId, [kept]);
  return inFull(kept);
}

interface Dealing {
  readonly whole: WholeContract;
  readonly providerName: string;
}

/** The contract with its provider's name, where this reader may see it. */
export async function dealingOf({ db, book, principal }: Asked, contractId: string): Promise<Dealing | undefined> {
  const whole = await findContract(db, book.bookId, contractId, principal);
  const provider = whole && (await findProvider(db, book.bookId, whole.contract.providerId));
  return whole && { whole, providerName: provider?.name ?? '' };
}

export const dealingTold = ({ whole: { contract }, providerName }: Dealing): Bilingual => ({
  zh: `合同 ${contract.contractNo}，${contract.signedOn} 签订，算力服务机构为${providerName}，合同金额（价税合计）${inYuan(contract.grossFen)} 元。`,
  en: `Contract ${contract.contractNo} of ${contract.signedOn} with ${providerName}, ${inYuan(contract.grossFen)} yuan with tax.`,
});

export async function contractTold(asked: Asked, contractId: string): Promise<Bilingual[]> {
  const dealing = await dealingOf(asked, contractId);
  return dealing ? [dealingTold(dealing)] : [];
}

export const applied = ({ name }: ProgrammeVersion, on: Day): Bilingual => ({
  zh: `当事人于 ${on} 申请「${name.zh}」。`,
  en: `Applied on ${on} under “${name.en}”.`,
});

/** What refuses, with its reason and the article it rests on, as the case keeps them. */
export async function refusal(
  asked: Asked,
  of: { kinds: readonly string[]; reason: string | null; article: string | null; document: string },
) {
  const decidedOn = await lastBooked(asked.db, asked.book.bookId, { subjectId: asked.id, kinds: of.kinds });
  const { reason, article, document } = of;
  const grounds = article === null ? [] : [{ document, article }];
  return {
    grounds,
    reasonZh: reason === null ? '' : `理由：${reason.replace(/。$/, '')}。`,
    reasonEn: reason === null ? '' : ` Reason: ${reason}`,
    decidedOn,
  };
}

/** That an application was taken back: nothing is decided by it, and nothing is to be said against it. */
async function withdrawal(
  asked: Asked,
  of: {
    noun: 'application' | 'reimbursement';
    number: string;
    programmeVersionId: string;
    enterpriseId: string;
    submittedOn: Day;
    decisionReason: string | null;
  },
): Promise<Decided> {
  const { programme, ...rest } = await about(asked, { ...of, day: of.submittedOn });
  const why = { reason: of.decisionReason, article: null, document: '' };
  const told = await refusal(asked, { kinds: [`${of.noun}.withdrawn`], ...why });
  return {
    ...rest,
    title: { zh: '撤回申请确认书', en: 'Acknowledgement of a withdrawal' },
    number: of.number,
    facts: [applied(programme, of.submittedOn)],
    steps: [],
    decision: {
      zh: `确认当事人撤回申请，本件终止办理，占用的额度和票据不再占用。${told.reasonZh}符合条件的，可以重新申请。`,
      en: `The application is taken back and goes no further; nothing is held for it any more.${told.reasonEn} It may be made anew.`,
    },
    isAcknowledgement: true,
    amountFen: 0n,
    decidedOn: told.decidedOn ?? of.submittedOn,
  };
}

/** A voucher issued, or refused, or its application taken back; undefined where there is none, or none that this reader may see. */
export async function letterOfApplication(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, principal, id } = asked;
  const row = await findApplication(db, { bookId: book.bookId, applicationId: id, legalPersonUscc: principal.legalPersonUscc });
  if (!row) return undefined;
  if (row.status === 'WITHDRAWN') return withdrawal(asked, { ...row, noun: 'application', number: row.applicationNo });
  if (row.status === 'REJECTED') {
    const { programme, ...rest } = await about(asked, { ...row, day: row.submittedOn });
    const document = documentName(programme, programme.basis);
    const why = { reason: row.decisionReason, article: row.decisionArticle, document };
    const told = await refusal(asked, { kinds: ['application.rejected'], ...why });
    return {
      ...rest,
      title: { zh: '不予发放算力券决定书', en: 'Decision not to issue a voucher' },
      number: row.applicationNo,
      facts: [applied(programme, row.submittedOn), ...(await contractTold(asked, row.contractId))],
      grounds: told.grounds,
      steps: await stepsOf(asked, stepsOfApplication(row)),
      decision: { zh: `不予发放算力券。${told.reasonZh}`, en: `No voucher is issued.${told.reasonEn}` },
      amountFen: 0n,
      decidedOn: told.decidedOn ?? row.submittedOn,
    };
  }
  const found =
    row.voucherId === null
      ? undefined
      : await findVoucher(db, { bookId: book.bookId, voucherId: row.voucherId, viewer: principal });
  if (!found || row.awardFen === null) return 'UNDECIDED';
  const { voucher } = found;
  const { programme, ...rest } = await about(asked, { ...row, day: row.submittedOn });
  return {
    ...rest,
    title: { zh: '算力券发放决定书', en: 'Decision to issue a voucher' },
    number: row.applicationNo,
    facts: [applied(programme, row.submittedOn), ...(await contractTold(asked, row.contractId))],
    steps: await stepsOf(asked, stepsOfApplication(row)),
    decision: {
      zh: `准予发放算力券（编号 ${voucher.voucherNo}），有效期至 ${voucher.lastDay}（当日有效）。`,
      en: `Voucher ${voucher.voucherNo} is issued, good through ${voucher.lastDay}.`,
    },
    amountFen: row.awardFen,
    decidedOn: voucher.issuedOn,
  };
}

const redeemed = ({ name }: ProgrammeVersion, { submittedOn, baseFen }: Redemption): Bilingual => ({
  zh: `当事人于 ${submittedOn} 依「${name.zh}」申请核销，计算基数 ${inYuan(baseFen)} 元。`,
  en: `Redeemed on ${submittedOn} under “${name.en}”, on a base of ${inYuan(baseFen)} yuan.`,
});

/** In what contract, usage, invoice and voucher did not agree. */
const differing = ({ mismatches }: Redemption): Bilingual[] =>
  (mismatches as Bilingual[]).map(({ zh, en }) => ({ zh: `经核对：${zh}。`, en: `On checking: ${en}.` }));

/** A redemption approved, or returned. */
export async function letterOfRedemption(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, principal, id } = asked;
  const row = await findRedemption(db, { bookId: book.bookId, principal, redemptionId: id });
  if (!row) return undefined;
  const isReturned = row.status === 'RETURNED';
  if (row.approvedOn === null && !isReturned) return 'UNDECIDED';
  const { programme, ...rest } = await about(asked, { ...row, day: row.submittedOn });
  if (isReturned) {
    const why = { reason: row.decisionReason, article: null, document: '' };
    const told = await refusal(asked, { kinds: ['redemption.released'], ...why });
    return {
      ...rest,
      title: { zh: '退回核销申请决定书', en: 'Decision to return a redemption' },
      number: row.redemptionNo,
      facts: [redeemed(programme, row), ...(await contractTold(asked, row.contractId)), ...differing(row)],
      steps: await stepsOf(asked, row.explanation),
      decision: {
        zh: `退回核销申请，预留的 ${inYuan(row.reservedFen)} 元按规定退回。${told.reasonZh}补正后可以重新申请。`,
        en: `The redemption is returned, and the ${inYuan(row.reservedFen)} yuan held for it go back.${told.reasonEn} It may be made anew.`,
      },
      amountFen: 0n,
      decidedOn: told.decidedOn ?? row.submittedOn,
    };
  }
  return {
    ...rest,
    title: { zh: '算力券兑付决定书', en: 'Decision on a redemption' },
    number: row.redemptionNo,
    facts: [redeemed(programme, row), ...(await contractTold(asked, row.contractId))],
    steps: await stepsOf(asked, row.explanation),
    decision: { zh: '准予兑付，列入结算批次支付。', en: 'It is approved, to be paid with the next batch.' },
    amountFen: row.approvedFen,
    decidedOn: row.approvedOn ?? row.submittedOn,
  };
}

/** An award of reimbursement, its refusal, or that its application was taken back. */
export async function letterOfReimbursement(asked: Asked): Promise<Decided | 'UNDECIDED' | undefined> {
  const { db, book, principal, id } = asked;
  const { legalPersonUscc } = principal;
  const row = await findReimbursement(db, { bookId: book.bookId, reimbursementId: id, legalPersonUscc });
  if (!row) return undefined;
  if (row.status === 'WITHDRAWN') return withdrawal(asked, { ...row, noun: 'reimbursement', number: row.reimbursementNo });
  const isRejected = row.status === 'REJECTED';
  if ((row.approvedOn === null || row.awardFen === null) && !isRejected) return 'UNDECIDED';
  const { programme, ...rest } = await about(asked, { ...row, day: row.submittedOn });
  const base = inYuan(row.baseFen ?? 0n);
  if (isRejected) {
    const document = documentName(programme, programme.basis);
    const why = { reason: row.decisionReason, article: row.decisionArticle, document };
    const told = await refusal(asked, { kinds: ['reimbursement.rejected'], ...why });
    return {
      ...rest,
      title: { zh: '不予补助决定书', en: 'Decision not to grant an award' },
      number: row.reimbursementNo,
      facts: [applied(programme, row.submittedOn)],
      grounds: told.grounds,
      steps: await stepsOf(asked, row.explanation),
      decision: { zh: `不予补助。${told.reasonZh}`, en: `No award is granted.${told.reasonEn}` },
      amountFen: 0n,
      decidedOn: told.decidedOn ?? row.submittedOn,
    };
  }
  return {
    ...rest,
    title: { zh: '补助决定书', en: 'Decision on an award' },
    number: row.reimbursementNo,
    facts: [
      {
        zh: `当事人于 ${row.submittedOn} 申请「${programme.name.zh}」${row.year} 年度补助，基数年度 ${row.baseYear} 年，计入基数 ${base} 元。`,
        en: `Applied on ${row.submittedOn} for ${row.year} under “${programme.name.en}”, on a base of ${base} yuan of ${row.baseYear}.`,
      },
    ],
    steps: await stepsOf(asked, row.explanation),
    decision: { zh: '准予补助，列入结算批次支付。', en: 'It is granted, to be paid with the next batch.' },
    amountFen: row.awardFen ?? 0n,
    decidedOn: row.approvedOn ?? row.submittedOn,
  };
}

const causes: Readonly<Record<Correction['cause'], Bilingual>> = {
  CONTRACT_CUT: { zh: '合同变更，金额减少', en: 'the contract was cut by an amendment' },
  CONTRACT_VOIDED: { zh: '合同作废', en: 'the contract was voided' },
  RED_LETTER: { zh: '发票开具红字', en: 'a red letter was issued to an invoice' },
  FRAUD: { zh: '查实弄虚作假', en: 'a fraud was found' },
  CLAUSE: { zh: '符合政策规定的应退回情形', en: 'what the programme says is to be given back' },
};

/** What a letter of a correction tells of what it corrects; `payee` is who was paid, where that is not who the letter is to. */
interface OfCorrection {
  readonly programmeVersionId: string;
  readonly enterpriseId: string;
  readonly told: Bilingual;
  readonly payee: string | null;
}

async function ofContract(asked: Asked, row: Correction, contractId: string): Promise<OfCorrection | undefined> {
  const dealing = await dealingOf(asked, contractId);
  if (!dealing) return undefined;
  const [version] = await versionsOf(asked.db, asked.book.bookId, row.programmeCode);
  if (!version) throw new Error('a correction has lost its programme');
  const { programmeVersionId } = version;
  const { enterpriseId } = dealing.whole.contract;
  return { programmeVersionId, enterpriseId, told: dealingTold(dealing), payee: dealing.providerName };
}

async function ofAward({ db, book, principal }: Asked, row: Correction): Promise<OfCorrection | undefined> {
  const { legalPersonUscc } = principal;
  const reimbursementId = row.reimbursementId ?? '';
  const award = await findReimbursement(db, { bookId: book.bookId, reimbursementId, legalPersonUscc });
  if (!award) return undefined;
  const { programmeVersionId, enterpriseId, reimbursementNo, year, approvedOn } = award;
  const granted = inYuan(award.awardFen ?? 0n);
  return {
    programmeVersionId,
    enterpriseId,
    told: {
      zh: `补助 ${reimbursementNo}（${year} 年度）于 ${approvedOn ?? '—'} 核准，金额 ${granted} 元。`,
      en: `Award ${reimbursementNo} for ${year} was approved on ${approvedOn ?? '—'} for ${granted} yuan.`,
    },
    payee: null,
  };
}

/** A correction: what was returned, voided, reversed, and is to be paid back. */
export async function letterOfCorrection(asked: Asked): Promise<Decided | undefined> {
  const { db, book, principal, id } = asked;
  const found = await findCorrection(db, book.bookId, id, principal);
  if (!found) return undefined;
  const { correction: row } = found;
  const of = row.contractId === null ? await ofAward(asked, row) : await ofContract(asked, row, row.contractId);
  if (!of) return undefined;
  const { programmeVersionId, enterpriseId } = of;
  const { programme, ...rest } = await about(asked, { programmeVersionId, enterpriseId, day: row.decidedOn });
  const cause = causes[row.cause];
  const { returnedFen, voidedFen, reversedFen, recalledFen } = row;
  const parts = [
    { fen: returnedFen, zh: '退回待核验的核销', en: 'returned of what waited' },
    { fen: voidedFen, zh: '作废券面余额', en: 'voided of the balance' },
    { fen: reversedFen, zh: '冲正未拨付款项', en: 'reversed of what was not paid' },
    { fen: recalledFen, zh: '追回已拨付款项', en: 'to be paid back' },
  ].filter(({ fen }) => fen > 0n);
  const recalls = recalledFen > 0n;
  const debtor = of.payee ?? rest.party.name;
  return {
    ...rest,
    title: recalls
      ? { zh: '补助更正及追回决定书', en: 'Decision to correct and recover' }
      : { zh: '补助更正决定书', en: 'Decision to correct' },
    number: row.correctionNo,
    facts: [{ zh: `「${programme.name.zh}」项下，${cause.zh}。`, en: `Under “${programme.name.en}”: ${cause.en}.` }, of.told],
    steps: await stepsOf(asked, explanationOf(row)),
    decision: {
      zh: `${parts.map(({ fen, zh }) => `${zh} ${inYuan(fen)} 元`).join('；') || '无须调整'}。`,
      en: `${parts.map(({ fen, en }) => `${inYuan(fen)} yuan ${en}`).join('; ') || 'Nothing is to be adjusted'}.`,
    },
    amountFen: returnedFen + voidedFen + reversedFen + recalledFen,
    ...(recalls
      ? {
          also: {
            zh: `应退还的款项由收款人${debtor}按送达的追回通知所载期限缴回；在该期限内可以向作出决定的机关申诉。`,
            en: `${debtor}, who was paid, pays it back by the day that the notice served names, and may appeal to us until then.`,
          },
        }
      : {}),
    decidedOn: row.decidedOn,
  };
}
