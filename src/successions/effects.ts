// What a change does, decided the same way when it is proposed and when it is approved. A contract goes from one enterprise to another whole,
// with its vouchers; whose it was is kept with it, and what was decided before stays with who it was then.
import type { z } from 'zod';
import type {
  Contract,
  Enterprise,
  LegalPersonChange,
  MatterRegistration,
  Provider,
  Recovery,
  Voucher,
} from '../../db/tables.js';
import type * as schema from '../../schemas/successions.js';
import { memberShelf } from '../access/facts.js';
import type { Day } from '../calendar.js';
import { addDays } from '../calendar.js';
import { applicationShelf } from '../applications/facts.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf, formerNameShelf } from '../enterprises/facts.js';
import { closed } from '../enterprises/rules.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import { registrationShelf } from '../legal-persons/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { recoverySucceeded, voucherEnded } from '../ledger/templates.js';
import { formatYuan, parseYuan } from '../money.js';
import { listingShelf, providerShelf } from '../providers/facts.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { isOver, outstandingFen, toldOfSuccession } from '../recoveries/rules.js';
import { readUscc, validUsccs } from '../uscc.js';
import { voucherEndingShelf, voucherShelf } from '../vouchers/facts.js';
import { frozen, voucherLife } from '../vouchers/rules.js';
import type { Founded } from './limits.js';
import { carried, gatherSuccession, shared } from './limits.js';

type Without<T> = Omit<T, 'uscc' | 'effectiveOn' | 'documentNo' | 'reason'>;
/** What is decided, by its kind. */
export type Content =
  | { readonly kind: 'NAME'; readonly content: Without<z.output<typeof schema.changeName>> }
  | { readonly kind: 'MERGER'; readonly content: Without<z.output<typeof schema.mergeEnterprise>> }
  | { readonly kind: 'SPLIT'; readonly content: Without<z.output<typeof schema.splitEnterprise>> }
  | { readonly kind: 'CLOSURE'; readonly content: Without<z.output<typeof schema.closeEnterprise>> };
export type Wanted = Content & Pick<LegalPersonChange, 'uscc' | 'effectiveOn' | 'reason'>;

/** A change as it is kept, read back. */
export const wantedOf = ({ kind, content, uscc, effectiveOn, reason }: LegalPersonChange): Wanted =>
  ({ kind, content, uscc, effectiveOn, reason }) as Wanted;

export interface Effects {
  readonly kind: 'effects';
  readonly uscc: string;
  readonly postings: readonly Posting[];
  readonly changes: readonly Change[];
  readonly messages: readonly Message[];
}
interface By {
  /** Who proposed, and who decides it; while it is only proposed, the same. */
  readonly proposedPerson: string;
  readonly decidedPerson: string;
  readonly changeId: string;
  readonly decisionId: string;
  readonly today: Day;
  readonly receivedAt: Date;
  readonly newId: () => string;
}

const othersIn = (of: Wanted): string[] =>
  of.kind === 'MERGER' ? [of.content.successorUscc] : of.kind === 'SPLIT' ? of.content.heirs.map(({ uscc }) => uscc) : [];

const waitingReimbursements = note<number>('reimbursements that wait');

