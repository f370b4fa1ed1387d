import type { z } from 'zod';
import type { Enterprise, ProgrammeVersion as VersionRow, Reimbursement, ReimbursementLine } from '../../db/tables.js';
import type { submitReimbursement as body } from '../../schemas/reimbursements.js';
import { namedMatters, presentOutlook, refusalOf } from '../applications/rules.js';
import { yearOf } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import { gatherPlaces, takePlace } from '../cases/places.js';
import { waitingIn, wayOf } from '../cases/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { closed } from '../enterprises/rules.js';
import { raise } from '../flags/raise.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { gatherOwnMatters, ownMatters } from '../legal-persons/matters.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherMaterials, refusalOfPapers } from '../materials/facts.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { controlsOn, gatherControls, lawUnder } from '../programmes/laws.js';
import { programmeOf, versionInForce, versionName, versionsCovering } from '../programmes/published.js';
import type { Asked } from './award-facts.js';
import { caseOf, gatherAwardLimits } from './award-facts.js';
import { declaredLines, gatherDeclared, gatherSettledFees, isFunded, linesOfBase, mostLines, settledFees } from './base.js';
import { reimbursementCases } from './cases.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';
import { evaluationsOf, found, holdInvoices } from './lines.js';
import { gatherPapers, papersOf } from './papers.js';
import { conflictsOf, contentDigestOf, presentReimbursement, readItems, summaryOf, undecided, unheldAmong } from './rules.js';
import { gatherSuspicions, suspicionsOf } from './suspicions.js';

/** What enters the lane: with the invoice numbers among the items that were claimed for it; a dry run claims none. */
type Body = z.output<typeof body> & { readonly claims?: readonly { readonly number: string }[] };
type Result = ReturnType<typeof presentReimbursement> & {
  summary: ReturnType<typeof summaryOf>;
  numberConflicts: number;
  outlook: ReturnType<typeof presentOutlook>;
};

/** Numbers of applications for reimbursement. */
const series = 'RB';

/**
 * An enterprise applies for reimbursement under the version in force today. The base of settled fees is built from the book: the
 * confirmed usage invoices of its legal person, branches included, that were paid in full in the year before; every line is kept,
 * with the rate it counts at or why it does not. For a base of contracts or costs the enterprise declares the items. What a review
 * will check is taken as met until then. Refuses, in this order: PROGRAMME_NOT_IN_FORCE, PROGRAMME_OF_OTHER_FLOW,
 * LEGAL_PERSON_NOT_REGISTERED, MATTER_NOT_FOUND for any but a matter on record of it, ITEMS_NOT_TAKEN, TOO_MANY_LINES, CONTRACTS_NOT_TAKEN, ITEMS_REQUIRED, as `readItems`, ITEM_ALREADY_FUNDED, NOTHING_TO_REIMBURSE, what the
 * programme refuses (evaluateAward), MATERIALS_MISSING.
 */
