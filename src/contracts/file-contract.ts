import type { z } from 'zod';
import type { fileContract as body } from '../../schemas/contracts.js';
import { yearOf } from '../calendar.js';
import { refuseFlagged } from '../flags/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { refuseStep } from '../lives.js';
import { chipShelf, listingShelf } from '../providers/facts.js';
import { chipOn, listedWithin } from '../providers/rules.js';
import { contractLineShelf, contractOf, contractShelf, gatherContracts } from './facts.js';
import { contentDigest, contractLife, presentContract, refuseUnchecked } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };

/**
 * The bureau files a confirmed contract (备案) under the next filing number of the year. The provider must be listed for
 * every line's service item on at least one day of the contract's period: a contract may well outlive a listing, or be
 * filed after its provider was delisted, and whether a usage day counts is judged by that day (D 二(六)).
 *
 * What a flag holds is not filed before a person has cleared it (FLAG_HOLDS).
 *
 * Rates may go by the class of a model: where a line names one the bureau says that it was held against the register (MODEL_NOT_CHECKED).
 *
 * The origin of each line's chip is read from the catalogue of this day and copied to the line for good.
 */
export const fileContract: Verb<Body, ReturnType<typeof presentContract>> = {
  name: 'contract.file',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [contracts] = await Promise.all([
      loader.load(contractShelf, 'id', ids),
      gatherContracts(loader, ids),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('F', yearOf(today))),
      ),
    ]);
    await loader.load(
      listingShelf,
      'provider',
      contracts.map((of) => of.providerId),
    );
  },

  decide({ body, actor, today }, facts) {
    const found = contractOf(facts, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    const { contract: before, provider } = found;
    const wrongState = refuseStep(contractLife, before.status, 'file');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, before.submittedPerson) || isSamePerson(actor, before.confirmedPerson)) return refused('FOUR_EYES');
    const flagged = refuseFlagged(before.holdingFlags);
    if (flagged) return flagged;
    const listings = facts.all(listingShelf, 'provider', provider.providerId);
    const period = { from: before.startsOn, to: before.endsOn };
    const unlisted = found.lines.find(({ line }) => !listedWithin(listings, line.serviceItem, period));
    if (unlisted) {
      const { serviceItem } = unlisted.line;
      return refused('PROVIDER_NOT_LISTED', { serviceItem, day: `${period.from} – ${period.to}` });
    }
    const unchecked = refuseUnchecked(
      found.lines.map(({ line }) => line),
      body,
    );
    if (unchecked) return unchecked;
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf('F', yearOf(today)));
    const contract = { ...before, status: 'FILED' as const, filedPerson: actor.personId, filedOn: today, filingNo: number };
    const lines = found.lines.map(({ line, chip }) => {
      if (chip === null) return { line, chip };
      const asOfToday = chipOn(facts.all(chipShelf, 'model', [chip.vendor, chip.model]), today);
      return { line: { ...line, chipOrigin: (asOfToday ?? chip).origin }, chip };
    });
    return accepted({
      decision: 'contract.filed',
      subjectId: contract.contractId,
      approvalDigest: contentDigest(found),
      result: presentContract({ contract, lines }),
      changes: [
        ...changes,
        update(contractShelf, contract),
        ...lines.flatMap(({ line, chip }) => (chip === null ? [] : [update(contractLineShelf, line)])),
      ],
    });
  },
};