/** Gathers all that `effectsOf` looks at. */
export async function gatherChanges(loader: Loader, wanted: readonly Wanted[], today: Day): Promise<void> {
  for (const of of wanted) {
    const codes = validUsccs([of.uscc, ...othersIn(of)]);
    const [subject] = validUsccs([of.uscc]);
    const own = await Promise.all([
      subject === undefined ? [] : loader.load(enterpriseShelf, 'legalPerson', [subject]),
      loader.load(enterpriseShelf, 'uscc', codes),
      loader.load(providerShelf, 'uscc', codes),
      loader.load(formerNameShelf, 'uscc', codes),
      subject === undefined ? [] : loader.load(memberShelf, 'legalPerson', [subject]),
      subject === undefined ? [] : loader.load(providerShelf, 'legalPerson', [subject]),
      subject === undefined ? [] : loader.load(providerShelf, 'acting', [subject]),
    ]);
    if (of.kind === 'NAME') continue;
    const enterprises = own[0].map(({ enterpriseId }) => enterpriseId);
    const [contracts, recoveries] = await Promise.all([
      loader.load(contractShelf, 'enterprise', enterprises),
      loader.load(recoveryShelf, 'debtor', enterprises),
      loader.load(
        listingShelf,
        'provider',
        [...own[2], ...own[5]].map(({ providerId }) => providerId),
      ),
      gatherSuccession(loader, codes, today),
    ]);
    const ids = contracts.map(({ contractId }) => contractId);
    const [vouchers] = await Promise.all([
      loader.load(voucherShelf, 'contract', ids),
      loader.load(applicationShelf, 'contract', ids),
      loader.load(registrationShelf, 'legalPerson', codes),
      noteReimbursements(loader, subject ?? ''),
    ]);
    const debtors = [...enterprises, ...own[1].map(({ enterpriseId }) => enterpriseId)];
    await loader.accounts([
      ...vouchers.flatMap(({ voucherId, fund }) => [accountOf.voucher(voucherId, fund), accountOf.available(fund)]),
      ...recoveries.flatMap(({ fund }) => debtors.map((debtorId) => accountOf.receivable(debtorId, fund))),
    ]);
  }
}

async function noteReimbursements(loader: Loader, uscc: string): Promise<void> {
  const [row] = await loader.tx.sql.prepared<{ n: bigint }[]>(
    `select count(*) as n from reimbursements
      where book_id = $1 and legal_person_uscc = $2 and status not in ('APPROVED', 'REJECTED', 'WITHDRAWN')`,
    [loader.bookId, uscc],
  );
  loader.note(waitingReimbursements, uscc, Number(row?.n ?? 0n));
}

/**
 * What a change does. Refuses, in this order: DAY_IN_FUTURE; a code's own; PARTY_UNKNOWN for a code that nobody is registered under, or
 * no enterprise where it takes one; CHANGE_OF_BRANCH where a legal person is meant; ENTERPRISE_CLOSED; then by kind what `renamed`, `merged`,
 * `split` and `ended` do.
 */
export function effectsOf(facts: Facts, of: Wanted, by: By): Effects | Refused {
  if (of.effectiveOn > by.today) return refused('DAY_IN_FUTURE', { day: of.effectiveOn, today: by.today }, '/effectiveOn');
  const code = readUscc(of.uscc, '/uscc');
  if (code.kind === 'refused') return code;
  const { uscc } = code;
  if (of.kind === 'NAME') return renamed(facts, uscc, of, by);
  if (of.kind === 'CLOSURE' && !facts.one(enterpriseShelf, 'uscc', uscc)) return providerEnded(facts, uscc, of);
  if (of.kind === 'MERGER') return merged(facts, uscc, of, by);
  const subject = legalPerson(facts, uscc, '/uscc');
  if (subject.kind === 'refused') return subject;
  switch (of.kind) {
    case 'SPLIT':
      return split(facts, subject.row, of, by);
    case 'CLOSURE':
      return ended(facts, subject.row, of, by);
  }
}

function legalPerson(facts: Facts, uscc: string, pointer: string): { kind: 'found'; row: Enterprise } | Refused {
  const row = facts.one(enterpriseShelf, 'uscc', uscc);
  if (!row) return refused('PARTY_UNKNOWN', { uscc }, pointer);
  if (row.legalPersonUscc !== uscc) return refused('CHANGE_OF_BRANCH', { uscc, legalPerson: row.legalPersonUscc }, pointer);
  return row.closedOn === null ? { kind: 'found', row } : closed(row, pointer);
}

type Kind<K extends Wanted['kind']> = Extract<Wanted, { kind: K }>;

