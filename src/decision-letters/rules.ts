// How a decision is told to whom it concerns (决定书): who it is about, the facts, the articles, the computation step by step, what is decided
// and what can be done against it. In Chinese, which counts, and in English. Pure.
import type { z } from 'zod';
import type { decisionLetter } from '../../schemas/decision-letters.js';
import type { Day } from '../calendar.js';
import type { Step } from '../ledger/explanations.js';
import type { Fen } from '../money.js';
import { amountInWords, formatYuan } from '../money.js';
import type { Bilingual } from '../programmes/language.js';

/** What was decided, and about whom. */
export interface Decided {
  readonly title: Bilingual;
  readonly number: string;
  readonly party: { readonly name: string; readonly uscc: string };
  readonly facts: readonly Bilingual[];
  /** Articles beside those of the steps. */
  readonly grounds?: readonly { readonly document: string; readonly article: string }[];
  readonly steps: readonly Step[];
  /** The decision in a sentence; the amount in figures and words follows it where there is one. */
  readonly decision: Bilingual;
  readonly amountFen: Fen;
  /** Where nothing was decided, and a step of the party itself is acknowledged: there is no remedy to name. */
  readonly isAcknowledgement?: true;
  /** What follows for whom it concerns, beside the remedies that the law gives against every decision. */
  readonly also?: Bilingual;
  /** The departments that answer for the programme, the leading one first; none where its text names none. */
  readonly departments: readonly string[];
  readonly bookName: string;
  readonly decidedOn: Day;
}

/** What goes into a step, by its key: an amount in yuan, a day, or a word. */
const inputNames: Readonly<Record<string, Bilingual>> = {
  appliedOn: { zh: '申请日', en: 'applied on' },
  approvedRate: { zh: '核定比例', en: 'rate set by the review' },
  asked: { zh: '应作废金额', en: 'to be voided' },
  base: { zh: '计算基数', en: 'base' },
  baseBefore: { zh: '此前累计基数', en: 'base so far' },
  baseYear: { zh: '基数年度', en: 'base year' },
  before: { zh: '适用本项前', en: 'before this rule' },
  beyond: { zh: '超出金额', en: 'beyond it' },
  bookedOn: { zh: '入账日', en: 'booked on' },
  byRate: { zh: '分档基数', en: 'base by rate' },
  claim: { zh: '本件核定金额', en: 'this claim' },
  claims: { zh: '全部核定金额', en: 'all claims' },
  contract: { zh: '合同金额', en: 'contract' },
  contractBase: { zh: '合同基数', en: 'base of the contract' },
  cutOff: { zh: '抵用此前核减', en: 'taken from what was cut off before' },
  cutOffBefore: { zh: '此前核减', en: 'cut off before' },
  entitled: { zh: '累计应补助', en: 'entitled in all' },
  exact: { zh: '精确值', en: 'exact' },
  excess: { zh: '超出金额', en: 'excess' },
  expiresOn: { zh: '有效期最后一日', en: 'last day' },
  held: { zh: '已占用金额', en: 'held' },
  invoiceNo: { zh: '发票号码', en: 'invoice' },
  issuedOn: { zh: '发放日', en: 'issued on' },
  kind: { zh: '主体类型', en: 'kind' },
  granted: { zh: '已获补助', en: 'granted so far' },
  left: { zh: '尚余', en: 'left' },
  limit: { zh: '限额', en: 'limit' },
  linesLeftOut: { zh: '不计入的明细', en: 'lines left out' },
  maximum: { zh: '上限', en: 'at most' },
  minimum: { zh: '下限', en: 'at least' },
  paid: { zh: '已付', en: 'paid' },
  rate: { zh: '比例', en: 'rate' },
  red: { zh: '红字冲减基数', en: 'base taken by the red letter' },
  redeemedAndReserved: { zh: '已兑付和在审', en: 'redeemed and reserved' },
  redemptionNo: { zh: '核销编号', en: 'redemption' },
  reimbursementNo: { zh: '补助编号', en: 'award' },
  requested: { zh: '申请金额', en: 'asked for' },
  required: { zh: '应付', en: 'to be paid' },
  reviewed: { zh: '评审金额', en: 'by the review' },
  settled: { zh: '据实结算', en: 'by what was settled' },
  shared: { zh: '参与分配的资金', en: 'shared out' },
  signedOn: { zh: '合同签订日', en: 'signed on' },
  submittedOn: { zh: '提交日', en: 'submitted on' },
  usedFrom: { zh: '使用起始日', en: 'used from' },
  usedTo: { zh: '使用结束日', en: 'used to' },
  voucherNo: { zh: '算力券编号', en: 'voucher' },
  window: { zh: '期间', en: 'window' },
};
/** Results that are no amount. */
const resultNames: Readonly<Record<string, Bilingual>> = {
  APPLIES: { zh: '适用', en: 'applies' },
  COUNTED: { zh: '计入', en: 'counted' },
  PASSED: { zh: '符合', en: 'met' },
  PASSED_IN_PART: { zh: '部分符合', en: 'met in part' },
  MET: { zh: '符合', en: 'met' },
  EXCEPTION: { zh: '经说明理由予以认可', en: 'accepted as an exception, with its reason' },
};

