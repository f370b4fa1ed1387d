import type { z } from 'zod';
import type { ContractAmendment } from '../../db/tables.js';
import type { amendContract as body } from '../../schemas/contracts.js';
import { raise } from '../flags/raise.js';
import { insert, update } from '../ledger/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { chipShelf, facilityShelf } from '../providers/facts.js';
import type { Day } from '../calendar.js';
import { chipOn } from '../providers/rules.js';
import { amendmentDigestOf, contentToBe, isOpen, presentAmendment } from './amendments.js';
import type { Parties } from './facts.js';
import { amendmentShelf, contractOf, contractShelf, gatherContracts } from './facts.js';
import type { WholeContract } from './rules.js';
import { barring, contractLife, fingerprintOf, readAmounts, readModel, sideOf } from './rules.js';
import { farPrices, gatherSuspicions, suspicionsAmong } from './suspicions.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Line = {
  readonly facilityId: string;
  readonly chipVendor?: string | undefined;
  readonly chipModel?: string | undefined;
  readonly modelClass?: string | undefined;
  readonly modelRegistrationNo?: string | undefined;
};

/** Gathers the facilities and chips that new lines of a contract name. */
export const gatherNamed = (loader: Loader, lines: readonly Line[]): Promise<unknown> =>
  Promise.all([
    loader.load(
      facilityShelf,
      'id',
      lines.map((line) => line.facilityId),
    ),
    loader.load(
      chipShelf,
      'model',
      lines.flatMap(({ chipVendor, chipModel }) => (chipVendor && chipModel ? [[chipVendor, chipModel]] : [])),
    ),
  ]);

/** The chips that lines name by the catalogue of this day; refuses half a model, a facility of another provider and a chip that is not known. */
export function chipsNamed(
  facts: Facts,
  provider: Parties['provider'],
  lines: readonly Line[],
  of: { readonly today: Day; readonly at: string },
): { kind: 'named'; chipIds: (string | null)[] } | Refused {
  const chipIds: (string | null)[] = [];
  for (const [i, line] of lines.entries()) {
    const named = readModel(line, `${of.at}/${i}`);
    if (named.kind === 'refused') return named;
    if (facts.get(facilityShelf, line.facilityId)?.providerId !== provider.providerId) {
      return refused('FACILITY_NOT_OF_PROVIDER', { provider: provider.name }, `${of.at}/${i}/facilityId`);
    }
    const { chipVendor: vendor, chipModel: model } = line;
    if (vendor === undefined && model === undefined) {
      chipIds.push(null);
      continue;
    }
    if (vendor === undefined) return refused('MISSING_FIELD', {}, `${of.at}/${i}/chipVendor`);
    if (model === undefined) return refused('MISSING_FIELD', {}, `${of.at}/${i}/chipModel`);
    const chip = chipOn(facts.all(chipShelf, 'model', [vendor, model]), of.today);
    if (!chip) return refused('CHIP_UNKNOWN', { vendor, model, day: of.today }, `${of.at}/${i}/chipModel`);
    chipIds.push(chip.chipId);
  }
  return { kind: 'named', chipIds };
}

/** What of the contract the sent totals and days would make another content of, where they read at all. */
const fingerprintToBe = (whole: WholeContract & Parties, sent: Body): string[] => {
  const { startsOn = whole.contract.startsOn, endsOn = whole.contract.endsOn } = sent;
  const total = readAmounts({ ...sent, lines: [{ ...sent, quantity: '1' }] });
  return total.kind === 'refused' ? [] : [fingerprintOf({ startsOn, endsOn, ...total.total }, whole)];
};

/**
 * One side proposes what a filed contract is to say from here on; the other is to confirm it, the bureau to file it. What looks wrong with
 * it beside the parties' other contracts, or with a price it newly says beside the provider's list, raises a flag on the contract. Refuses NOT_FOUND,
 * CONTRACT_WRONG_STATE, AMENDMENT_OPEN while another waits, what is wrong with it (contentToBe, chipsNamed), CONTRACT_DUPLICATE.
 */
export const amendContract: Verb<Body, ReturnType<typeof presentAmendment>> = {
  name: 'contract.amend',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([
      gatherContracts(loader, ids),
      loader.load(amendmentShelf, 'contract', ids),
      gatherNamed(
        loader,
        commands.flatMap(({ body }) => body.newLines ?? []),
      ),
    ]);
    const wholes = commands.flatMap(({ body }) => {
      const whole = contractOf(loader.facts, body.id ?? '');
      return whole ? [{ ...whole, body }] : [];
    });
    await Promise.all([
      loader.load(
        contractShelf,
        'fingerprint',
        wholes.flatMap((whole) => fingerprintToBe(whole, whole.body)),
      ),
      gatherSuspicions(loader, wholes),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt, newId } = command;
    const whole = contractOf(facts, body.id ?? '');
    const side = whole ? sideOf(actor, whole.enterprise, whole.provider) : null;
    if (!whole || side === null) return refused('NOT_FOUND');
    const { contract } = whole;
    const wrongState = refuseStep(contractLife, contract.status, 'amend');
    if (wrongState) return wrongState;
    const open = facts.all(amendmentShelf, 'contract', contract.contractId).find(isOpen);
    if (open)
      return refused('AMENDMENT_OPEN', { contractNo: contract.contractNo, version: String(open.version), state: open.status });
    const named = chipsNamed(facts, whole.provider, body.newLines ?? [], { today, at: '/newLines' });
    if (named.kind === 'refused') return named;
    const toBe = contentToBe(whole, body, today, { chipIds: named.chipIds, newId });
    if (toBe.kind === 'refused') return toBe;
    const { content, lines, fingerprint } = toBe;
    const same = barring(facts.all(contractShelf, 'fingerprint', fingerprint));
    if (same && same.contractId !== contract.contractId) return refused('CONTRACT_DUPLICATE', { contractNo: same.contractNo });
    // After this line the command succeeds.
    const version = contract.version + 1;
    const row: ContractAmendment = {
      bookId: facts.bookId,
      amendmentId: id,
      contractId: contract.contractId,
      version,
      ...content,
      reason: body.reason,
      enterpriseId: contract.enterpriseId,
      providerId: contract.providerId,
      lines,
      fingerprint,
      contentDigest: amendmentDigestOf({ contractId: contract.contractId, version, ...content }, lines),
      status: 'PROPOSED',
      proposedSide: side,
      proposedPerson: actor.personId,
      confirmedPerson: null,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    const toBePriced = lines.map((line) => {
      const known = whole.lines.find((of) => of.line.contractLineId === line.contractLineId);
      const chip = known ? known.chip : line.chipId === null ? null : (facts.get(chipShelf, line.chipId) ?? null);
      return { line: { ...line, grossFen: BigInt(line.grossFen) }, chip };
    });
    const found = [
      ...suspicionsAmong(facts, { ...contract, ...content }, whole, today),
      ...farPrices(facts, { ...contract, ...content }, toBePriced, whole.lines),
    ];
    const flags = raise(command, facts, { subjectKind: 'CONTRACT', subjectId: contract.contractId }, found);
    return accepted({
      decision: 'contract_amendment.proposed',
      subjectId: id,
      result: presentAmendment(row),
      changes: [
        insert(amendmentShelf, row),
        ...flags,
        ...(flags.length > 0 ? [update(contractShelf, { ...contract, holdingFlags: contract.holdingFlags + flags.length })] : []),
      ],
    });
  },
};