/** Refuses NAME_UNCHANGED; NAME_CHANGED_LATER for a day that is not after the last change of its name. */
function renamed(facts: Facts, uscc: string, of: Kind<'NAME'>, by: By): Effects | Refused {
  const { name } = of.content;
  const rows = { enterprise: facts.one(enterpriseShelf, 'uscc', uscc), provider: facts.one(providerShelf, 'uscc', uscc) };
  const before = rows.enterprise?.name ?? rows.provider?.name;
  if (before === undefined) return refused('PARTY_UNKNOWN', { uscc }, '/uscc');
  if (before === name && (rows.provider?.name ?? name) === name) return refused('NAME_UNCHANGED', { uscc, name }, '/name');
  const lastDay = addDays(of.effectiveOn, -1);
  const later = facts.all(formerNameShelf, 'uscc', uscc).find((former) => former.lastDay >= lastDay);
  if (later) return refused('NAME_CHANGED_LATER', { name: later.name, lastDay: later.lastDay }, '/effectiveOn');
  const { bookId } = facts;
  const former = { bookId, formerNameId: by.newId(), uscc, name: before, lastDay, changeId: by.changeId };
  return {
    kind: 'effects',
    uscc,
    postings: [],
    messages: [],
    changes: [
      ...(rows.enterprise ? [update(enterpriseShelf, { ...rows.enterprise, name })] : []),
      ...(rows.provider ? [update(providerShelf, { ...rows.provider, name })] : []),
      insert(formerNameShelf, former),
    ],
  };
}

/** Its own rows, branches among them. */
const rowsOf = (facts: Facts, uscc: string): readonly Enterprise[] => facts.all(enterpriseShelf, 'legalPerson', uscc);
const contractsOf = (facts: Facts, uscc: string): Contract[] =>
  rowsOf(facts, uscc).flatMap(({ enterpriseId }) => [...facts.all(contractShelf, 'enterprise', enterpriseId)]);

/** CHANGE_CASES_WAIT while something of it is not decided: it is decided, or withdrawn, as long as it is what applied. */
function refuseWaiting(facts: Facts, uscc: string): Refused | null {
  const decided = ['APPROVED', 'REJECTED', 'WITHDRAWN'];
  const applications = contractsOf(facts, uscc)
    .flatMap(({ contractId }) => facts.all(applicationShelf, 'contract', contractId))
    .filter(({ status }) => !decided.includes(status));
  const count = applications.length + facts.noted(waitingReimbursements, uscc);
  return count === 0 ? null : refused('CHANGE_CASES_WAIT', { uscc, count: String(count) }, '/uscc');
}

/** A contract with its vouchers goes over to another enterprise. */
function transferred(facts: Facts, contract: Contract, to: Enterprise, of: Wanted, by: By): Change[] {
  const before = facts.get(enterpriseShelf, contract.enterpriseId);
  const former = {
    enterpriseId: contract.enterpriseId,
    legalPersonUscc: before?.legalPersonUscc ?? of.uscc,
    until: of.effectiveOn,
    decisionId: by.decisionId,
  };
  const { enterpriseId, legalPersonUscc } = to;
  return [
    update(contractShelf, { ...contract, enterpriseId, formerly: [...contract.formerly, former] }),
    ...facts
      .all(voucherShelf, 'contract', contract.contractId)
      .map((voucher) => update(voucherShelf, { ...voucher, enterpriseId, legalPersonUscc })),
  ];
}

type Moved = Pick<Effects, 'postings' | 'changes' | 'messages'>;

/** What it still owes back, of its branches too, or is proposed to. */
const recoveriesOf = (facts: Facts, uscc: string): Recovery[] =>
  rowsOf(facts, uscc)
    .flatMap(({ enterpriseId }) => [...facts.all(recoveryShelf, 'debtor', enterpriseId)])
    .filter((row) => !isOver(row));

/** Recoveries are owed by another from now on, each whole: their days, their notices and their appeals stay as they are. */
function owedBy(recoveries: readonly Recovery[], to: Enterprise, of: Wanted, { decisionId }: By): Moved {
  const moved = recoveries.map((before) => {
    const former = { debtorId: before.debtorId, until: of.effectiveOn, decisionId };
    const row: Recovery = { ...before, debtorId: to.enterpriseId, formerly: [...before.formerly, former] };
    return { before, row };
  });
  return {
    postings: moved.flatMap(({ before: { debtorId: from, recoveryId, fund }, row }) =>
      recoverySucceeded({ from, to: to.enterpriseId, recoveryId, fund, amountFen: outstandingFen(row) }),
    ),
    changes: moved.map(({ row }) => update(recoveryShelf, row)),
    // Of what is only proposed the debtor is not told.
    messages: moved
      .filter(({ row }) => row.openedOn !== null)
      .map(({ row }) => toldOfSuccession(row, { from: of.uscc, reason: of.reason })),
  };
}

