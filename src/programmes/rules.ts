// Publishing, activating and funding a programme, purely: what is shown of it, what keeps it from being law here, and how far the
// money of several funders matches.
import type { z } from 'zod';
import { createHash } from 'node:crypto';
import type { Appropriation, AppropriationReturn, ProgrammeVersion as VersionRow, RepealCorrection } from '../../db/tables.js';
import type { appropriation, appropriationReturn, fund } from '../../schemas/appropriations.js';
import type { evaluateProgramme, programme, repealCorrectionProposed } from '../../schemas/programme-api.js';
import type { Day } from '../calendar.js';
import { addDays, formatInstant, yearOf } from '../calendar.js';
import { fundOf } from '../ledger/chart.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { FundBalance } from '../ledger/statements.js';
import type { Fen, FunderAmount, FunderShare } from '../money.js';
import { formatYuan, splitByFunders, sumFen } from '../money.js';
import type { ProgrammeProblem, ProgrammeVersion } from './language.js';
import { CONTRACT_CEILING } from './language.js';
import { fundersOf, hasBeenActivated, openPointsOf, poolOf, versionName } from './published.js';

/** A version as it is shown; `law` is what its document says. */
export const presentProgramme = (row: VersionRow, law: ProgrammeVersion): z.input<typeof programme> => ({
  programmeVersionId: row.programmeVersionId,
  programmeCode: row.programmeCode,
  version: row.version,
  name: { zh: law.name.zh, en: law.name.en },
  kind: row.kind,
  legalStatus: row.legalStatus,
  status: row.status,
  digest: row.digest,
  inForceFrom: row.inForceFrom,
  inForceTo: row.inForceTo,
  recordedAt: formatInstant(new Date(row.recordedAt)),
  activatedAt: row.activatedAt === null ? null : formatInstant(new Date(row.activatedAt)),
  repealedAt: row.repealedAt === null ? null : formatInstant(new Date(row.repealedAt)),
  repealingDocument: row.repealingDocument,
});

export const presentOpenPoints = (problems: readonly ProgrammeProblem[]) =>
  problems.map(({ code, path, zh, en }) => ({ code, path, zh, en }));

const listed = (problems: readonly ProgrammeProblem[]) => ({
  zh: problems.map(({ zh }) => zh).join('；'),
  en: problems.map(({ en }) => en).join('; '),
});

/**
 * What keeps a version from being activated, as one refusal: PROGRAMME_NOT_ENACTED, then PROGRAMME_INCOMPLETE with every parameter
 * the text does not give («政策未规定»), then PROGRAMME_WIDENS with every value that widens what a higher document gives, then
 * PROGRAMME_CASES_FAIL with every case that fails or is missing.
 */
export function activationRefusal(problems: readonly ProgrammeProblem[]): Refused | null {
  const of = (...codes: ProgrammeProblem['code'][]) => problems.filter(({ code }) => codes.includes(code));
  const notEnacted = of('NOT_ENACTED');
  if (notEnacted.length > 0) return refused('PROGRAMME_NOT_ENACTED', listed(notEnacted));
  const missing = of('MISSING_PARAMETER');
  if (missing.length > 0) {
    return refused('PROGRAMME_INCOMPLETE', { ...listed(missing), parameters: missing.map(({ path }) => path).join(', ') });
  }
  const wider = of('WIDENS_A_HIGHER_DOCUMENT');
  if (wider.length > 0) return refused('PROGRAMME_WIDENS', listed(wider));
  if (problems.length > 0) return refused('PROGRAMME_CASES_FAIL', listed(problems));
  return null;
}

const natures = {
  PROGRAMME: { zh: '方案', en: 'a programme' },
  GENERAL_CONTROLS: { zh: '总体管控', en: 'general controls' },
  VOUCHER: { zh: '先发券（VOUCHER）', en: 'of vouchers (VOUCHER)' },
  REIMBURSEMENT: { zh: '事后补助（REIMBURSEMENT）', en: 'of reimbursement (REIMBURSEMENT)' },
} as const;

