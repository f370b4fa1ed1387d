// One book of the demo world, from its first member to the draft of its next settlement, as acts through the API.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { calendars } from '../../db/demo/calendars.js';
import { billing, chips, holidays, worldFrom } from '../../db/demo/world.js';
import type {
  DemoBook,
  DemoClose,
  DemoContract,
  DemoEnterprise,
  DemoLine,
  DemoProvider,
  DemoSettlement,
  DemoTrouble,
  Official,
} from '../../db/demo/world.js';
import { applicationConsidered, applicationMoved } from '../../schemas/applications.js';
import { appropriationLoaded } from '../../schemas/appropriations.js';
import { calendarYearRecorded } from '../../schemas/calendars.js';
import { contractRecorded } from '../../schemas/contracts.js';
import { enterpriseRecorded } from '../../schemas/enterprises.js';
import { openingApproved, openingPrepared } from '../../schemas/opening-balances.js';
import { payeeAccountRecorded, payeeAccountWaitRecorded } from '../../schemas/payees.js';
import { programmeActivated, programmePublished } from '../../schemas/programme-api.js';
import { bankReturnImported } from '../../schemas/bank.js';
import {
  chipRecorded,
  facilityRecorded,
  listingRecorded,
  observationRecorded,
  providerRecorded,
} from '../../schemas/providers.js';
import { redemptionRecorded } from '../../schemas/redemptions.js';
import { monthDecided, monthWhole } from '../../schemas/months.js';
import { instructions as instructionsOf, settlementDrafted, settlementInstructed, settlementRecorded } from '../../schemas/settlements.js';
import { paymentRecorded, usageInvoicePosted, usageInvoiceRecorded } from '../../schemas/usage.js';
import { applicationApproved, voucherChanged } from '../../schemas/vouchers.js';
import type { Day } from '../calendar.js';
import { addDays, daysInclusive } from '../calendar.js';
import { makeUscc } from '../identifiers.js';
import type { Fen } from '../money.js';
import { applyRate, floorFen, formatYuan, parseYuan, sumFen } from '../money.js';
import type { Caller, Operators } from './api.js';
import { newMember } from './api.js';
import type { Act } from './plan.js';
import { Ids, workday } from './plan.js';

/** A key that may be shown: whose it is. */
export interface DemoKey {
  readonly role: string;
  readonly name: string;
  readonly secret: string;
}

const programmesFolder = new URL('../../db/programmes/', import.meta.url);
const after = (day: Day, n: number): Day => workday(day, n, holidays);
const fenOf = (text: string): Fen => parseYuan(text) ?? 0n;

interface Amounts {
  readonly net: string;
  readonly vat: string;
  readonly gross: string;
}

/** A price with 6 % VAT in it, taken apart: net to the nearest fen. */
function amountsOf(grossFen: Fen): Amounts {
  const netFen = (grossFen * 200n + 106n) / 212n;
  return { net: formatYuan(netFen), vat: formatYuan(grossFen - netFen), gross: formatYuan(grossFen) };
}

const sumOf = (amounts: readonly Amounts[]): Amounts => {
  const sum = (part: keyof Amounts) => formatYuan(sumFen(amounts.map((of) => fenOf(of[part]))));
  return { net: sum('net'), vat: sum('vat'), gross: sum('gross') };
};

const costOf = (quantity: string, price: string): Fen => BigInt(quantity) * fenOf(price);

/** What a line used in a month of billing; null for nothing. */
function usageOf(line: DemoLine, month: number): { quantity: string; price: string } | null {
  const used = line.used[month];
  if (used === undefined || used === null) return null;
  return typeof used === 'string' ? { quantity: used, price: line.price } : { price: line.price, ...used };
}

/** Two persons of finance have the same rights: one drafts, the other checks. */
const roleOf = (official: Official): Exclude<Official, 'finance_checker'> =>
  official === 'finance_checker' ? 'finance' : official;