/** The matters that are confirmed as its own. */
const mattersOf = (facts: Facts, uscc: string): MatterRegistration[] =>
  facts.all(registrationShelf, 'legalPerson', uscc).filter(({ status }) => status === 'CONFIRMED');

/** Matters are no more its own; with `to`, they are that one's from now on, known by what they were known by. */
function handedOver(facts: Facts, matters: readonly MatterRegistration[], to: string | null, of: Wanted, by: By): Change[] {
  const { proposedPerson, decidedPerson, today } = by;
  return matters.flatMap((row) => {
    const ended = { ...row, status: 'ENDED' as const, closedPerson: decidedPerson, closedOn: today, reason: of.reason };
    const live =
      to === null
        ? undefined
        : facts
            .all(registrationShelf, 'legalPerson', to)
            .find(
              ({ kind, code, status }) =>
                kind === row.kind && code === row.code && (status === 'CONFIRMED' || status === 'REGISTERED'),
            );
    if (to === null || live) return [update(registrationShelf, ended)];
    const theirs: MatterRegistration = {
      ...row,
      registrationId: by.newId(),
      legalPersonUscc: to,
      registeredPerson: proposedPerson,
      confirmedPerson: decidedPerson,
      confirmedOn: today,
      recordedAt: by.receivedAt.toISOString(),
    };
    return [update(registrationShelf, ended), insert(registrationShelf, theirs)];
  });
}

/** Nobody acts any more for who is no more: its memberships end, and their keys with them. */
const membersEnded = (facts: Facts, uscc: string, role: 'enterprise' | 'provider'): Change[] =>
  facts
    .all(memberShelf, 'legalPerson', uscc)
    .filter((member) => member.role === role && member.status === 'ACTIVE')
    .map((member) => update(memberShelf, { ...member, status: 'ENDED' }));

const close = (facts: Facts, uscc: string, closedOn: Day, successorUscc: string | null): Change[] => [
  ...rowsOf(facts, uscc).map((row) => update(enterpriseShelf, { ...row, closedOn: row.closedOn ?? closedOn, successorUscc })),
  ...membersEnded(facts, uscc, 'enterprise'),
];

/**
 * Whatever the absorbed legal person is here, an enterprise, a provider or both, its successor takes over as that. Refuses
 * MERGED_WITH_ITSELF; PARTY_UNKNOWN, CHANGE_OF_BRANCH and ENTERPRISE_CLOSED of either of them; and what `enterpriseMerged` and
 * `providerMerged` do.
 */
function merged(facts: Facts, uscc: string, of: Kind<'MERGER'>, by: By): Effects | Refused {
  const provider = facts.one(providerShelf, 'uscc', uscc);
  const isProvider = provider?.closedOn === null;
  const enterprise = facts.one(enterpriseShelf, 'uscc', uscc);
  const isEnterprise = enterprise?.closedOn === null;
  if (!isProvider && !isEnterprise) {
    const ended = enterprise ?? provider;
    return ended ? closed(ended, '/uscc') : refused('PARTY_UNKNOWN', { uscc }, '/uscc');
  }
  const code = readUscc(of.content.successorUscc, '/successorUscc');
  if (code.kind === 'refused') return code;
  if (code.uscc === uscc) return refused('MERGED_WITH_ITSELF', { uscc }, '/successorUscc');
  const asEnterprise = isEnterprise ? enterpriseMerged(facts, uscc, code, of, by) : null;
  if (asEnterprise?.kind === 'refused') return asEnterprise;
  const asProvider = isProvider ? providerMerged(facts, uscc, code, of) : null;
  if (asProvider?.kind === 'refused') return asProvider;
  return {
    kind: 'effects',
    uscc,
    postings: asEnterprise?.postings ?? [],
    messages: asEnterprise?.messages ?? [],
    changes: [...(asEnterprise?.changes ?? []), ...(asProvider?.changes ?? [])],
  };
}