/**
 * What a code stands for stays: vouchers, applications, funds and limits are counted by it. Refuses PROGRAMME_KIND_CHANGES and
 * PROGRAMME_FLOW_CHANGES for a version that is of another kind or flow than those of its code that have become law here, or that
 * changes its own flow on a later day. A text that was only published binds nobody.
 */
export function refuseOtherNature(
  version: ProgrammeVersion,
  rows: readonly (Pick<VersionRow, 'status' | 'version'> & { readonly law: ProgrammeVersion })[],
): Refused | null {
  const { programme } = version;
  const law = rows.filter(hasBeenActivated);
  const changed = (other: number, is: keyof typeof natures, becomes: keyof typeof natures) => ({
    programme,
    other: String(other),
    zh: `是${natures[is].zh}，本版是${natures[becomes].zh}`,
    en: `is ${natures[is].en}, this one ${natures[becomes].en}`,
  });
  for (const other of law)
    if (other.law.kind !== version.kind)
      return refused('PROGRAMME_KIND_CHANGES', changed(other.version, other.law.kind, version.kind), '/document');
  const flowsOf = ({ laws }: ProgrammeVersion) => laws.flatMap(({ flow }) => flow?.value ?? []);
  for (const is of [...law, { version: version.version, law: version }])
    for (const flow of flowsOf(is.law))
      for (const becomes of flowsOf(version))
        if (flow !== becomes) return refused('PROGRAMME_FLOW_CHANGES', changed(is.version, flow, becomes), '/document');
  return null;
}

export const presentRepealCorrection = (row: RepealCorrection): Omit<z.input<typeof repealCorrectionProposed>, 'ledgerSeq'> => ({
  correctionId: row.correctionId,
  programmeVersionId: row.programmeVersionId,
  repealId: row.repealId,
  lastDay: row.lastDay,
  documentNo: row.documentNo,
  repealedAt: formatInstant(new Date(row.repealedAt)),
  restoredTo: row.restoredTo,
  reason: row.reason,
  contentDigest: row.contentDigest,
  status: row.status,
  proposedOn: row.proposedOn,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
});

/** What an approval of a correction approves: which repeal is set aside, to what day the version is law again, and why. */
export const repealCorrectionDigestOf = (
  of: Pick<RepealCorrection, 'programmeVersionId' | 'repealId' | 'restoredTo' | 'reason'>,
): string =>
  createHash('sha256')
    .update(JSON.stringify([of.programmeVersionId, of.repealId, of.restoredTo, of.reason]))
    .digest('hex');

/** A repealed version as it is once its repeal is set aside: law to the last day that its own text gives. */
export const withoutRepeal = (row: VersionRow, law: ProgrammeVersion): VersionRow => ({
  ...row,
  status: 'ACTIVE',
  inForceTo: law.inForce?.to ?? null,
  repealedBy: null,
  repealedAt: null,
  repealingDocument: null,
  repealId: null,
});

/** The years whose funds may have begun since a version was repealed: from the day after its last one to the year after this one. */
export function yearsSinceRepeal({ inForceTo }: Pick<VersionRow, 'inForceTo'>, today: Day): number[] {
  if (inForceTo === null) return [];
  const first = yearOf(addDays(inForceTo, 1));
  return Array.from({ length: Math.max(0, yearOf(today) + 2 - first) }, (_, index) => first + index);
}

type Restorable = Pick<
  VersionRow,
  'programmeVersionId' | 'programmeCode' | 'version' | 'status' | 'inForceFrom' | 'inForceTo' | 'document' | 'digest'
>;

/**
 * What keeps a repeal from being set aside, `versions` being all of the programme and `loaded` the years for which money has been
 * granted: PROGRAMME_WIDENS where a version that became law meanwhile would widen what a higher document of the restored one gives;
 * REPEAL_KEPT_BY_FUNDERS where another version's funders have begun a year's fund with other shares, which stay as they are in a fund.
 */