/** Makes the acts of a book; `keys` answers whom it has keys of once they have been lived. */
export function planOf(book: DemoBook, operators: Operators): { acts: Act[]; keys: () => DemoKey[] } {
  const { operator } = operators;
  const ids = new Ids();
  const callers = new Map<string, Caller>([['operator', operator]]);
  const acts: Act[] = [];

  const at = (day: Day, time: string, act: () => Promise<unknown>): void => {
    acts.push({
      at: `${day} ${time}`,
      act: async () => {
        await act();
      },
    });
  };
  const as = (name: string): Caller => {
    const caller = callers.get(name);
    if (!caller) throw new Error(`nobody speaks as ${name} yet`);
    return caller;
  };
  const keyed = (key: string) => ({ key: `demo:${key}` });
  const holderOf = (name: string): string => book.enterprises[name]?.branchOf ?? name;
  const enterpriseCaller = (name: string): Caller => as(`enterprise:${holderOf(name)}`);
  const providerCaller = (name: string): Caller => as(`provider:${name}`);

  function members(): void {
    for (const [official, personName] of Object.entries(book.officials) as [Official, string][]) {
      const role = roleOf(official);
      if (role === 'operator') continue;
      at(worldFrom, '09:10', async () => {
        callers.set(official, await newMember(operators, { role, personName }, `demo:member:${official}`));
      });
    }
    for (const [name, of] of Object.entries(book.providers)) {
      at(worldFrom, '09:10', async () => {
        const member = { role: 'provider' as const, personName: of.person, legalPersonUscc: makeUscc(of.code) };
        callers.set(`provider:${name}`, await newMember(operators, member, `demo:member:provider:${name}`));
      });
    }
    for (const [name, of] of Object.entries(book.enterprises)) {
      if (of.branchOf !== undefined) continue;
      at(worldFrom, '09:10', async () => {
        const member = { role: 'enterprise' as const, personName: of.person, legalPersonUscc: makeUscc(of.code) };
        callers.set(`enterprise:${name}`, await newMember(operators, member, `demo:member:enterprise:${name}`));
      });
    }
  }

  /** How long a changed account waits: two persons of finance set it. */
  function accountWait(): void {
    at(worldFrom, '10:20', async () => {
      const proposed = await as('finance').post(
        payeeAccountWaitRecorded,
        '/payee-account-waits',
        book.accountWait,
        keyed('account-wait'),
      );
      ids.set('account-wait', proposed.waitId);
    });
    at(worldFrom, '10:30', () =>
      as('finance_approver').post(
        payeeAccountWaitRecorded,
        `/payee-account-waits/${ids.of('account-wait')}/approve`,
        {},
        keyed('account-wait:approve'),
      ),
    );
  }

  function calendar(): void {
    for (const { year, holidays: off, ...of } of calendars) {
      const days = off.flatMap(([from, to]) => Array.from({ length: daysInclusive(from, to) }, (_, i) => addDays(from, i)));
      at(worldFrom, '10:00', async () => {
        const proposed = await operator.post(
          calendarYearRecorded,
          '/calendars',
          { year, holidays: days, ...of },
          keyed(`calendar:${year}`),
        );
        ids.set(`calendar:${year}`, proposed.calendarYearId);
      });
      at(worldFrom, '10:10', () =>
        as('approver').post(
          calendarYearRecorded,
          `/calendars/${ids.of(`calendar:${year}`)}/approve`,
          {},
          keyed(`calendar:approve:${year}`),
        ),
      );
    }
  }

  function catalogue(): void {
    for (const [i, chip] of chips.entries()) {
      const source = '演示目录，产地由本演示账套的主管部门认定';
      at(worldFrom, '10:00', () =>
        operator.post(chipRecorded, '/chips', { ...chip, validFrom: '2026-01-01', source }, keyed(`chip:${i}`)),
      );
    }
  }

  function provider(name: string, of: DemoProvider): void {
    at(worldFrom, '10:30', async () => {
      const body = { uscc: makeUscc(of.code), name: of.name };
      ids.set(
        `provider:${name}`,
        (await operator.post(providerRecorded, '/providers', body, keyed(`provider:${name}`))).providerId,
      );
    });
    const providerId = () => ids.of(`provider:${name}`);
    for (const [key, { name: facilityName, kind, pflops, standardRacks }] of Object.entries(of.facilities)) {
      at(worldFrom, '14:00', async () => {
        const body = { providerId: providerId(), name: facilityName, kind };
        const made = await providerCaller(name).post(facilityRecorded, '/facilities', body, keyed(`facility:${key}`));
        ids.set(`facility:${key}`, made.facilityId);
      });
      at('2026-07-28', '10:00', () =>
        as('reviewer').post(
          observationRecorded,
          `/facilities/${ids.of(`facility:${key}`)}/observations`,
          {
            observedOn: '2026-07-28',
            inService: true,
            ...(pflops === undefined ? {} : { pflops, precision: 'FP16' }),
            ...(standardRacks === undefined ? {} : { standardRacks }),
            evidence: '现场核查记录与第三方测试报告（演示）',
          },
          keyed(`observation:${key}`),
        ),
      );
    }
    for (const serviceItem of of.listedFor) {
      at('2026-07-28', '11:00', () =>
        as('reviewer').post(
          listingRecorded,
          '/listings',
          { providerId: providerId(), serviceItem, ...book.listing },
          keyed(`listing:${name}:${serviceItem}`),
        ),
      );
    }
    at('2026-07-28', '14:00', () =>
      providerCaller(name).post(
        payeeAccountRecorded,
        '/payee-accounts',
        { providerId: providerId(), holderName: of.name, ...of.account, validFrom: '2026-07-28' },
        keyed(`account:${name}`),
      ),
    );
  }

  function enterprise(name: string, of: DemoEnterprise): void {
    const parent = of.branchOf === undefined ? undefined : book.enterprises[of.branchOf];
    at(worldFrom, parent ? '11:00' : '10:30', async () => {
      const body = {
        uscc: makeUscc(of.code),
        ...(parent ? { parentUscc: makeUscc(parent.code) } : {}),
        name: of.name,
        kind: of.kind ?? 'ENTERPRISE',
        sizeClass: of.size,
      };
      const made = await operator.post(enterpriseRecorded, '/enterprises', body, keyed(`enterprise:${name}`));
      ids.set(`enterprise:${name}`, made.enterpriseId);
    });
  }

  function law(): void {
    for (const { file, activated } of book.programmes) {
      at('2026-07-28', '15:00', async () => {
        const document = await readFile(new URL(file, programmesFolder), 'utf8');
        const made = await operator.post(programmePublished, '/programmes', { document }, keyed(`programme:${file}`));
        ids.set(`programme:${file}`, made.programmeVersionId);
      });
      if (!activated) continue;
      at('2026-07-29', '10:00', () =>
        as('approver').post(
          programmeActivated,
          `/programmes/${ids.of(`programme:${file}`)}/activate`,
          {},
          keyed(`activate:${file}`),
        ),
      );
    }
    const { programmeCode } = book;
    for (const { on, ...of } of book.appropriations) {
      const body = { ...of, programmeCode, year: Number(on.slice(0, 4)) };
      at(on, '11:00', () =>
        as('finance').post(
          appropriationLoaded,
          '/appropriations',
          body,
          keyed(`appropriation:${of.documentNo.replace(/\D/g, '-')}`),
        ),
      );
    }
    for (const { on, enterprise: name, ...of } of book.openings) {
      const key = `opening:${name}:${of.limitId}`;
      const uscc = makeUscc(book.enterprises[name]?.code ?? '');
      at(on, '14:00', async () => {
        const body = { kind: 'LIMIT_USED', programmeCode, uscc, ...of };
        ids.set(key, (await as('reviewer').post(openingPrepared, '/opening-balances', body, keyed(key))).openingBalanceId);
      });
      at(on, '16:00', () =>
        as('approver').post(openingApproved, `/opening-balances/${ids.of(key)}/approve`, {}, keyed(`${key}:approve`)),
      );
    }
  }

  function contract(of: DemoContract, place: number): void {
    const name = `contract:${of.no}`;
    const sides = [providerCaller, enterpriseCaller] as const;
    const [submits, confirms] = of.submittedBy === 'enterprise' ? ([1, 0] as const) : ([0, 1] as const);
    const speak = (side: 0 | 1) => sides[side](side === 0 ? of.provider : of.enterprise);
    at(of.submittedOn, '09:30', async () => {
      const lines = of.lines.map(({ description, item, facility, chip, unit, quantity, price }) => ({
        description,
        serviceItem: item,
        facilityId: ids.of(`facility:${facility}`),
        ...(chip === undefined ? {} : { chipVendor: chips[chip]?.vendor, chipModel: chips[chip]?.model }),
        unit,
        quantity,
        ...amountsOf(costOf(quantity, price)),
      }));
      const body = {
        contractNo: of.no,
        enterpriseId: ids.of(`enterprise:${of.enterprise}`),
        providerId: ids.of(`provider:${of.provider}`),
        signedOn: of.signedOn,
        startsOn: of.startsOn,
        endsOn: of.endsOn,
        purpose: of.purpose,
        ...sumOf(lines),
        lines,
      };
      ids.set(name, (await speak(submits).post(contractRecorded, '/contracts', body, keyed(name))).contractId);
    });
    if (of.stays === 'SUBMITTED') return;
    at(after(of.submittedOn, 1), '09:00', () =>
      speak(confirms).post(contractRecorded, `/contracts/${ids.of(name)}/confirm`, {}, keyed(`${name}:confirm`)),
    );
    if (of.stays === 'CONFIRMED') return;
    at(after(of.submittedOn, 1), '15:00', () =>
      as('reviewer').post(contractRecorded, `/contracts/${ids.of(name)}/file`, {}, keyed(`${name}:file`)),
    );
    const hasVoucher = application(of);
    usage(of, place, hasVoucher);
  }

  /** Whether a voucher comes of it. */
  function application({ no, enterprise: applicant, application: of, frozen }: DemoContract): boolean {
    if (of === undefined) return false;
    const name = `application:${no}`;
    const submission = () => ({ programmeCode: book.programmeCode, contractId: ids.of(`contract:${no}`), commitment: true });
    if (of.refused !== undefined) {
      refusal(of.on, '10:00', () => enterpriseCaller(applicant), '/applications', submission, name, of.refused);
      return false;
    }
    at(of.on, '10:00', async () => {
      const made = await enterpriseCaller(applicant).post(applicationConsidered, '/applications', submission(), keyed(name));
      ids.set(name, made.applicationId);
    });
    if (of.waitsFor === 'review') return false;

    const { notMet = [], exceptions = {}, classes = [], maximum, refused } = of.review ?? {};
    const unmet = [...notMet, ...Object.keys(exceptions)];
    const review = {
      eligibility: Object.fromEntries(book.predicates.map((predicate) => [predicate, !unmet.includes(predicate)])),
      exceptions,
      classes,
      ...(maximum === undefined ? {} : { maximum }),
    };
    const reviewedOn = after(of.on, 2);
    if (refused !== undefined) {
      refusal(
        reviewedOn,
        '14:00',
        () => as('reviewer'),
        () => `/applications/${ids.of(name)}/review`,
        () => review,
        `${name}:review`,
        refused,
      );
    } else if (of.rejected === undefined) {
      at(reviewedOn, '14:00', async () => {
        const path = `/applications/${ids.of(name)}/review`;
        const reviewed = await as('reviewer').post(applicationConsidered, path, review, keyed(`${name}:review`));
        ids.set(`${name}:digest`, reviewed.reviewDigest ?? '');
      });
    }
    if (of.rejected !== undefined) {
      at(reviewedOn, '16:00', () =>
        as('reviewer').post(
          applicationMoved,
          `/applications/${ids.of(name)}/reject`,
          { reason: of.rejected },
          keyed(`${name}:reject`),
        ),
      );
      return false;
    }
    if (of.waitsFor === 'approval') return false;

    at(after(of.on, 4), '10:30', async () => {
      const approved = await as('approver').post(
        applicationApproved,
        `/applications/${ids.of(name)}/approve`,
        { reviewDigest: ids.of(`${name}:digest`), acceptReduced: of.acceptReduced ?? false },
        keyed(`${name}:approve`),
      );
      ids.set(`voucher:${no}`, approved.voucher.voucherId);
    });
    if (frozen) {
      at(frozen.on, '11:30', () =>
        as('approver').post(
          voucherChanged,
          `/vouchers/${ids.of(`voucher:${no}`)}/freeze`,
          { reason: frozen.reason },
          keyed(`freeze:${no}`),
        ),
      );
    }
    return true;
  }

  function usage(of: DemoContract, place: number, hasVoucher: boolean): void {
    for (const [index, month] of billing.entries()) {
      const used = of.lines.flatMap((line, i) => {
        const usage = usageOf(line, index);
        return usage ? [{ ...usage, contractLineNo: i + 1, counted: line.counted ?? true }] : [];
      });
      if (used.length === 0) continue;
      const name = `invoice:${of.no}:${month.month}`;
      const trouble = of.trouble?.[month.month] ?? {};
      const invoicedOn = month.invoicedOn[place % month.invoicedOn.length] ?? month.to;
      const lines = used.map(({ contractLineNo, quantity, price }) => ({
        contractLineNo,
        quantity,
        ...amountsOf(costOf(quantity, price)),
      }));
      at(invoicedOn, '09:00', async () => {
        const body = {
          invoiceNo: trouble.invoiceNo ?? `2641${book.divisionCode}${month.month.slice(5)}${String(place + 1).padStart(8, '0')}`,
          contractId: ids.of(`contract:${of.no}`),
          issuedOn: invoicedOn,
          usageFrom: month.from < of.startsOn ? of.startsOn : month.from,
          usageTo: month.to,
          ...sumOf(lines),
          lines,
        };
        ids.set(
          name,
          (await providerCaller(of.provider).post(usageInvoicePosted, '/usage-invoices', body, keyed(name))).invoiceId,
        );
      });
      if (trouble.unconfirmed) continue;
      const buyer = () => enterpriseCaller(of.enterprise);
      if (trouble.disputed !== undefined) {
        const { disputed: reason } = trouble;
        at(month.confirmedOn, '10:00', () =>
          buyer().post(usageInvoiceRecorded, `/usage-invoices/${ids.of(name)}/dispute`, { reason }, keyed(`${name}:dispute`)),
        );
        continue;
      }
      at(month.confirmedOn, '10:00', () =>
        buyer().post(usageInvoiceRecorded, `/usage-invoices/${ids.of(name)}/confirm`, {}, keyed(`${name}:confirm`)),
      );
      if (!trouble.unpaid) {
        const gross = sumFen(lines.map((line) => fenOf(line.gross)));
        const counted = sumFen(lines.filter((_, i) => used[i]?.counted).map((line) => fenOf(line.gross)));
        // The firm pays what it does not expect its voucher to pay.
        const ownFen = gross - (hasVoucher ? floorFen(applyRate(counted, book.expectedShare)) : 0n);
        const payment = {
          amount: formatYuan(ownFen),
          paidOn: month.paidOn,
          bankSerial: `${book.bankMark}-E${month.month}-${of.no}`,
        };
        at(month.paidOn, '10:30', () =>
          buyer().post(paymentRecorded, `/usage-invoices/${ids.of(name)}/payments`, payment, keyed(`${name}:pay`)),
        );
      }
      if (hasVoucher) redemption(of, name, month.redeemedOn, trouble);
    }
  }

  function redemption(of: DemoContract, invoice: string, day: Day, trouble: DemoTrouble): void {
    const name = `redemption:${invoice}`;
    const body = () => ({ voucherId: ids.of(`voucher:${of.no}`), invoiceId: ids.of(invoice) });
    if (trouble.refused !== undefined) {
      refusal(day, '14:30', () => enterpriseCaller(of.enterprise), '/redemptions', body, name, trouble.refused);
      return;
    }
    at(day, '14:30', async () => {
      const made = await enterpriseCaller(of.enterprise).post(redemptionRecorded, '/redemptions', body(), keyed(name));
      ids.set(name, made.redemptionId);
    });
    const { paidMore, verified, returned } = trouble;
    if (paidMore !== undefined) {
      const payment = { amount: paidMore, paidOn: day, bankSerial: `${book.bankMark}-F-${of.no}` };
      at(day, '15:30', () =>
        enterpriseCaller(of.enterprise).post(
          paymentRecorded,
          `/usage-invoices/${ids.of(invoice)}/payments`,
          payment,
          keyed(`${name}:pay`),
        ),
      );
    }
    if (verified !== undefined) {
      at(day, '16:30', () =>
        as('reviewer').post(
          redemptionRecorded,
          `/redemptions/${ids.of(name)}/verify`,
          { approved: verified },
          keyed(`${name}:verify`),
        ),
      );
    }
    if (returned !== undefined) {
      at(day, '16:30', () =>
        as('reviewer').post(
          redemptionRecorded,
          `/redemptions/${ids.of(name)}/return`,
          { reason: returned },
          keyed(`${name}:return`),
        ),
      );
    }
  }

  function settlement(of: DemoSettlement): void {
    const name = `settlement:${of.period}`;
    const path = (verb: string) => `/settlements/${ids.of(name)}/${verb}`;
    let content = { contentDigest: '', count: 0, total: '' };
    at(of.draftedOn, '17:00', async () => {
      const drafted = await as('finance').post(settlementDrafted, '/settlements', { period: of.period }, keyed(name));
      ids.set(name, drafted.settlementId);
      const frozen = await as('finance').post(settlementRecorded, path('freeze'), {}, keyed(`${name}:freeze`));
      content = { contentDigest: frozen.contentDigest ?? '', count: frozen.lineCount, total: frozen.total };
    });
    if (of.approvedOn)
      at(of.approvedOn, '10:00', () =>
        as('approver').post(settlementRecorded, path('approve'), content, keyed(`${name}:approve`)),
      );
    if (of.approvedOn && of.instructedOn) {
      at(of.approvedOn, '15:00', () => {
        const lines = Array.from({ length: content.count }, (_, i) => i + 1);
        return as('finance_checker').post(settlementRecorded, path('check-lines'), { lines }, keyed(`${name}:check`));
      });
    }
    if (of.instructedOn) {
      at(of.instructedOn, '10:00', () =>
        as('finance_approver').post(settlementInstructed, path('instruct'), {}, keyed(`${name}:instruct`)),
      );
    }
    if (of.bankOn) bankReturn(name, of.bankOn, of.returned);
    if (of.returned) {
      const { provider: payee, newAccountOn, accountNo, reinstructedOn, bankOn } = of.returned;
      const payeeOf = book.providers[payee];
      const change = `account:${payee}:${newAccountOn}`;
      at(newAccountOn, '11:00', async () => {
        const proposed = await providerCaller(payee).post(
          payeeAccountRecorded,
          '/payee-accounts',
          {
            providerId: ids.of(`provider:${payee}`),
            holderName: payeeOf?.name,
            ...payeeOf?.account,
            accountNo,
            validFrom: newAccountOn,
          },
          keyed(change),
        );
        ids.set(change, proposed.payeeAccountId);
        await providerCaller(payee).upload(
          `/evidence-files?kind=OTHER&subjectKind=PAYEE_ACCOUNT&subjectId=${proposed.payeeAccountId}`,
          { name: '账户变更说明.txt', type: 'text/plain', text: `${payeeOf?.name ?? ''}账户变更说明（演示）` },
          `demo:${change}:evidence`,
        );
      });
      at(newAccountOn, '16:00', () =>
        as('finance').post(
          payeeAccountRecorded,
          `/payee-accounts/${ids.of(change)}/confirm`,
          { accountNo, formerAccount: 'DOES_NOT_HOLD' },
          keyed(`${change}:confirm`),
        ),
      );
      at(reinstructedOn, '10:00', () =>
        as('finance_approver').post(settlementInstructed, path('reinstruct'), {}, keyed(`${name}:reinstruct`)),
      );
      bankReturn(name, bankOn);
    }
    if (of.closedOn)
      at(of.closedOn, '10:00', () => as('finance').post(settlementRecorded, path('close'), {}, keyed(`${name}:close`)));
  }

  /** Shuts each month, waits until its data and pack are made, and has another person seal it. */
  function close({ on, months }: DemoClose): void {
    at(on, '16:00', async () => {
      for (const month of months) {
        const { monthId } = await as('finance').post(monthDecided, '/months', { month }, keyed(`close:${month}`));
        let { build } = await as('finance_approver').get(monthWhole, `/months/${monthId}`);
        for (; build.endedAt === null; { build } = await as('finance_approver').get(monthWhole, `/months/${monthId}`)) await sleep(50);
        const { sealDigest } = build;
        await as('finance_approver').post(monthDecided, `/months/${monthId}/seal`, { sealDigest }, keyed(`seal:${month}`));
      }
    });
  }

  /** The bank's file of a day: everything that waits is paid, but for what goes to the payee it returns. */
  function bankReturn(settlementName: string, day: Day, returned?: { provider: string; reason: string }): void {
    at(day, '17:30', async () => {
      const waiting = await as('finance').get(instructionsOf, `/settlements/${ids.of(settlementName)}/instructions`);
      const holder = returned && book.providers[returned.provider]?.name;
      const lines = waiting.lines.map(({ instructionNo, amount, holderName }, i) => ({
        instructionNo,
        bankSerial: `${book.bankMark}${day.replaceAll('-', '')}${String(i + 1).padStart(4, '0')}`,
        bookedOn: day,
        amount,
        ...(holderName === holder ? { status: 'RETURNED', reason: returned?.reason } : { status: 'PAID' }),
      }));
      const file = {
        fileName: `${book.bankMark}-${day}.json`,
        declaredCount: waiting.count,
        declaredTotal: waiting.total,
        lines,
      };
      await as('finance').post(bankReturnImported, '/bank-returns', file, keyed(`bank:${settlementName}:${day}`));
    });
  }

  function refusal(
    day: Day,
    time: string,
    caller: () => Caller,
    path: string | (() => string),
    body: () => object,
    key: string,
    code: string,
  ): void {
    at(day, time, async () => {
      const problem = await caller().refused(typeof path === 'string' ? path : path(), body(), keyed(key));
      if (problem.code !== code) throw new Error(`${key} was refused with ${problem.code}, not ${code}: ${problem.detail}`);
    });
  }

  members();
  calendar();
  accountWait();
  catalogue();
  for (const [name, of] of Object.entries(book.providers)) provider(name, of);
  for (const [name, of] of Object.entries(book.enterprises)) enterprise(name, of);
  law();
  for (const [place, of] of book.contracts.entries()) contract(of, place);
  for (const of of book.settlements) settlement(of);
  if (book.close) close(book.close);

  return {
    acts,
    keys: () => {
      const officials = (Object.entries(book.officials) as [Official, string][]).map(([official, name]) => ({
        role: roleOf(official),
        name,
        secret: as(official).secret,
      }));
      const [enterpriseName = ''] = Object.keys(book.enterprises).filter((name) => book.contracts[0]?.enterprise === name);
      const [providerName = ''] = Object.keys(book.providers);
      return [
        ...officials,
        {
          role: 'enterprise',
          name: book.enterprises[enterpriseName]?.name ?? '',
          secret: enterpriseCaller(enterpriseName).secret,
        },
        { role: 'provider', name: book.providers[providerName]?.name ?? '', secret: providerCaller(providerName).secret },
      ];
    },
  };
}