/**
 * Who takes a provider's place acts for it and is paid for it from then on: its contracts, invoices and what is owed to it stay under its name.
 * A listing is of whoever was selected (遴选, E 二; 名单, D 二(六)), and no text lets it pass on: it ends first, and the successor applies for
 * its own. Refuses also PROVIDER_STILL_LISTED.
 */
function providerMerged(facts: Facts, uscc: string, code: { readonly uscc: string }, of: Wanted): Effects | Refused {
  const successor = facts.one(providerShelf, 'uscc', code.uscc);
  const pointer = '/successorUscc';
  if (!successor) return refused('PARTY_UNKNOWN', { uscc: code.uscc }, pointer);
  const own = facts.all(providerShelf, 'legalPerson', uscc);
  const branch = [successor, ...facts.all(providerShelf, 'uscc', uscc)].find((row) => row.legalPersonUscc !== row.uscc);
  if (branch) return refused('CHANGE_OF_BRANCH', { uscc: branch.uscc, legalPerson: branch.legalPersonUscc }, pointer);
  if (successor.closedOn !== null) return closed(successor, pointer);
  const listed = own.flatMap((row) => refuseListed(facts, row, of) ?? []);
  if (listed[0]) return listed[0];
  const before = facts.all(providerShelf, 'acting', uscc).filter(({ legalPersonUscc }) => legalPersonUscc !== uscc);
  return {
    kind: 'effects',
    uscc,
    postings: [],
    messages: [],
    changes: [
      ...own.map((row) =>
        update(providerShelf, {
          ...row,
          closedOn: row.closedOn ?? of.effectiveOn,
          successorUscc: code.uscc,
          actingUscc: code.uscc,
        }),
      ),
      // Whom it had absorbed itself.
      ...before.map((row) => update(providerShelf, { ...row, actingUscc: code.uscc })),
      ...membersEnded(facts, uscc, 'provider'),
    ],
  };
}

/** Refuses CHANGE_CASES_WAIT. */
function enterpriseMerged(
  facts: Facts,
  uscc: string,
  code: { readonly uscc: string },
  of: Kind<'MERGER'>,
  by: By,
): Effects | Refused {
  const subject = legalPerson(facts, uscc, '/uscc');
  if (subject.kind === 'refused') return subject;
  const successor = legalPerson(facts, code.uscc, '/successorUscc');
  if (successor.kind === 'refused') return successor;
  const waiting = refuseWaiting(facts, uscc);
  if (waiting) return waiting;
  const limits = carried(facts, uscc, code.uscc, { ...by, reason: of.reason });
  const owed = owedBy(recoveriesOf(facts, uscc), successor.row, of, by);
  return {
    kind: 'effects',
    uscc,
    postings: [...limits.postings, ...owed.postings],
    messages: owed.messages,
    changes: [
      ...owed.changes,
      ...contractsOf(facts, uscc).flatMap((contract) => transferred(facts, contract, successor.row, of, by)),
      ...handedOver(facts, mattersOf(facts, uscc), code.uscc, of, by),
      ...close(facts, uscc, of.effectiveOn, code.uscc),
      ...limits.changes,
    ],
  };
}

const over = ['COMPLETED', 'TERMINATED', 'VOIDED', 'WITHDRAWN', 'REJECTED'];

/**
 * Refuses, in this order: CHANGE_CASES_WAIT; SPLIT_HEIR_TWICE; of an heir what is refused of the one that is split; SPLIT_HEIR_NOT_NEW for
 * limits handed to one that was there before; SPLIT_CONTRACT_UNKNOWN, SPLIT_CONTRACT_TWICE; SPLIT_CONTRACT_LEFT where nobody takes what one
 * that ends leaves; SPLIT_MATTER_UNKNOWN for a matter that is not confirmed as its own, or taken already; SPLIT_RECOVERY_UNKNOWN likewise,
 * SPLIT_RECOVERY_LEFT where one that ends leaves what it owes back; and what `shared` does.
 *
 * A recovery is never divided: its heirs are answerable for all of it together (公司法第二百二十三条), whoever it is asked of.
 */