export function refuseRestoring(
  restored: Restorable,
  at: { law: ProgrammeVersion; versions: readonly Restorable[]; loaded: readonly number[] },
): Refused | null {
  const { law, versions, loaded } = at;
  const without = versions.map((other) => (other.programmeVersionId === restored.programmeVersionId ? restored : other));
  const wider = openPointsOf(law, without).filter(({ code }) => code === 'WIDENS_A_HIGHER_DOCUMENT');
  const split = (rows: readonly Restorable[], year: number) => JSON.stringify(fundersOf(rows, year));
  const year = loaded.find((of) => split(versions, of) !== split(without, of));
  return (
    activationRefusal(wider) ??
    (year === undefined ? null : refused('REPEAL_KEPT_BY_FUNDERS', { programme: versionName(restored), year: String(year) }))
  );
}

/** Limits and predicates that a trial names and the programme has not, each with its JSON pointer into the request. */
export function strangersIn(
  law: ProgrammeVersion,
  given: Exclude<z.output<typeof evaluateProgramme>, { stage: 'ALLOCATE' }>['given'],
): { pointer: string; field: string }[] {
  const limits = law.laws.flatMap((of) => of.limits);
  const rules = law.laws.flatMap((of) => of.stacking);
  const idsOf = (of: readonly { id: string }[]) => of.map(({ id }) => id);
  const withFigure = idsOf(limits.filter(({ figure }) => figure !== null));
  const known: [path: string, named: readonly string[], ids: readonly string[]][] = [
    ['used', Object.keys(given.used ?? {}), [CONTRACT_CEILING, ...idsOf(limits), ...idsOf(rules)]],
    ['raised', Object.keys(given.raised ?? {}), idsOf(limits.filter(({ soft }) => soft))],
    ['figures', Object.keys(given.figures ?? {}), withFigure],
    [
      'firstAwardYears',
      Object.keys(given.firstAwardYears ?? {}),
      idsOf(limits.filter(({ window }) => window.kind === 'YEARS_FROM_FIRST_AWARD')),
    ],
    ['enterprise/predicates', Object.keys(given.enterprise?.predicates ?? {}), idsOf(law.eligibility)],
  ];
  return [
    ...known.flatMap(([path, named, ids]) =>
      named.filter((id) => !ids.includes(id)).map((field) => ({ pointer: `/given/${path}/${field}`, field })),
    ),
    ...('items' in given ? given.items : []).flatMap(({ predicates = {} }, index) =>
      Object.keys(predicates)
        .filter((id) => !law.eligibility.some((predicate) => predicate.id === id && predicate.of === 'ITEM'))
        .map((field) => ({ pointer: `/given/items/${index}/predicates/${field}`, field })),
    ),
    ...(given.unknownFigures ?? []).flatMap((field, index) =>
      withFigure.includes(field) ? [] : [{ pointer: `/given/unknownFigures/${index}`, field }],
    ),
  ];
}

