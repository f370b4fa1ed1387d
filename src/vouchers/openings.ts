// What an opening balance (期初余额) stands for in this book, read the same way when it is prepared and when it is approved.
import type { Contract, Enterprise, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { OpeningContent } from '../../schemas/opening-balances.js';
import { circumstancesOf, gatherContractFacts, gatherLimitFacts } from '../applications/evaluation-facts.js';
import { namedMatters } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { refuseUnlessInForce } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { LimitWindow } from '../ledger/chart.js';
import { fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { parseYuan, sumFen } from '../money.js';
import { figureShelf } from '../legal-persons/facts.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherOwnMatters, ownMatters } from '../legal-persons/matters.js';
import { figureThatCounts } from '../legal-persons/rules.js';
import { decidingDayOf, limitsTouched } from '../programmes/evaluate.js';
import { limitInWords, rules } from '../programmes/explain.js';
import { limitExceptionShelf, programmeVersionShelf } from '../programmes/facts.js';
import type { Bilingual, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { controlsOn, gatherControls, lawUnder } from '../programmes/laws.js';
import { limitWindowOf } from '../programmes/limits.js';
import { programmeOf, versionDeciding, versionInForce, versionName } from '../programmes/published.js';
import { readUscc } from '../uscc.js';

/** An amount spent of a limit whose number is `numberFen`: the law's, with what exceptions raised it by; `rule` is the limit in words. */
export interface Spent {
  readonly rule: Bilingual;
  readonly at: LimitWindow;
  readonly numberFen: Fen;
  readonly amountFen: Fen;
}

export type Opening =
  | { kind: 'limitUsed'; version: VersionRow; spent: readonly Spent[] }
  | {
      kind: 'voucher';
      version: VersionRow;
      contract: Contract;
      enterprise: Enterprise;
      /** The fund of the year of issue: a voucher keeps it until it ends. */
      fund: string;
      /** The day of application, and of those that may decide the one whose law does. */
      appliedOn: Day;
      decidingDay: Day;
      issuedOn: Day;
      lastDay: Day;
      balanceFen: Fen;
      baseFen: Fen;
      redeemedFen: Fen;
      spent: readonly Spent[];
      law: ProgrammeVersion;
      controlVersionIds: readonly string[];
      /** What it was awarded for, as the ledger knows it. */
      matters: Matters;
    };

/** With the code as it is stored; one that is not valid is left as it came, to be refused. */
export function normalised(content: OpeningContent): OpeningContent {
  if (content.kind === 'VOUCHER') return content;
  const code = readUscc(content.uscc, '/uscc');
  return code.kind === 'valid' ? { ...content, uscc: code.uscc } : content;
}

/** Gathers all that `readOpening` looks at. */
export async function gatherOpenings(loader: Loader, contents: readonly OpeningContent[], today: Day): Promise<void> {
  const { facts } = loader;
  await Promise.all([
    loader.load(
      programmeVersionShelf,
      'code',
      contents.map(({ programmeCode }) => programmeCode),
    ),
    gatherControls(loader),
    loader.load(
      enterpriseShelf,
      'uscc',
      contents.flatMap((content) => (content.kind === 'LIMIT_USED' ? [content.uscc] : [])),
    ),
    gatherContractFacts(
      loader,
      contents.flatMap((content) => (content.kind === 'VOUCHER' ? [content.contractId] : [])),
    ),
  ]);
  await gatherOwnMatters(
    loader,
    contents.flatMap((content) => (content.kind === 'VOUCHER' ? (namingOf(facts, content) ?? []) : [])),
  );
  const limits = contents.flatMap((content) => {
    const read = content.kind === 'LIMIT_USED' ? limitUsed(facts, content, today) : null;
    return read?.kind === 'limit' ? [read] : [];
  });
  await Promise.all([
    loader.load(
      figureShelf,
      'holder',
      limits.flatMap(({ limit, at }) => (limit.figure === null ? [] : [[limit.figure, at.holder]])),
    ),
    loader.load(
      limitExceptionShelf,
      'window',
      limits.map(({ at }) => [at.limit, at.holder, at.window]),
    ),
    gatherLimitFacts(
      loader,
      contents.flatMap((content) => {
        const read = content.kind === 'VOUCHER' ? voucherOf(facts, content, today) : null;
        return read?.kind === 'voucher' ? (['ISSUE', 'REDEEM'] as const).map((stage) => caseOf(read, stage)) : [];
      }),
    ),
  ]);
}

/**
 * Refuses, for both kinds: AMOUNT_ZERO, OPENING_IN_FUTURE, PROGRAMME_NOT_IN_FORCE; for a limit: the
 * code's own, ENTERPRISE_UNKNOWN, LIMIT_NOT_IN_PROGRAMME, LIMIT_UNKNOWN; for a voucher: NOT_FOUND, CONTRACT_NOT_FILED,
 * PERIOD_ENDS_BEFORE_START where it was applied for after its issue or ends before it, OPENING_VERSION where another version than the
 * one it names decides the days of its application and signing, MATTER_NOT_FOUND, VOUCHER_EXPIRED, LIMIT_UNKNOWN where a figure of what
 * it names is not on record.
 */
export function readOpening(facts: Facts, content: OpeningContent, today: Day): Opening | Refused {
  return content.kind === 'LIMIT_USED' ? readLimitUsed(facts, content, today) : readVoucher(facts, content, today);
}

const fenOf = (text: string): Fen => parseYuan(text) ?? 0n;

/** The limit that was used, and its window. */
function limitUsed(facts: Facts, content: OpeningContent & { kind: 'LIMIT_USED' }, today: Day) {
  const { programmeCode, limitId, uscc, year } = content;
  if (year > yearOf(today)) return refused('OPENING_IN_FUTURE', { found: String(year), today }, '/year');
  const code = readUscc(uscc, '/uscc');
  if (code.kind === 'refused') return code;
  const enterprise = facts.one(enterpriseShelf, 'uscc', code.uscc);
  if (!enterprise) return refused('ENTERPRISE_UNKNOWN', { uscc }, '/uscc');
  // The law of the window: today's for the current year, that of its last day for a year that is over.
  const day = year === yearOf(today) ? today : `${year}-12-31`;
  const version = versionInForce(facts.all(programmeVersionShelf, 'code', programmeCode), day);
  if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day }, '/programmeCode');
  // A limit of several years begins with a first award that an opening does not tell.
  const limits = lawOn(programmeOf(version), day).limits.filter(
    ({ per, window }) => per === 'LEGAL_PERSON' && window.kind !== 'YEARS_FROM_FIRST_AWARD',
  );
  const limit = limits.find(({ id }) => id === limitId);
  if (!limit) {
    const known = limits.map(({ id }) => id).join(', ') || '—';
    return refused('LIMIT_NOT_IN_PROGRAMME', { programme: versionName(version), limit: limitId, limits: known, day }, '/limitId');
  }
  const window = limit.window.kind === 'YEAR' ? String(year) : 'LIFETIME';
  const at: LimitWindow = { limit: limit.account, holder: enterprise.legalPersonUscc, window };
  return { kind: 'limit' as const, version, limit, at };
}

function readLimitUsed(facts: Facts, content: OpeningContent & { kind: 'LIMIT_USED' }, today: Day): Opening | Refused {
  const amountFen = fenOf(content.amount);
  if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
  const read = limitUsed(facts, content, today);
  if (read.kind === 'refused') return read;
  const { version, limit, at } = read;
  const lawFen =
    limit.figure === null
      ? limit.amountFen
      : figureThatCounts(facts.all(figureShelf, 'holder', [limit.figure, at.holder]), content.year)?.amountFen;
  const rule = rules.limit(limit);
  if (lawFen === undefined || lawFen === null)
    return refused('LIMIT_UNKNOWN', { limit: limit.id, window: at.window, holder: at.holder, ...rule }, '/limitId');
  const exceptions = facts.all(limitExceptionShelf, 'window', [at.limit, at.holder, at.window]);
  const raisedFen = sumFen(exceptions.flatMap((of) => (of.status === 'APPROVED' ? [of.amountFen] : [])));
  return { kind: 'limitUsed', version, spent: [{ rule, at, numberFen: lawFen + raisedFen, amountFen }] };
}

type OpeningVoucher = Extract<Opening, { kind: 'voucher' }>;

/** What is asked of the law about the contract of a voucher, as it was applied for and issued. */
const caseOf = ({ contract, law, appliedOn, issuedOn, matters }: Omit<OpeningVoucher, 'spent'>, stage: 'ISSUE' | 'REDEEM') => ({
  contract,
  law,
  stage,
  appliedOn,
  bookedOn: issuedOn,
  predicates: {},
  matters,
});

/** Which matters an opening voucher names, as those of its contract's enterprise; undefined when there is no such contract. */
function namingOf(facts: Facts, { contractId, matters }: OpeningContent & { kind: 'VOUCHER' }) {
  const contract = facts.get(contractShelf, contractId);
  const enterprise = contract && facts.get(enterpriseShelf, contract.enterpriseId);
  return enterprise && { legalPersonUscc: enterprise.legalPersonUscc, matters: namedMatters(matters) };
}

/** The voucher, without what it spent of limits. */
function voucherOf(
  facts: Facts,
  content: OpeningContent & { kind: 'VOUCHER' },
  today: Day,
): Omit<OpeningVoucher, 'spent'> | Refused {
  const { programmeCode, contractId, issuedOn, lastDay } = content;
  const appliedOn = content.appliedOn ?? issuedOn;
  const balanceFen = fenOf(content.balance);
  if (balanceFen === 0n) return refused('AMOUNT_ZERO', {}, '/balance');
  if (issuedOn > today) return refused('OPENING_IN_FUTURE', { found: issuedOn, today }, '/issuedOn');
  if (appliedOn > issuedOn) return refused('PERIOD_ENDS_BEFORE_START', { from: appliedOn, to: issuedOn }, '/appliedOn');
  const contract = facts.get(contractShelf, contractId);
  const enterprise = contract && facts.get(enterpriseShelf, contract.enterpriseId);
  if (!enterprise) return refused('NOT_FOUND', {}, '/contractId');
  const notInForce = refuseUnlessInForce(contract);
  if (notInForce) return notInForce;
  const days = { appliedOn, signedOn: contract.signedOn };
  const version = versionDeciding(facts.all(programmeVersionShelf, 'code', programmeCode), days);
  if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: appliedOn }, '/programmeCode');
  if (version.version !== content.version) {
    const named = `${programmeCode}@${content.version}`;
    return refused('OPENING_VERSION', { named, ...days, expected: versionName(version) }, '/version');
  }
  const named = namingOf(facts, content);
  const about = named ? ownMatters(facts, named) : refused('NOT_FOUND', {}, '/contractId');
  if (about.kind === 'refused') return about;
  if (lastDay < issuedOn) return refused('PERIOD_ENDS_BEFORE_START', { from: issuedOn, to: lastDay }, '/lastDay');
  if (lastDay < today) return refused('VOUCHER_EXPIRED', { expiresOn: lastDay, submittedOn: today }, '/lastDay');
  const decidingDay = decidingDayOf(programmeOf(version), days);
  const controlVersionIds = controlsOn(facts, decidingDay);
  return {
    kind: 'voucher',
    version,
    contract,
    enterprise,
    appliedOn,
    decidingDay,
    issuedOn,
    lastDay,
    balanceFen,
    controlVersionIds,
    matters: about.matters,
    law: lawUnder(facts, version, controlVersionIds),
    fund: fundOf(programmeCode, yearOf(issuedOn)),
    baseFen: fenOf(content.baseRedeemed),
    redeemedFen: fenOf(content.amountRedeemed),
  };
}