function split(facts: Facts, { uscc }: Enterprise, of: Kind<'SPLIT'>, by: By): Effects | Refused {
  const { heirs, continues } = of.content;
  const waiting = refuseWaiting(facts, uscc);
  if (waiting) return waiting;
  const own = new Map(contractsOf(facts, uscc).map((contract) => [contract.contractId, contract]));
  // What nobody has taken yet.
  const recoveries = new Map(recoveriesOf(facts, uscc).map((recovery) => [recovery.recoveryId, recovery]));
  const owed: Moved[] = [];
  const matters = new Map(mattersOf(facts, uscc).map((matter) => [matter.registrationId, matter]));
  const taken = new Set<string>();
  const seen = new Set([uscc]);
  const changes: Change[] = [];
  const founded: Founded[] = [];
  for (const [i, heir] of heirs.entries()) {
    const code = readUscc(heir.uscc, `/heirs/${i}/uscc`);
    if (code.kind === 'refused') return code;
    if (seen.has(code.uscc)) return refused('SPLIT_HEIR_TWICE', { uscc: code.uscc }, `/heirs/${i}/uscc`);
    seen.add(code.uscc);
    const found = legalPerson(facts, code.uscc, `/heirs/${i}/uscc`);
    if (found.kind === 'refused') return found;
    const [first] = heir.limits;
    if (!heir.founded && first)
      return refused('SPLIT_HEIR_NOT_NEW', { uscc: code.uscc, limit: first.limit }, `/heirs/${i}/limits`);
    if (heir.founded) {
      founded.push({ holder: code.uscc, left: new Map(heir.limits.map(({ limit, left }) => [limit, parseYuan(left) ?? 0n])) });
    }
    for (const [j, contractId] of heir.contractIds.entries()) {
      const contract = own.get(contractId);
      const pointer = `/heirs/${i}/contractIds/${j}`;
      if (!contract) return refused('SPLIT_CONTRACT_UNKNOWN', { contractId, uscc }, pointer);
      if (taken.has(contractId)) return refused('SPLIT_CONTRACT_TWICE', { contractNo: contract.contractNo }, pointer);
      taken.add(contractId);
      changes.push(...transferred(facts, contract, found.row, of, by));
    }
    for (const [j, registrationId] of heir.registrationIds.entries()) {
      const matter = matters.get(registrationId);
      const pointer = `/heirs/${i}/registrationIds/${j}`;
      if (!matter) return refused('SPLIT_MATTER_UNKNOWN', { registrationId, uscc }, pointer);
      matters.delete(registrationId);
      changes.push(...handedOver(facts, [matter], code.uscc, of, by));
    }
    // A split that was proposed before recoveries could be named names none.
    for (const [j, recoveryId] of (heir.recoveryIds ?? []).entries()) {
      const recovery = recoveries.get(recoveryId);
      const pointer = `/heirs/${i}/recoveryIds/${j}`;
      if (!recovery) return refused('SPLIT_RECOVERY_UNKNOWN', { recoveryId, uscc }, pointer);
      recoveries.delete(recoveryId);
      owed.push(owedBy([recovery], found.row, of, by));
    }
  }
  const debt = [...recoveries.values()][0];
  if (!continues && debt) {
    return refused('SPLIT_RECOVERY_LEFT', { recoveryNo: debt.recoveryNo, left: formatYuan(outstandingFen(debt)) }, '/continues');
  }
  const left = [...own.values()].find(
    ({ contractId, status }) =>
      !taken.has(contractId) && (!over.includes(status) || facts.all(voucherShelf, 'contract', contractId).some(lives)),
  );
  if (!continues && left) return refused('SPLIT_CONTRACT_LEFT', { contractNo: left.contractNo }, '/continues');
  const limits = shared(facts, uscc, founded, { ...by, reason: of.reason });
  if (limits.kind === 'refused') return limits;
  return {
    kind: 'effects',
    uscc,
    postings: [...limits.postings, ...owed.flatMap(({ postings }) => postings)],
    messages: owed.flatMap(({ messages }) => messages),
    changes: [
      ...owed.flatMap((of) => of.changes),
      ...changes,
      ...(continues ? [] : handedOver(facts, [...matters.values()], null, of, by)),
      ...(continues ? [] : close(facts, uscc, of.effectiveOn, null)),
      ...limits.changes,
    ],
  };
}