export const submitReimbursement: Verb<Body, Result> = {
  name: 'reimbursement.submit',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.programmeCode),
      ),
      loader.load(
        enterpriseShelf,
        'uscc',
        commands.flatMap(({ actor }) => actor.legalPersonUscc ?? []),
      ),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
      gatherControls(loader),
      gatherCalendar(loader),
      gatherPlaces(loader, reimbursementCases.places, commands),
      gatherOwnMatters(loader, commands.map(namingOf)),
    ]);
    for (const command of commands) await gatherBase(loader, command);
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const { programmeCode } = body;
    const version = versionInForce(facts.all(programmeVersionShelf, 'code', programmeCode), today);
    if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: today }, '/programmeCode');
    const flow = lawOn(programmeOf(version), today).flow?.value ?? '—';
    if (flow !== 'REIMBURSEMENT') return refused('PROGRAMME_OF_OTHER_FLOW', { programme: programmeCode, flow }, '/programmeCode');
    const enterprise = applicantOf(facts, command);
    if (!enterprise) return refused('LEGAL_PERSON_NOT_REGISTERED', { uscc: actor.legalPersonUscc ?? '—' });
    if (enterprise.closedOn !== null) return closed(enterprise);
    const about = ownMatters(facts, namingOf(command));
    if (about.kind === 'refused') return about;
    const base = baseOf(facts, command, version, enterprise);
    if (base.kind === 'refused') return base;
    const weighable = base.lines.filter(({ reason }) => reason === null);
    if (weighable.length === 0) {
      const reasons = [...new Set(base.lines.map(({ reason }) => reason))].join(', ') || '—';
      return refused('NOTHING_TO_REIMBURSE', { year: String(yearOf(today) - 1), reasons });
    }
    const asked = askedOf(facts, command, version, { enterprise, lines: weighable, matters: about.matters });
    const whole = caseOf(facts, asked);
    const { byLaw, now } = evaluationsOf(facts, whole);
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const papers = papersOf(facts, { ...asked, reimbursementId: id });
    const lacking = refusalOfPapers(facts, 'APPLICATION', { law: asked.law, papers });
    if (lacking) return lacking;
    const law = lawOn(asked.law, today);
    const waiting = waitingIn('SUBMITTED', { law, today, calendar: calendarOf(facts) });
    if (waiting.kind === 'refused') return waiting;
    // After this line the command succeeds.
    const weighed = new Map(found(whole).map((line) => [line.lineNo, line]));
    const lines = base.lines.map((line) => weighed.get(line.lineNo) ?? line);
    const place = wayOf(law).accepts ? { complete: {}, changes: [] } : takePlace(facts, reimbursementCases.places, command);
    const { number, changes } = takeNumber(facts, seriesOf(series, yearOf(today)));
    const common = {
      programmeVersionId: version.programmeVersionId,
      legalPersonUscc: enterprise.legalPersonUscc,
      year: yearOf(today),
      controlVersionIds: controlsOn(facts, today),
      ...asked.of,
    };
    const row: Reimbursement = {
      bookId: facts.bookId,
      reimbursementId: id,
      reimbursementNo: number,
      programmeCode,
      ...common,
      lineCount: lines.length,
      contentDigest: contentDigestOf(common, version.digest, lines),
      status: 'SUBMITTED',
      submittedPerson: actor.personId,
      baseFen: byLaw.baseFen,
      computedFen: byLaw.computedFen,
      ...undecided,
      ...place.complete,
      waitingSince: waiting.waitingSince,
      dueOn: waiting.dueOn,
      recordedAt: receivedAt.toISOString(),
    };
    const flags = raise(
      command,
      facts,
      { subjectKind: 'REIMBURSEMENT', subjectId: id },
      suspicionsOf(facts, { row, whole, lines, law, today }),
    );
    return accepted({
      decision: 'reimbursement.submitted',
      subjectId: id,
      programmeVersion: versionName(version),
      result: {
        ...presentReimbursement(row),
        summary: summaryOf(lines),
        numberConflicts: conflictsOf(lines),
        outlook: presentOutlook(now),
      },
      changes: [
        insert(reimbursementShelf, row),
        ...lines.map((line) => insert(reimbursementLineShelf, line)),
        ...holdInvoices(
          facts,
          lines.filter(({ isLive }) => isLive),
          1,
        ),
        ...changes,
        ...place.changes,
        ...flags,
      ],
    });
  },
};

const namingOf = ({ body, actor }: Command<Body>) => ({
  legalPersonUscc: actor.legalPersonUscc,
  matters: namedMatters(body.matters),
});

/** Who applies: the legal person itself, under its own code, whichever branch the invoices are of; it is paid as such. */
const applicantOf = (facts: Facts, { actor }: Command): Enterprise | undefined =>
  actor.legalPersonUscc === null ? undefined : facts.one(enterpriseShelf, 'uscc', actor.legalPersonUscc);

const declares = (version: VersionRow, day: string): boolean =>
  lawOn(programmeOf(version), day).base?.value !== 'PRIOR_YEAR_SETTLED_FEE';

