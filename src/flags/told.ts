// What each flag says, in Chinese and English; `{name}` is filled from the numbers that were compared. Pure.
import type { Flag } from '../../db/tables.js';

interface Words {
  readonly zh: string;
  readonly en: string;
}

const sentences: Readonly<Record<Flag['kind'], Words>> = {
  CAPACITY_EXCEEDED: {
    zh: '{from} 至 {to} 共 {days} 日，该设施（{chip}）至多可提供 {possible} 卡时（逐日在用卡数 × 24 小时之和），同期计费 {billed} 卡时，超出 {beyond} 卡时。',
    en: 'From {from} to {to}, {days} days, the facility ({chip}) can have given {possible} card-hours at most (each day’s installed cards × 24 hours); {billed} are billed for these days, {beyond} more.',
  },
  CONTRACT_ELSEWHERE: {
    zh: '另一账套内有当事人、期间和金额均相同的合同（{from} 至 {to}，{gross} 元），须核实是否重复申领。',
    en: 'Another book has a contract of the same parties, period and amount ({from} to {to}, {gross} yuan): check that it is not claimed twice.',
  },
  CONTRACT_NEAR_DUPLICATE: {
    zh: '与合同 {otherNo} 当事人相同、期间重叠（{otherFrom} 至 {otherTo}），金额 {gross} 元与 {otherGross} 元相差 {difference} 元，不超过规定的 {basisPoints} 个基点（{documentNo}）。',
    en: 'Same parties as contract {otherNo}, overlapping period ({otherFrom} to {otherTo}); {gross} and {otherGross} yuan differ by {difference}, within the {basisPoints} basis points of {documentNo}.',
  },
  CONTRACT_SPLIT: {
    zh: '相同当事人、期间重叠的 {count} 份合同金额均不超过 {threshold} 元（{documentNo}），合计 {sum} 元，已超过该数额，疑似拆分合同。',
    en: '{count} contracts of the same parties with overlapping periods are each within {threshold} yuan ({documentNo}) and together {sum}: one contract may have been split.',
  },
  DIGITAL_INVOICE_DIFFERS: {
    zh: '发票 {invoiceNo} 所附数电票文件与填报内容不一致（{fields}），而该发票已用于核销或补助。',
    en: 'The digital invoice attached to invoice {invoiceNo} says otherwise than what was typed ({fields}), and the invoice counts in a redemption or a reimbursement already.',
  },
  ENTERPRISE_SPLIT: {
    zh: '申请人与 {others} 有共同的股东或任职人员（{holders}），均就与同一服务机构、期间重叠的合同申领本政策，疑似拆分主体。',
    en: 'The applicant shares shareholders or officers ({holders}) with {others}, and each claims under this programme for contracts with the same provider over overlapping periods: one enterprise may have been split.',
  },
  INVOICE_ELSEWHERE: {
    zh: '发票 {invoiceNo} 的号码与 {source} 交换的摘要相符（销售方{seller}，金额{amount}），须核实是否在两地重复申领。',
    en: 'The number of invoice {invoiceNo} matches a hash exchanged by {source} (seller: {seller}; amount: {amount}): check that it is not claimed in both places.',
  },
  PRICE_FAR_FROM_LIST: {
    zh: '共 {lines} 行单价偏离，其中第 {lineNo} 行（{chip}）每卡时 {price} 元，服务机构目录价 {listPrice} 元（{source}），相差超过规定的 {basisPoints} 个基点（{documentNo}）。',
    en: '{lines} lines are far off; line {lineNo} ({chip}): {price} yuan a card-hour, the provider’s list price is {listPrice} ({source}); they differ by more than the {basisPoints} basis points of {documentNo}.',
  },
  RELATED_PARTIES: {
    zh: '申请人与服务机构为关联方（{holders}），本政策未禁止，须由人员审核。',
    en: 'Applicant and provider are related parties ({holders}); the programme does not bar that, so a person looks at it.',
  },
  SEEN_BY_PERSON: { zh: '人工标记：{reason}', en: 'Raised by a person: {reason}' },
};

/** Values that are words. */
const words: Readonly<Partial<Record<string, Words>>> = {
  SAME: { zh: '相同', en: 'the same' },
  DIFFERENT: { zh: '不同', en: 'another' },
  ON_RECORD: { zh: '已登记为关联方', en: 'on record as such' },
};

/** What a flag says, its numbers filled in. */
export function told({ kind, evidence, reason }: Pick<Flag, 'kind' | 'evidence' | 'reason'>): Words {
  const params: Readonly<Record<string, string>> = { ...evidence.inputs, reason: reason ?? '' };
  const fill = (language: keyof Words) =>
    sentences[kind][language].replace(/\{(\w+)\}/g, (whole, key: string) => {
      const value = params[key] ?? whole;
      return words[value]?.[language] ?? value;
    });
  return { zh: fill('zh'), en: fill('en') };
}
