import type { z } from 'zod';
import type { fileAmendment as body } from '../../schemas/corrections.js';
import { amended, amendmentLife, linesOf, presentAmendment } from '../contracts/amendments.js';
import { gatherAmendments } from '../contracts/decide-amendment.js';
import { amendmentShelf, contractOf, contractShelf } from '../contracts/facts.js';
import { barring, contractLife, presentContract, refuseUnchecked } from '../contracts/rules.js';
import { refuseFlagged } from '../flags/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { chipShelf, listingShelf } from '../providers/facts.js';
import { chipOn, listedWithin } from '../providers/rules.js';
import type { Followed } from './follow.js';
import { followCut } from './follow.js';
import { gatherStanding } from './gather.js';
import { gatherUsageDays, refuseUsageBeyond } from './usage-days.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentAmendment> & { contract: ReturnType<typeof presentContract>; corrections: Followed[] };

/**
 * The bureau files a confirmed amendment: from here on the contract says what the amendment does, under the next number of its versions; what
 * it said before is kept. Where it was cut, all that follows is decided with it (followCut). Refuses NOT_FOUND, AMENDMENT_WRONG_STATE,
 * CONTRACT_WRONG_STATE, FOUR_EYES, FLAG_HOLDS for more than it says now while a flag holds it, CONTRACT_DUPLICATE, CONTRACT_USED_BEYOND, PROVIDER_NOT_LISTED, MODEL_NOT_CHECKED for a new line's model,
 * CORRECTION_WAITS_FOR_BATCH.
 */
export const fileAmendment: Verb<Body, Result> = {
  name: 'contract_amendment.file',
  money: true,

  async gather(loader, commands) {
    const amendments = await gatherAmendments(loader, commands);
    const contractIds = amendments.map(({ contractId }) => contractId);
    const [chips] = await Promise.all([
      loader.load(
        chipShelf,
        'id',
        amendments.flatMap((row) => linesOf(row).flatMap(({ chipId }) => chipId ?? [])),
      ),
      loader.load(amendmentShelf, 'contract', contractIds),
      loader.load(
        contractShelf,
        'fingerprint',
        amendments.map(({ fingerprint }) => fingerprint),
      ),
      loader.load(
        listingShelf,
        'provider',
        contractIds.flatMap((id) => contractOf(loader.facts, id)?.provider.providerId ?? []),
      ),
      gatherUsageDays(loader, contractIds),
    ]);
    const contractOfCommand = new Map(amendments.map((row) => [row.amendmentId, row.contractId]));
    await gatherStanding(
      loader,
      commands.flatMap((command) => {
        const contractId = contractOfCommand.get(command.body.id ?? '');
        return contractId === undefined ? [] : [{ command, contractId }];
      }),
    );
    await loader.load(
      chipShelf,
      'model',
      chips.map((chip) => [chip.vendor, chip.model]),
    );
  },

  decide(command, facts) {
    const { body, actor, today, receivedAt, newId } = command;
    const before = facts.get(amendmentShelf, body.id ?? '');
    const whole = before && contractOf(facts, before.contractId);
    if (!before || !whole) return refused('NOT_FOUND');
    const { contract, provider } = whole;
    const wrongState = refuseStep(amendmentLife, before.status, 'file') ?? refuseStep(contractLife, contract.status, 'amend');
    if (wrongState) return wrongState;
    const had = [before.proposedPerson, before.confirmedPerson];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const grows = before.grossFen > contract.grossFen || before.startsOn < contract.startsOn || before.endsOn > contract.endsOn;
    const held = grows ? refuseFlagged(contract.holdingFlags) : null;
    if (held) return held;
    const same = barring(facts.all(contractShelf, 'fingerprint', before.fingerprint));
    if (same && same.contractId !== contract.contractId) return refused('CONTRACT_DUPLICATE', { contractNo: same.contractNo });
    const period = { from: before.startsOn, to: before.endsOn };
    const beyond = refuseUsageBeyond(facts, contract.contractId, period);
    if (beyond) return beyond;
    const known = new Set(whole.lines.map(({ line }) => line.contractLineId));
    const listings = facts.all(listingShelf, 'provider', provider.providerId);
    const unlisted = linesOf(before).find(
      (line) => !known.has(line.contractLineId) && !listedWithin(listings, line.serviceItem, period),
    );
    if (unlisted)
      return refused('PROVIDER_NOT_LISTED', { serviceItem: unlisted.serviceItem, day: `${period.from} – ${period.to}` });
    const unchecked = refuseUnchecked(
      linesOf(before).filter(({ contractLineId }) => !known.has(contractLineId)),
      body,
    );
    if (unchecked) return unchecked;
    const row = { ...before, status: 'FILED' as const, decidedPerson: actor.personId, decidedOn: today };
    const last = facts
      .all(amendmentShelf, 'contract', contract.contractId)
      .find(({ status, version }) => status === 'FILED' && version === contract.version);
    const after = amended(whole, row, {
      today,
      recordedAt: receivedAt.toISOString(),
      newId,
      since: { signedOn: last?.signedOn ?? contract.signedOn, filedOn: last?.decidedOn ?? contract.filedOn ?? today },
      chipOf: (chipId) => {
        const chip = facts.get(chipShelf, chipId);
        if (!chip) throw new Error('an amendment names a chip that is not there');
        return { ...chip, origin: (chipOn(facts.all(chipShelf, 'model', [chip.vendor, chip.model]), today) ?? chip).origin };
      },
    });
    const followed = followCut(facts, command, { whole: after, subjectId: row.amendmentId, reason: row.reason });
    if (followed.kind === 'refused') return followed;
    // After this line the command succeeds.
    return accepted({
      decision: 'contract_amendment.filed',
      subjectId: row.amendmentId,
      approvalDigest: row.contentDigest,
      result: { ...presentAmendment(row), contract: presentContract(after), corrections: followed.corrections },
      postings: followed.postings,
      changes: [update(amendmentShelf, row), ...after.changes, ...followed.changes],
      messages: followed.messages,
    });
  },
};