/** Gathers a command's base, by every version that may be in force when it is decided, and the limits that it touches. */
async function gatherBase(loader: Loader, command: Command<Body>): Promise<void> {
  const { facts } = loader;
  const { body, today } = command;
  const enterprise = applicantOf(facts, command);
  const versions = versionsCovering(facts.all(programmeVersionShelf, 'code', body.programmeCode), {
    appliedOn: today,
    signedOn: null,
  }).filter((version) => lawOn(programmeOf(version), today).flow?.value === 'REIMBURSEMENT');
  const about = ownMatters(facts, namingOf(command));
  if (!enterprise || versions.length === 0 || about.kind === 'refused') return;
  const { matters } = about;
  const read = body.items && readItems(body.items, today);
  const baseYear = yearOf(today) - 1;
  if (read?.kind === 'read') await gatherDeclared(loader, enterprise, read.items);
  if (versions.some((version) => !declares(version, today))) {
    await gatherSettledFees(loader, { enterprise, reimbursementId: command.id, baseYear, contractIds: body.contractIds });
  }
  const asked = versions.map((version) => {
    const base = baseOf(facts, command, version, enterprise);
    const lines = base.kind === 'base' ? base.lines.filter(({ reason }) => reason === null) : [];
    return askedOf(facts, command, version, { enterprise, lines, matters });
  });
  await Promise.all([gatherAwardLimits(loader, asked), gatherPapers(loader, asked)]);
  const whole = asked.filter(({ lines }) => lines.length > 0).map((of) => caseOf(facts, of));
  await gatherSuspicions(loader, whole);
  await gatherMaterials(
    loader,
    'APPLICATION',
    asked.map((of) => ({ law: of.law, papers: papersOf(facts, { ...of, reimbursementId: command.id }) })),
  );
}

/** What is asked about these lines under this version and the controls of today; what a review will check is taken as met. */
function askedOf(
  facts: Facts,
  { today }: Command<Body>,
  version: VersionRow,
  of: { readonly enterprise: Enterprise; readonly lines: readonly ReimbursementLine[]; readonly matters: Matters },
): Asked {
  const { lines, matters } = of;
  const { enterpriseId } = of.enterprise;
  const law = lawUnder(facts, version, controlsOn(facts, today));
  return {
    law,
    of: { enterpriseId, submittedOn: today, baseYear: yearOf(today) - 1, matters },
    lines,
    bookedOn: today,
    predicates: Object.fromEntries(law.eligibility.map(({ id }) => [id, 'MET' as const])),
  };
}

/** The lines of an application under this version, or why there can be none. */
function baseOf(
  facts: Facts,
  command: Command<Body>,
  version: VersionRow,
  enterprise: Enterprise,
): { kind: 'base'; lines: ReimbursementLine[] } | Refused {
  const { id, body, today, newId } = command;
  const making = { enterprise, reimbursementId: id, newId };
  if (!declares(version, today)) {
    if (body.items !== undefined) return refused('ITEMS_NOT_TAKEN', { programme: body.programmeCode }, '/items');
    const lines = linesOfBase(facts, id);
    if (lines > mostLines) return refused('TOO_MANY_LINES', { lines: String(lines), most: String(mostLines) }, '/contractIds');
    return { kind: 'base', lines: settledFees(facts, making) };
  }
  if (body.contractIds !== undefined) return refused('CONTRACTS_NOT_TAKEN', { programme: body.programmeCode }, '/contractIds');
  if (body.items === undefined) return refused('ITEMS_REQUIRED', { programme: body.programmeCode }, '/items');
  const read = readItems(body.items, today);
  if (read.kind === 'refused') return read;
  const funded = read.items.find((item) => isFunded(facts, item, id));
  if (funded) {
    const params = { reference: funded.reference, counterparty: funded.counterpartyName };
    return refused('ITEM_ALREADY_FUNDED', params, `${funded.pointer}/reference`);
  }
  const { stacking } = lawOn(lawUnder(facts, version, controlsOn(facts, today)), today);
  // What was written into a draft after its numbers were claimed is not held either.
  const held = body.claims?.map(({ number }) => number);
  const byContract = stacking.some(({ by }) => by === 'CONTRACT');
  return {
    kind: 'base',
    lines: declaredLines(facts, read.items, { ...making, unheld: unheldAmong(read.items, held), byContract }),
  };
}