export const presentAppropriation = (row: Appropriation): z.input<typeof appropriation> => ({
  appropriationId: row.appropriationId,
  programmeCode: row.programmeCode,
  year: row.year,
  fund: fundOf(row.programmeCode, row.year),
  funder: row.funder,
  amount: formatYuan(row.amountFen),
  documentNo: row.documentNo,
  loadedOn: row.loadedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** What an approval of a return approves: how much of which fund goes back, of whose part, by which document, and whether it goes on. */
export const returnDigestOf = (
  of: Pick<AppropriationReturn, 'programmeCode' | 'year' | 'funder' | 'carryOver' | 'amountFen' | 'documentNo'>,
): string =>
  createHash('sha256')
    .update(JSON.stringify([of.programmeCode, of.year, of.funder, of.carryOver, String(of.amountFen), of.documentNo]))
    .digest('hex');

export const presentReturn = (row: AppropriationReturn): z.input<typeof appropriationReturn> => ({
  returnId: row.returnId,
  programmeCode: row.programmeCode,
  year: row.year,
  fund: `${row.programmeCode}/${row.year}`,
  funder: row.funder,
  carryOver: row.carryOver,
  amount: formatYuan(row.amountFen),
  documentNo: row.documentNo,
  contentDigest: row.contentDigest,
  status: row.status,
  byFunder: row.parts.map(({ funder, fen }) => ({ funder, amount: formatYuan(BigInt(fen)) })),
  proposedOn: row.proposedOn,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/**
 * What more becomes available when these amounts (fen) are loaded and these matched already: the largest total of which every
 * funder's share is loaded, less what has been matched. Never more of a funder than it has loaded; a part may be 0. Nothing at all is
 * matched while a funder with a share has loaded nothing: the odd fen of the last-named does not come first.
 */
export function newlyMatched(
  shares: readonly FunderShare[],
  loaded: ReadonlyMap<string, Fen>,
  matched: ReadonlyMap<string, Fen>,
): { funder: string; amountFen: Fen }[] {
  const covered = (parts: readonly FunderAmount[]) => parts.every(({ funder, amount }) => amount <= (loaded.get(funder) ?? 0n));
  // No part shrinks while the total grows (splitByFunders), so what is covered is covered up to one total and not beyond it.
  const allHavePaid = shares.every(({ funder, basisPoints }) => basisPoints === 0 || (loaded.get(funder) ?? 0n) > 0n);
  let [least, most] = [0n, allHavePaid ? sumFen(loaded.values()) : 0n];
  while (least < most) {
    const middle = (least + most + 1n) / 2n;
    if (covered(splitByFunders(middle, shares))) least = middle;
    else most = middle - 1n;
  }
  return splitByFunders(least, shares).map(({ funder, amount }) => {
    const had = matched.get(funder) ?? 0n;
    return { funder, amountFen: amount > had ? amount - had : 0n };
  });
}

/**
 * Where the money of each fund stands. The treasury's side is what was loaded, with the sign turned. A fund of this year that the law
 * wants to reach a floor («不低于») or a fixed sum («每年安排») is shown before anything is loaded.
 */
export function presentFunds(
  balances: readonly FundBalance[],
  versions: readonly VersionRow[],
  today: Day,
): z.input<typeof fund>[] {
  const poolOfFund = (name: string) => {
    const [code = '', year = ''] = name.split('/');
    return poolOf(
      versions.filter(({ programmeCode }) => programmeCode === code),
      Number(year),
      today,
    );
  };
  const wanted = versions
    .map(({ programmeCode }) => fundOf(programmeCode, yearOf(today)))
    .filter((name) => (poolOfFund(name)?.kind ?? 'CEILING') !== 'CEILING');
  const funds = [...new Set([...balances.map((balance) => balance.fund), ...wanted])].sort();
  return funds.map((name) => {
    const ofFund = balances.filter((balance) => balance.fund === name);
    const total = (kind: string, funder?: string) =>
      sumFen(
        ofFund
          .filter((balance) => balance.kind === kind && (funder === undefined || balance.funder === funder))
          .map(({ balanceFen }) => balanceFen),
      );
    const funders = [
      ...new Set(ofFund.flatMap(({ kind, funder }) => (kind === 'appropriation' && funder !== null ? [funder] : []))),
    ];
    const [programmeCode = '', year = ''] = name.split('/');
    const pool = poolOfFund(name);
    const loadedFen = -total('appropriation');
    const missingFen = pool && pool.kind !== 'CEILING' && loadedFen < pool.amountFen ? pool.amountFen - loadedFen : 0n;
    return {
      pool: pool && { kind: pool.kind, amount: formatYuan(pool.amountFen), missing: formatYuan(missingFen) },
      fund: name,
      programmeCode,
      year: Number(year),
      loaded: formatYuan(loadedFen),
      unmatched: formatYuan(total('unmatched')),
      available: formatYuan(total('available')),
      vouchers: formatYuan(total('voucher')),
      reserved: formatYuan(total('reserved')),
      payable: formatYuan(total('payable')),
      inTransit: formatYuan(total('in_transit')),
      paid: formatYuan(total('paid')),
      lapsed: formatYuan(total('lapsed')),
      funders: funders.map((funder) => ({
        funder,
        loaded: formatYuan(-total('appropriation', funder)),
        unmatched: formatYuan(total('unmatched', funder)),
        paid: formatYuan(total('paid', funder)),
      })),
    };
  });
}