function readVoucher(facts: Facts, content: OpeningContent & { kind: 'VOUCHER' }, today: Day): Opening | Refused {
  const read = voucherOf(facts, content, today);
  if (read.kind === 'refused') return read;
  const { law, balanceFen, redeemedFen } = read;
  const spent: Spent[] = [];
  const { limits } = lawOn(law, read.issuedOn);
  const { stacking } = lawOn(law, read.decidingDay);
  // All that was claimed stays claimed: what it can still pay and what it has paid.
  for (const [stage, amountFen] of [
    ['ISSUE', balanceFen + redeemedFen],
    ['REDEEM', redeemedFen],
  ] as const) {
    for (const limit of limitsTouched(law, stage, circumstancesOf(facts, caseOf(read, stage)))) {
      const { holder, limitId } = limit;
      if (holder.kind === 'LEGAL_PERSON' || holder.kind === 'PROGRAMME') continue;
      const numberFen = isHighest(law, limitId) ? amountFen : limit.amountFen;
      const rule = limitInWords({ limits, stacking }, limitId);
      if (numberFen === null)
        return refused('LIMIT_UNKNOWN', { limit: limitId, window: limit.window, holder: holder.id, ...rule }, '/matters');
      spent.push({ rule, at: limitWindowOf(limit), numberFen, amountFen });
    }
  }
  return { ...read, spent };
}

/** Whether it is a rule by which the highest award on a matter counts: then the award that is brought along is its own number. */
const isHighest = (law: ProgrammeVersion, ruleId: string): boolean =>
  law.laws.some(({ stacking }) =>
    stacking.some(({ id, by, strategy }) => id === ruleId && by !== 'CONTRACT' && strategy !== 'PUBLIC_MONEY_CEILING'),
  );