/** Whether a voucher may still pay. */
const lives = ({ status }: Voucher): boolean => voucherLife.states[status].length > 0;

/** Refuses CHANGE_CASES_WAIT, PROVIDER_STILL_LISTED. */
function ended(facts: Facts, { uscc }: Enterprise, of: Kind<'CLOSURE'>, by: By): Effects | Refused {
  const waiting = refuseWaiting(facts, uscc);
  if (waiting) return waiting;
  const provider = facts.one(providerShelf, 'uscc', uscc);
  const asProvider = provider ? providerEnded(facts, uscc, of) : null;
  if (asProvider?.kind === 'refused') return asProvider;
  const vouchers = contractsOf(facts, uscc)
    .flatMap(({ contractId }) => [...facts.all(voucherShelf, 'contract', contractId)])
    .filter(lives);
  const stopped = vouchers.map((voucher) =>
    of.content.vouchers === 'CANCEL' ? cancelled(facts, voucher, of, by) : kept(voucher),
  );
  return {
    kind: 'effects',
    uscc,
    postings: stopped.flatMap(({ postings }) => postings),
    messages: [],
    changes: [
      ...stopped.flatMap(({ changes }) => changes),
      ...handedOver(facts, mattersOf(facts, uscc), null, of, by),
      ...close(facts, uscc, of.effectiveOn, null),
      ...(asProvider?.changes ?? []),
    ],
  };
}

type Stopped = Pick<Effects, 'postings' | 'changes'>;

function kept(voucher: Voucher): Stopped {
  const stopped = frozen(voucher);
  return { postings: [], changes: stopped.kind === 'refused' ? [] : [update(voucherShelf, stopped.row)] };
}

/** What it can still pay is available again; no limit gets anything back, for nobody could spend it. */
function cancelled(facts: Facts, voucher: Voucher, { reason }: Wanted, { today, receivedAt, newId }: By): Stopped {
  const { bookId, voucherId, fund } = voucher;
  const amountFen = facts.balance(accountOf.voucher(voucherId, fund));
  const row: Voucher = {
    ...voucher,
    status: 'CANCELLED',
    frozenFrom: null,
    endedOn: today,
    givenBackFen: voucher.givenBackFen + amountFen,
  };
  const ending = {
    bookId,
    endingId: newId(),
    voucherId,
    why: 'CANCELLED' as const,
    redemptionId: null,
    endedOn: today,
    lapsedFen: 0n,
    givenBackFen: amountFen,
    quotaBack: 'NONE' as const,
    reason,
    recordedAt: receivedAt.toISOString(),
  };
  return {
    postings: voucherEnded({ how: 'cancelled', voucherId, fund, amountFen, restored: [] }),
    changes: [update(voucherShelf, row), insert(voucherEndingShelf, ending)],
  };
}

/** PROVIDER_STILL_LISTED on the day or after. */
function refuseListed(facts: Facts, { providerId }: Provider, { effectiveOn }: Wanted): Refused | null {
  const listed = facts
    .all(listingShelf, 'provider', providerId)
    .find(({ validTo }) => validTo === null || validTo >= effectiveOn);
  if (!listed) return null;
  return refused('PROVIDER_STILL_LISTED', { serviceItem: listed.serviceItem, validTo: listed.validTo ?? '—' }, '/effectiveOn');
}

/** A provider that closes is delisted first, by a measure. Refuses PARTY_UNKNOWN, ENTERPRISE_CLOSED, PROVIDER_STILL_LISTED. */
function providerEnded(facts: Facts, uscc: string, of: Wanted): Effects | Refused {
  const provider = facts.one(providerShelf, 'uscc', uscc);
  if (!provider) return refused('PARTY_UNKNOWN', { uscc }, '/uscc');
  if (provider.closedOn !== null) return closed(provider, '/uscc');
  const listed = refuseListed(facts, provider, of);
  if (listed) return listed;
  return {
    kind: 'effects',
    uscc,
    postings: [],
    messages: [],
    changes: [update(providerShelf, { ...provider, closedOn: of.effectiveOn }), ...membersEnded(facts, uscc, 'provider')],
  };
}
