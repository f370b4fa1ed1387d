// Money that nobody was promised goes back to the treasury (调减, 收回), or on into the next year's fund (结转): by a document that one person
// proposes and another approves. What each funder gets back keeps to its share of what is left, to the fen.
import type { z } from 'zod';
import type { AppropriationReturn } from '../../db/tables.js';
import type {
  approveReturn as approveBody,
  dropReturn as dropBody,
  proposeReturn as proposeBody,
} from '../../schemas/appropriations.js';
import { yearOf } from '../calendar.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { budgetReturned } from '../ledger/templates.js';
import { formatYuan, parseYuan, splitIncrement, sumFen } from '../money.js';
import { appropriationReturnShelf, appropriationShelf, programmeVersionShelf } from './facts.js';
import { gatherFunds, gatherLoads, loadInto, loadedOf } from './load-appropriation.js';
import { fundersOf } from './published.js';
import { presentReturn, returnDigestOf } from './rules.js';

type Of<Body extends z.ZodType> = z.output<Body> & { id?: string };
type Shown = ReturnType<typeof presentReturn>;
type Wanted = Pick<AppropriationReturn, 'programmeCode' | 'year' | 'funder' | 'amountFen'>;
type Share = { readonly funder: string; readonly amountFen: bigint };

/** What each funder would get back of a gathered fund, or why so much cannot go back. */
function split(facts: Facts, { programmeCode, year, funder, amountFen }: Wanted): Refused | { kind: 'split'; shares: Share[] } {
  const fund = fundOf(programmeCode, year);
  const funders = fundersOf(facts.all(programmeVersionShelf, 'code', programmeCode), year);
  if (!funders) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: String(year) }, '/programmeCode');
  if (funder !== null && !funders.some((of) => of.funder === funder)) {
    return refused('FUNDER_UNKNOWN', { funder, funders: funders.map((of) => of.funder).join(', '), fund }, '/funder');
  }
  const freeFen = facts.balance(funder === null ? accountOf.available(fund) : accountOf.unmatched(fund, funder));
  if (amountFen > freeFen) {
    return refused('APPROPRIATION_NOT_FREE', { fund, amount: formatYuan(amountFen), free: formatYuan(freeFen) }, '/amount');
  }
  if (funder !== null) return { kind: 'split', shares: [{ funder, amountFen }] };
  // What stays matched is shared exactly afterwards: what goes back is the last part of it.
  const waiting = sumFen(funders.map((of) => facts.balance(accountOf.unmatched(fund, of.funder))));
  const matchedFen = sumFen(loadedOf(facts, fund, funders).values()) - waiting;
  const shares = splitIncrement(matchedFen - amountFen, amountFen, funders)
    .filter(({ amount }) => amount > 0n)
    .map((part): Share => ({ funder: part.funder, amountFen: part.amount }));
  return { kind: 'split', shares };
}

/**
 * Proposes that money of a fund goes back: what is available, or, with a funder, what that funder loaded and the others have not matched;
 * with `carryOver`, on into the next year's fund. Refuses AMOUNT_ZERO, CARRY_OVER_TOO_EARLY before the fund's year has ended,
 * PROGRAMME_NOT_IN_FORCE, FUNDER_UNKNOWN, APPROPRIATION_NOT_FREE beyond what is there, APPROPRIATION_RETURN_EXISTS for a document that
 * did, or is to do, the same.
 */
export const proposeReturn: Verb<z.output<typeof proposeBody>, Shown> = {
  name: 'appropriation.propose-return',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      gatherFunds(
        loader,
        commands.map(({ body }) => body),
      ),
      loader.load(
        appropriationReturnShelf,
        'document',
        commands.map(({ body }) => [body.documentNo, body.programmeCode, String(body.year)]),
      ),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const { programmeCode, year, documentNo, carryOver } = body;
    const funder = body.funder ?? null;
    const amountFen = parseYuan(body.amount) ?? 0n;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    if (carryOver && yearOf(today) <= year) return refused('CARRY_OVER_TOO_EARLY', { fund: fundOf(programmeCode, year) }, '/carryOver');
    const parts = split(facts, { programmeCode, year, funder, amountFen });
    if (parts.kind === 'refused') return parts;
    const same = facts
      .all(appropriationReturnShelf, 'document', [documentNo, programmeCode, String(year)])
      .some((of) => of.status !== 'DROPPED' && of.funder === funder && of.carryOver === carryOver);
    if (same) return refused('APPROPRIATION_RETURN_EXISTS', { documentNo, fund: fundOf(programmeCode, year) }, '/documentNo');
    // After this line the command succeeds.
    const said = { programmeCode, year, funder, carryOver, amountFen, documentNo };
    const row: AppropriationReturn = {
      bookId: facts.bookId,
      returnId: id,
      ...said,
      contentDigest: returnDigestOf(said),
      status: 'PROPOSED',
      parts: [],
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'appropriation.return_proposed',
      subjectId: id,
      result: presentReturn(row),
      changes: [insert(appropriationReturnShelf, row)],
    });
  },
};

