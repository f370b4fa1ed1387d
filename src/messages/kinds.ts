// What people are told, kind by kind: the words in both languages, with the parameters they name. A kind that has gone into a book is
// kept: its messages are read for years. Pure.

interface Words {
  readonly zh: string;
  readonly en: string;
  /** Where one message stands for several ({count}); the parameters are the first one's. */
  readonly zhMany?: string;
  readonly enMany?: string;
}

export const kinds = {
  'case.accepted': {
    zh: '{caseNo} 已受理。',
    en: '{caseNo} was accepted for review.',
  },
  'case.supplement_requested': {
    zh: '{caseNo} 需一次性补正 {items} 项，请于 {dueOn} 24 时前答复。',
    en: '{caseNo} needs {items} corrections, listed once; answer by 24:00 on {dueOn}.',
  },
  'case.published': {
    zh: '{caseNo} 已列入公示 {noticeNo}，公示至 {lastDay}。',
    en: '{caseNo} is on public notice {noticeNo} until {lastDay}.',
  },
  'case.notice_replaced': {
    zh: '{caseNo} 的公示内容经复核有变，已撤出原公示，更正后重新公示。',
    en: '{caseNo} was reviewed again during its public notice: it is off that notice, and is published anew as corrected.',
  },
  'case.objection_raised': {
    zh: '{caseNo} 在公示期间收到异议 {objectionNo}，该件公示暂停计时。',
    en: 'An objection, {objectionNo}, was raised to {caseNo} during its public notice; its notice is paused.',
  },
  'case.objection_dismissed': {
    zh: '对 {caseNo} 的异议 {objectionNo} 不成立：{reason}',
    en: 'The objection {objectionNo} to {caseNo} was dismissed: {reason}',
  },
  'case.approved': {
    zh: '{caseNo} 已批准，金额 {amount} 元。',
    en: '{caseNo} was approved for {amount} yuan.',
  },
  'case.award_corrected': {
    zh: '{caseNo} 的补助由 {before} 元更正为 {amount} 元：{reason}',
    en: 'The award of {caseNo} was corrected from {before} to {amount} yuan: {reason}',
  },
  'case.invoice_red_lettered': {
    zh: '{caseNo} 计入的发票 {invoiceNo} 已开具红字发票 {redLetterNo}，计入基数相应减少，将重新评审。',
    en: 'A red letter {redLetterNo} was posted to invoice {invoiceNo}, which counts in {caseNo}: its base is less, and it is reviewed again.',
  },
  'case.rejected': {
    zh: '{caseNo} 不予批准：{reason}',
    en: '{caseNo} was rejected: {reason}',
  },
  'voucher.issued': {
    zh: '算力券 {voucherNo} 已发放，面额 {amount} 元，最后使用日 {lastDay}。',
    en: 'Voucher {voucherNo} was issued: {amount} yuan, last day {lastDay}.',
  },
  'voucher.to_activate': {
    zh: '算力券 {voucherNo} 已发放，面额 {amount} 元；请于 {activateBy} 前接受用券条款，逾期作废。',
    en: 'Voucher {voucherNo} was issued: {amount} yuan. Accept its terms by {activateBy}; after that it ends.',
  },
  'voucher.taken_over': {
    zh: '上线前发放的算力券已转入，编号 {voucherNo}，可用余额 {amount} 元，最后使用日 {lastDay}。',
    en: 'A voucher issued before this service began was taken over as {voucherNo}: {amount} yuan left, last day {lastDay}.',
  },
  'voucher.activation_ending': {
    zh: '算力券 {voucherNo} 尚未接受用券条款，{activateBy} 24 时到期。',
    en: 'The terms of voucher {voucherNo} are not accepted yet; it ends at 24:00 on {activateBy}.',
  },
  'voucher.expiring': {
    zh: '算力券 {voucherNo} 最后使用日为 {lastDay}，请及时使用。',
    en: 'Voucher {voucherNo} can be used until {lastDay}.',
  },
  'voucher.expired': {
    zh: '算力券 {voucherNo} 已于 {endedOn} 到期失效，未使用余额 {amount} 元。',
    en: 'Voucher {voucherNo} expired on {endedOn} with {amount} yuan unused.',
  },
  'usage.posted': {
    zh: '合同 {contractNo} 下新到用量发票 {invoiceNo}，价税合计 {amount} 元，请确认或提出异议。',
    en: 'Usage invoice {invoiceNo} of {amount} yuan was posted under contract {contractNo}: confirm or dispute it.',
    zhMany: '合同 {contractNo} 下新到 {count} 张用量发票（首张 {invoiceNo}），请逐张确认或提出异议。',
    enMany: '{count} usage invoices were posted under contract {contractNo} (the first: {invoiceNo}): confirm or dispute each.',
  },
  'usage.deadline': {
    zh: '合同 {contractNo} 下用量发票 {invoiceNo} 的确认期限为 {confirmBy}；逾期既未确认也未提出异议的，按政策{outcomeZh}。',
    en: 'Usage invoice {invoiceNo} under contract {contractNo} is to be confirmed or disputed by {confirmBy}; else it is {outcomeEn} by the rules of the programme.',
    zhMany:
      '合同 {contractNo} 下 {count} 张用量发票（首张 {invoiceNo}）的确认期限为 {confirmBy}；逾期既未确认也未提出异议的，按政策{outcomeZh}。',
    enMany:
      '{count} usage invoices under contract {contractNo} (the first: {invoiceNo}) are to be confirmed or disputed by {confirmBy}; else they are {outcomeEn} by the rules of the programme.',
  },
  'redemption.approved': {
    zh: '核销 {redemptionNo} 已核验通过，金额 {amount} 元。',
    en: 'Redemption {redemptionNo} was approved for {amount} yuan.',
  },
  'redemption.approved_by_rule': {
    zh: '{day} 按规则自动核验通过核销 {redemptions} 笔（首笔 {redemptionNo}），合计 {amount} 元。',
    en: '{redemptions} redemptions (the first: {redemptionNo}) were approved by rule on {day}, {amount} yuan in all.',
  },
  'redemption.returned': {
    zh: '核销 {redemptionNo} 已退回：{reason}',
    en: 'Redemption {redemptionNo} was returned: {reason}',
  },
  'payment.returned': {
    zh: '拨付 {instructionNo}（{amount} 元）被银行退回：{reason}。请核对收款账户。',
    en: 'The bank returned payment {instructionNo} of {amount} yuan: {reason}. Check the account to be paid on.',
  },
  'payee_account.recorded': {
    zh: '已登记收款账户（尾号 {last4}），自 {usableFrom} 起付款。如非贵单位办理，请立即告知财政部门。',
    en: 'An account ending in {last4} was recorded and is paid on from {usableFrom}. If this was not you, tell the finance bureau at once.',
  },
  'payee_account.change_proposed': {
    zh: '有人申请将收款账户变更为尾号 {last4} 的账户；经财政部门另一人核对并等待期满后生效，其间暂停付款。如非贵单位办理，请提出异议。',
    en: 'A change to the account ending in {last4} was proposed: once another person has confirmed it and its days have passed, it is paid on, and until then payments wait. If this was not you, object to it.',
  },
  'payee_account.confirmed': {
    zh: '变更收款账户（尾号 {last4}）已经核对，自 {usableFrom} 起付款；在此之前可以提出异议。',
    en: 'The change to the account ending in {last4} was confirmed; it is paid on from {usableFrom}, and can be objected to until then.',
  },
  'payee_account.objected': {
    zh: '对变更收款账户（尾号 {last4}）有异议：{reason}。处理完毕前暂停付款。',
    en: 'There is an objection to the change to the account ending in {last4}: {reason}. Payments wait until it is decided.',
  },
  'payee_account.objection_dismissed': {
    zh: '对变更收款账户（尾号 {last4}）的异议不成立：{reason}。该变更须重新核对并重新等待。',
    en: 'The objection to the change to the account ending in {last4} was dismissed: {reason}. The change is to be confirmed anew, and waits anew.',
  },
  'payee_account.ended': {
    zh: '变更收款账户（尾号 {last4}）已终止：{reason}。原账户照常付款。',
    en: 'The change to the account ending in {last4} has ended: {reason}. The account before is paid on as it was.',
  },
  'recovery.opened': {
    zh: '追回 {recoveryNo} 已立案，应退回 {amount} 元：{reason}',
    en: 'Recovery {recoveryNo} was opened for {amount} yuan: {reason}',
  },
  'recovery.succeeded': {
    zh: '{from} 应退回的追回 {recoveryNo} 由贵单位承继，尚应退回 {left} 元，缴款期限 {dueOn}：{reason}',
    en: 'Recovery {recoveryNo} of {from} is yours from now on: {left} yuan are to be paid back by {dueOn}: {reason}',
  },
  'month.shut': {
    zh: '{month} 已关账，数据与月结包生成后请核对并封账。',
    en: '{month} was shut; once its data and pack are made, check and seal it.',
  },
  'month.built': {
    zh: '{month} 的数据与月结包已生成，未发现未处理事项；请核对并以封账摘要 {sealDigest} 封账。',
    en: 'The data and pack of {month} are made, and nothing stands in the way: check it and seal it by its digest {sealDigest}.',
  },
  'month.obstructed': {
    zh: '{month} 的数据与月结包已生成，有 {count} 项尚未处理，暂不能封账；处理后请重新生成。',
    en: 'The data and pack of {month} are made, and {count} things stand in the way of its seal: settle them and build it again.',
  },
  'month.build_failed': {
    zh: '{month} 的数据与月结包未能生成；请重新生成，仍不成功的请联系平台运营。',
    en: 'The data and pack of {month} could not be made: ask for them again, and tell the operator if that fails too.',
  },
  'month.sealed': {
    zh: '{month} 已封账，封账摘要 {sealDigest}。',
    en: '{month} was sealed under the digest {sealDigest}.',
  },
  'account.invited_again': {
    zh: '登录名 {name} 已有账户，平台运营重新发出了邀请；经本人或另一名运营人员确认后，原密码与第二因素将失效。如非本人要求，请告知其他运营人员。',
    en: 'Somebody who has an account was invited again, as {name}: once the person or another operator confirms it, the password and second factor that were set end. If it was not asked for, tell another operator.',
  },
  'webhook.disabled': {
    zh: '发往 {host} 的消息推送连续数日失败，已停用；排除故障后请重新启用。',
    en: 'Deliveries to {host} have failed for days and its webhook is disabled: enable it again once it is mended.',
  },
} as const satisfies Record<string, Words>;

export type MessageKind = keyof typeof kinds;

type NamedIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamedIn<Rest> : never;
/** The parameters that the words of a kind name, in either language. */
export type ParamsOf<Kind extends MessageKind> = Readonly<
  Record<NamedIn<(typeof kinds)[Kind]['zh'] | (typeof kinds)[Kind]['en']>, string>
>;

const filled = (text: string, params: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '—');

/** The words of a message; `alike` is how many it stands for. A kind that this release does not know is told by its name. */
export function wordsOf(of: { kind: string; params: Readonly<Record<string, string>>; alike: number }): {
  readonly zh: string;
  readonly en: string;
} {
  const words: Words | undefined = (kinds as Readonly<Record<string, Words>>)[of.kind];
  if (!words) return { zh: of.kind, en: of.kind };
  const params = { ...of.params, count: String(of.alike) };
  const many = of.alike > 1;
  return {
    zh: filled(many ? (words.zhMany ?? words.zh) : words.zh, params),
    en: filled(many ? (words.enMany ?? words.en) : words.en, params),
  };
}
