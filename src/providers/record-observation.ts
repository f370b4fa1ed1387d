import type { z } from 'zod';
import type { FacilityObservation } from '../../db/tables.js';
import type { recordObservation as body } from '../../schemas/providers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { facilityShelf, observationShelf } from './facts.js';
import { presentObservation } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };

/**
 * Records what was verified of a facility on a day. The latest observation on or before a usage day counts, and counts
 * whole: so one that finds a centre in service must state the capacity that centres of its kind are judged by.
 */
export const recordObservation: Verb<Body, ReturnType<typeof presentObservation>> = {
  name: 'facility.observe',
  money: false,

  async gather(loader, commands) {
    const facilities = commands.map(({ body }) => body.id ?? '');
    await Promise.all([loader.load(facilityShelf, 'id', facilities), loader.load(observationShelf, 'facility', facilities)]);
  },

  decide({ id, body, receivedAt, today }, facts) {
    const facility = facts.get(facilityShelf, body.id ?? '');
    if (!facility) return refused('NOT_FOUND');
    if (body.observedOn > today) return refused('DAY_IN_FUTURE', { day: body.observedOn, today }, '/observedOn');
    // PFLOPS mean nothing without their precision, and a precision nothing without PFLOPS.
    if (body.pflops !== undefined && body.precision === undefined) return refused('PRECISION_REQUIRED', {}, '/precision');
    if (body.pflops === undefined && body.precision !== undefined) return refused('PRECISION_REQUIRED', {}, '/pflops');
    if (body.inService && facility.kind === 'AI_COMPUTING' && body.pflops === undefined) {
      return refused('FACILITY_CAPACITY_REQUIRED', { kind: facility.kind, field: 'pflops' }, '/pflops');
    }
    if (body.inService && facility.kind === 'DATA_CENTER' && body.standardRacks === undefined) {
      return refused('FACILITY_CAPACITY_REQUIRED', { kind: facility.kind, field: 'standardRacks' }, '/standardRacks');
    }
    if (facts.all(observationShelf, 'facility', facility.facilityId).some((other) => other.observedOn === body.observedOn)) {
      return refused('OBSERVATION_EXISTS', { day: body.observedOn }, '/observedOn');
    }
    // After this line the command succeeds.
    const row: FacilityObservation = {
      bookId: facts.bookId,
      observationId: id,
      facilityId: facility.facilityId,
      observedOn: body.observedOn,
      inService: body.inService,
      pflops: body.pflops ?? null,
      precision: body.precision ?? null,
      standardRacks: body.standardRacks ?? null,
      installedCards: body.installedCards ?? null,
      evidence: body.evidence,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'facility.observed',
      subjectId: id,
      result: presentObservation(row),
      changes: [insert(observationShelf, row)],
    });
  },
};