const load = (loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<AppropriationReturn[]> =>
  loader.load(
    appropriationReturnShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );

/** The return that waits for a decision. Refuses NOT_FOUND, NO_PROPOSAL. */
function waiting(facts: Facts, returnId: string): Refused | { kind: 'waits'; row: AppropriationReturn } {
  const row = facts.get(appropriationReturnShelf, returnId);
  if (!row) return refused('NOT_FOUND');
  return row.status === 'PROPOSED' ? { kind: 'waits', row } : refused('NO_PROPOSAL', { of: row.documentNo });
}

/** Drops a return that was proposed, with a reason. Refuses NOT_FOUND, NO_PROPOSAL. */
export const dropReturn: Verb<Of<typeof dropBody>, Shown> = {
  name: 'appropriation.drop-return',
  money: false,

  async gather(loader, commands) {
    await load(loader, commands);
  },

  decide({ body, actor, today }, facts) {
    const found = waiting(facts, body.id ?? '');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const dropped: AppropriationReturn = {
      ...found.row,
      status: 'DROPPED',
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'appropriation.return_dropped',
      subjectId: dropped.returnId,
      result: presentReturn(dropped),
      changes: [update(appropriationReturnShelf, dropped)],
    });
  },
};

/**
 * Sends money of a fund back as another person proposed, split among the funders; carried over, each funder's part is loaded into the next
 * year's fund by the same document, and is available there as far as all its funders have paid in. Refuses NOT_FOUND, NO_PROPOSAL,
 * FOUR_EYES, PROPOSAL_CHANGED when another digest is named, APPROPRIATION_NOT_FREE where less is left since, and what loadInto
 * does of the next year's fund.
 */
export const approveReturn: Verb<Of<typeof approveBody>, Shown> = {
  name: 'appropriation.approve-return',
  money: true,

  async gather(loader, commands) {
    const rows = await load(loader, commands);
    const next = rows.filter((row) => row.carryOver).map((row) => ({ ...row, year: row.year + 1 }));
    await gatherFunds(loader, [...rows, ...next]);
    const nextLoads = next.flatMap((row) => {
      const funders = fundersOf(loader.facts.all(programmeVersionShelf, 'code', row.programmeCode), row.year - 1) ?? [];
      return funders.map(({ funder }) => ({ ...row, funder }));
    });
    await gatherLoads(loader, nextLoads);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = waiting(facts, body.id ?? '');
    if (found.kind === 'refused') return found;
    const { row } = found;
    const { programmeCode, year, documentNo, contentDigest } = row;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    if (body.contentDigest !== contentDigest)
      return refused('PROPOSAL_CHANGED', { of: documentNo, contentDigest }, '/contentDigest');
    const parts = split(facts, row);
    if (parts.kind === 'refused') return parts;
    const carried = row.carryOver
      ? loadInto(
          facts,
          {
            programmeCode,
            year: year + 1,
            documentNo,
            parts: parts.shares.map((share) => ({ appropriationId: command.newId(), ...share })),
          },
          command,
        )
      : undefined;
    if (carried?.kind === 'refused') return carried;
    // After this line the command succeeds.
    const approved: AppropriationReturn = {
      ...row,
      status: 'APPROVED',
      parts: parts.shares.map(({ funder, amountFen }) => ({ funder, fen: String(amountFen) })),
      decidedPerson: actor.personId,
      decidedOn: today,
    };
    const fund = fundOf(programmeCode, year);
    return accepted({
      decision: 'appropriation.returned',
      subjectId: row.returnId,
      approvalDigest: contentDigest,
      postings: [
        ...budgetReturned({ fund, from: row.funder === null ? 'available' : 'unmatched', shares: parts.shares }),
        ...(carried?.postings ?? []),
      ],
      result: presentReturn(approved),
      changes: [
        update(appropriationReturnShelf, approved),
        ...(carried?.rows ?? []).map((each) => insert(appropriationShelf, each)),
      ],
    });
  },
};
