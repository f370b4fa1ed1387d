import type { z } from 'zod';
import type { Contract, ContractLine } from '../../db/tables.js';
import type { submitContract as body } from '../../schemas/contracts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { closed } from '../enterprises/rules.js';
import { raise } from '../flags/raise.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { chipShelf, providerShelf } from '../providers/facts.js';
import { chipsNamed, gatherNamed } from './amend-contract.js';
import { contractLineShelf, contractShelf } from './facts.js';
import type { WholeContract } from './rules.js';
import { barring, checkDays, fingerprintOf, presentContract, readAmounts, sideOf } from './rules.js';
import { farPrices, gatherSuspicions, suspicionsAmong } from './suspicions.js';

type Body = z.output<typeof body>;

/**
 * One side submits a contract; the other is to confirm it. Lines are numbered from 1. A line's chip is named as the
 * catalogue has it today; its origin is read when the contract is filed. A model is named by its class and its number in the register.
 * What looks wrong beside the parties' other contracts and the provider's list (suspicions.ts) raises a flag, which holds the filing.
 */
export const submitContract: Verb<Body, ReturnType<typeof presentContract>> = {
  name: 'contract.submit',
  money: false,

  async gather(loader, commands) {
    const lines = commands.flatMap(({ body }) => body.lines);
    const [enterprises, providers] = await Promise.all([
      loader.load(
        enterpriseShelf,
        'id',
        commands.map(({ body }) => body.enterpriseId),
      ),
      loader.load(
        providerShelf,
        'id',
        commands.map(({ body }) => body.providerId),
      ),
      loader.load(
        contractShelf,
        'number',
        commands.map(({ body }) => [body.contractNo, body.providerId]),
      ),
      gatherNamed(loader, lines),
    ]);
    const enterpriseById = new Map(enterprises.map((of) => [of.enterpriseId, of]));
    const providerById = new Map(providers.map((of) => [of.providerId, of]));
    const parties = commands.flatMap(({ body }) => {
      const enterprise = enterpriseById.get(body.enterpriseId);
      const provider = providerById.get(body.providerId);
      return enterprise && provider ? [{ body, enterprise, provider }] : [];
    });
    const fingerprints = parties.flatMap(({ body, ...both }) => {
      const amounts = readAmounts(body);
      return amounts.kind === 'refused' ? [] : [fingerprintOf({ ...body, ...amounts.total }, both)];
    });
    await Promise.all([loader.load(contractShelf, 'fingerprint', fingerprints), gatherSuspicions(loader, parties)]);
  },

  decide(command, facts) {
    const { id, body, actor, receivedAt, today } = command;
    const enterprise = facts.get(enterpriseShelf, body.enterpriseId);
    const provider = facts.get(providerShelf, body.providerId);
    // A stranger to the other side's things is told no more than that there is none.
    if (!enterprise || (actor.role === 'enterprise' && actor.legalPersonUscc !== enterprise.legalPersonUscc)) {
      return refused('NOT_FOUND', {}, '/enterpriseId');
    }
    if (!provider) return refused('NOT_FOUND', {}, '/providerId');
    const side = sideOf(actor, enterprise, provider);
    if (side === null) return refused('NOT_FOUND', {}, '/providerId');
    if (enterprise.closedOn !== null) return closed(enterprise, '/enterpriseId');
    if (provider.closedOn !== null) return closed(provider, '/providerId');
    const badDays = checkDays(body, today);
    if (badDays) return badDays;
    const amounts = readAmounts(body);
    if (amounts.kind === 'refused') return amounts;

    const named = chipsNamed(facts, provider, body.lines, { today, at: '/lines' });
    if (named.kind === 'refused') return named;
    const { chipIds } = named;
    if (barring(facts.all(contractShelf, 'number', [body.contractNo, provider.providerId]))) {
      return refused('CONTRACT_EXISTS', { contractNo: body.contractNo }, '/contractNo');
    }
    const fingerprint = fingerprintOf({ ...body, ...amounts.total }, { enterprise, provider });
    const same = barring(facts.all(contractShelf, 'fingerprint', fingerprint));
    if (same) return refused('CONTRACT_DUPLICATE', { contractNo: same.contractNo });
    // After this line the command succeeds.
    const contract: Contract = {
      bookId: facts.bookId,
      contractId: id,
      contractNo: body.contractNo,
      enterpriseId: enterprise.enterpriseId,
      providerId: provider.providerId,
      signedOn: body.signedOn,
      startsOn: body.startsOn,
      endsOn: body.endsOn,
      purpose: body.purpose,
      ...amounts.total,
      fingerprint,
      status: 'SUBMITTED',
      submittedSide: side,
      submittedPerson: actor.personId,
      confirmedPerson: null,
      filedPerson: null,
      filingNo: null,
      filedOn: null,
      version: 1,
      lastDay: null,
      endedOn: null,
      endedPerson: null,
      endReason: null,
      formerly: [],
      holdingFlags: 0,
      recordedAt: receivedAt.toISOString(),
    };
    const lines: WholeContract['lines'] = amounts.lines.map((of, i) => {
      const sent = body.lines[i];
      if (!sent) throw new Error('a line without its amounts');
      const chipId = chipIds[i] ?? null;
      const line: ContractLine = {
        bookId: facts.bookId,
        contractLineId: command.newId(),
        contractId: id,
        lineNo: i + 1,
        description: sent.description,
        serviceItem: sent.serviceItem,
        facilityId: sent.facilityId,
        chipId,
        chipOrigin: null,
        unit: sent.unit,
        quantity: sent.quantity,
        ...of,
        modelClass: sent.modelClass ?? null,
        modelRegistrationNo: sent.modelRegistrationNo ?? null,
      };
      return { line, chip: chipId === null ? null : (facts.get(chipShelf, chipId) ?? null) };
    });
    const found = [...suspicionsAmong(facts, contract, { enterprise, provider }, today), ...farPrices(facts, contract, lines)];
    const flags = raise(command, facts, { subjectKind: 'CONTRACT', subjectId: id }, found);
    const flagged = { ...contract, holdingFlags: flags.length };
    return accepted({
      decision: 'contract.submitted',
      subjectId: id,
      result: presentContract({ contract: flagged, lines }),
      changes: [insert(contractShelf, flagged), ...lines.map(({ line }) => insert(contractLineShelf, line)), ...flags],
    });
  },
};