/** Words that a step was given. */
const wordNames: Readonly<Record<string, Bilingual>> = {
  ENTERPRISE: { zh: '企业', en: 'enterprise' },
  INSTITUTION: { zh: '事业单位及其他机构', en: 'institution' },
  LIFETIME: { zh: '累计', en: 'in total' },
};

const grouped = (yuan: string): string => yuan.replace(/\B(?=(\d{3})+\.)/g, ',');
/** A document by its number (郑政文〔2024〕62号) stands as it is, one by its title in 书名号. */
const named = (document: string): string => (/[〔《]/.test(document) ? document : `《${document}》`);
/** An amount in figures, as letters have it: 1,234,567.89. */
export const inYuan = (fen: Fen): string => grouped(formatYuan(fen));
const isAmount = (text: string): boolean => /^\d+\.\d{2}$/.test(text);
const dayInWords = (day: string): string => {
  const [year = '', month = '', date = ''] = day.split('-');
  return `${year}年${Number(month)}月${Number(date)}日`;
};
const shownZh = (text: string): string =>
  isAmount(text) ? `${grouped(text)} 元` : /^\d{4}-\d{2}-\d{2}$/.test(text) ? dayInWords(text) : (wordNames[text]?.zh ?? text);
const shownEn = (text: string): string => (isAmount(text) ? `${grouped(text)} yuan` : (wordNames[text]?.en ?? text));

function stepZh({ ruleZh, inputs, result, bound }: Step, i: number): string {
  const told = Object.entries(inputs).flatMap(([key, value]) =>
    inputNames[key] && value !== '' ? `${inputNames[key].zh} ${shownZh(value)}` : [],
  );
  const outcome = isAmount(result) ? `得 ${shownZh(result)}` : (resultNames[result]?.zh ?? result);
  return `（${i + 1}）${ruleZh}${told.length > 0 ? `（${told.join('，')}）` : ''}：${outcome}${bound ? '，以本项为限' : ''}。`;
}
function stepEn({ ruleEn, inputs, result, bound }: Step, i: number): string {
  const told = Object.entries(inputs).flatMap(([key, value]) =>
    inputNames[key] && value !== '' ? `${inputNames[key].en} ${shownEn(value)}` : [],
  );
  const outcome = isAmount(result) ? shownEn(result) : (resultNames[result]?.en ?? result);
  return `(${i + 1}) ${ruleEn}${told.length > 0 ? ` (${told.join(', ')})` : ''}: ${outcome}${bound ? ', bound by this' : ''}.`;
}

/** 行政复议法第二十条, 行政诉讼法第四十六条: counted from the day on which the letter was received. */
const remedies: Bilingual = {
  zh: '如不服本决定，可以自收到本决定书之日起六十日内向本级人民政府申请行政复议，也可以自收到本决定书之日起六个月内依法向人民法院提起行政诉讼。',
  en: 'Whoever disagrees may ask the people’s government of this level for review within sixty days of receiving this letter, or go to the people’s court within six months of receiving it.',
};

const chapters: readonly Bilingual[] = [
  { zh: '事实', en: 'Facts' },
  { zh: '依据', en: 'Grounds' },
  { zh: '计算', en: 'Computation' },
  { zh: '决定', en: 'Decision' },
  { zh: '救济途径和期限', en: 'Remedies and deadlines' },
];

/** The letter, in both languages. */
export function letterOf(of: Decided): z.input<typeof decisionLetter> {
  const { steps, amountFen, decidedOn, party } = of;
  const cited = [...(of.grounds ?? []), ...steps];
  const articles = [...new Map(cited.map((one) => [`${one.document} ${one.article}`, one])).values()];
  const sumZh = amountFen === 0n ? '' : `金额 ${inYuan(amountFen)} 元（${amountInWords(amountFen)}）。`;
  const sumEn = amountFen === 0n ? '' : ` The amount is ${inYuan(amountFen)} yuan.`;
  const department = of.departments[0];
  const zh = {
    title: of.title.zh,
    number: `编号：${of.number}`,
    party: `当事人：${party.name}（统一社会信用代码 ${party.uscc}）`,
    facts: of.facts.map((fact) => fact.zh),
    grounds: articles.map(({ document, article }) => `${named(document)}${article}`),
    computation: steps.map(stepZh),
    decision: `${of.decision.zh}${sumZh}`,
    remedy: of.isAcknowledgement ? '' : `${of.also?.zh ?? ''}${remedies.zh}`,
    signed: `${department ?? `${of.bookName}算力券主管部门`}\n${dayInWords(decidedOn)}`,
  };
  const en = {
    title: of.title.en,
    number: `No. ${of.number}`,
    party: `To: ${party.name} (unified social credit code ${party.uscc})`,
    facts: of.facts.map((fact) => fact.en),
    grounds: articles.map(({ document, article }) => `${document}, ${article}`),
    computation: steps.map(stepEn),
    decision: `${of.decision.en}${sumEn}`,
    remedy: of.isAcknowledgement ? '' : `${of.also === undefined ? '' : `${of.also.en} `}${remedies.en}`,
    signed: `${department ?? `The department in charge, ${of.bookName}`}\n${decidedOn}`,
  };
  const explanation = steps.map((step) => ({ ...step }));
  return {
    amount: formatYuan(amountFen),
    decidedOn,
    zh: { ...zh, text: textOf(zh, 'zh') },
    en: { ...en, text: textOf(en, 'en') },
    explanation,
  };
}

interface Parts {
  readonly title: string;
  readonly number: string;
  readonly party: string;
  readonly facts: readonly string[];
  readonly grounds: readonly string[];
  readonly computation: readonly string[];
  readonly decision: string;
  readonly remedy: string;
  readonly signed: string;
}

/** All of it, chapter by chapter; one that has nothing to say is left out. */
function textOf(of: Parts, language: keyof Bilingual): string {
  const bodies = [of.facts, of.grounds, of.computation, [of.decision], of.remedy === '' ? [] : [of.remedy]];
  const told = bodies
    .flatMap((body, i) => (body.length === 0 ? [] : [{ body, name: chapters[i]?.[language] ?? '' }]))
    .map(({ body, name }, i) =>
      [language === 'zh' ? `${'一二三四五'[i] ?? ''}、${name}` : `${i + 1}. ${name}`, ...body].join('\n'),
    );
  return [of.title, of.number, of.party, ...told, of.signed].join('\n\n');
}
