// Reads what a pre-check looks at, set-based and on one snapshot: the law in force, the enterprise, the contract or what was settled,
// and what limits and pools leave. Nothing is written, and no lane is taken.
import type { Database } from '../../db/client.js';
import type { Contract, Enterprise as EnterpriseRow } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';
import {
  applicantOf,
  gatherApplicants,
  gatherContractFacts,
  gatherCounterparties,
  gatherNumbers,
} from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { Problem } from '../http/problem.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { Facts, Loader } from '../ledger/facts.js';
import { headOf } from '../ledger/statements.js';
import { limitsTouched } from '../programmes/evaluate.js';
import { limitWindowOf } from '../programmes/limits.js';
import { controlsInForce } from '../programmes/published.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import { aboutOf, gatherAbout } from './about.js';
import { amissIn } from './amiss.js';
import type { Body } from './bought.js';
import { contractDescribed, contractOfBook, feesDescribed, feesOfBook, fenOf, namedIn } from './bought.js';
import type { Bought, Fitted, Said } from './fit.js';
import { fit, looksAtFees, UNNAMED } from './fit.js';
import { questionOf, withNumbers } from './numbers.js';
import type { Published } from './queries.js';
import { publishedVersions, settledFees } from './queries.js';
import type { Standing, Unheld } from './versions.js';
import { versionsAsked } from './versions.js';

/** A version with the question as it takes it, and the fund that would pay. */
export interface Candidate extends Standing {
  readonly fund: string;
  readonly fitted: Fitted;
}

export interface Gathered {
  readonly day: Day;
  readonly baseYear: number;
  readonly headSeq: bigint;
  readonly candidates: readonly Candidate[];
  /** The general controls that hold on the day. */
  readonly controls: readonly Published[];
  readonly notInForce: readonly Unheld[];
  /** With the accounts of all limits and funds that the candidates touch. */
  readonly facts: Facts;
}

/**
 * Gathers all of it. An enterprise may ask about itself, the authorities about every one; for any other enterprise or contract the
 * answer is NOT_FOUND, and for a matter that is not on record of it MATTER_NOT_FOUND. Refuses VALIDATION_FAILED with the fields that are wrong.
 */
export function gather(
  db: Database,
  book: { readonly bookId: string; readonly code: string },
  of: { readonly body: Body; readonly today: Day; readonly principal: Principal },
): Promise<Gathered> {
  const { body, principal } = of;
  const day = body.day ?? of.today;
  const baseYear = yearOf(day) - 1;
  return db.begin(
    async (tx) => {
      const facts = new Facts(book.bookId, book.code);
      const loader = new Loader(tx, book.bookId, facts);
      const [headSeq, versions] = await Promise.all([
        headOf(tx, book.bookId),
        publishedVersions(tx, book.bookId),
        gatherApplicants(loader, idsOf(body.enterpriseId)),
        gatherContractFacts(loader, idsOf(body.contractId)),
        gatherNamed(loader, body),
      ]);
      const { enterprise, contract } = subjectOf(facts, body, principal);
      const amiss = amissIn(facts, versions, body);
      if (amiss.length > 0) throw new Problem(amiss[0]?.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'VALIDATION_FAILED', {}, amiss);

      const signedOn = contract?.signedOn ?? (body.contract === undefined ? null : (body.contract.signedOn ?? day));
      const { asked, notInForce } = versionsAsked(versions, { appliedOn: day, signedOn, includeDrafts: body.includeDrafts });
      const wantsFees = asked.some(({ law }) => law.laws.some(looksAtFees));
      await Promise.all([
        gatherCounterparties(loader, enterprise ? counterpartiesOf(facts, body, enterprise.enterpriseId) : []),
        gatherAbout(loader, enterprise, body),
      ]);
      const applicant = whoAsks(facts, enterprise, body, day);
      const applying = { row: enterprise, legalPerson: applicant.legalPerson };
      const said: Said = {
        ...{ day, baseYear, applicant, classesKnown: enterprise !== undefined || body.enterprise?.classes !== undefined },
        contract: contract ? contractOfBook(facts, contract, day) : contractDescribed(facts, body, applying, day),
        fees:
          feesDescribed(facts, body, applying) ??
          (wantsFees && enterprise ? await gatherFees(loader, enterprise, baseYear, day) : null),
        ...aboutOf(facts, enterprise, body),
        predicates: body.predicates,
        upstreamFen: body.upstream === undefined ? 0n : fenOf(body.upstream),
      };
      const fitted = asked.map(({ law }) => fit(law, said));
      await gatherNumbers(loader, fitted.flatMap(questionOf));
      const candidates = asked.flatMap((standing, i): Candidate[] => {
        const one = fitted[i];
        const fund = fundOf(standing.row.programmeCode, yearOf(day));
        return one === undefined ? [] : [{ ...standing, fund, fitted: withNumbers(facts, one, body) }];
      });
      const touched = candidates.flatMap(({ fitted: { law, asking } }) =>
        asking === null ? [] : limitsTouched(law, asking.stage, asking.at),
      );
      await loader.accounts([
        ...touched.map(limitWindowOf).flatMap((at) => [accountOf.allowance(at), accountOf.used(at)]),
        ...candidates.map(({ fund }) => accountOf.available(fund)),
      ]);
      return { day, baseYear, headSeq, candidates, controls: controlsInForce(versions, day), notInForce, facts };
    },
    // Eager: all of it reads.
    { mode: 'isolation level repeatable read read only', eager: true },
  );
}

const idsOf = (id: string | undefined): string[] => (id === undefined ? [] : [id]);

/** Gathers the providers and facilities that a description names. */
async function gatherNamed(loader: Loader, body: Body): Promise<void> {
  const named = namedIn(body);
  const facilityIds = named.flatMap(({ facilityId }) => facilityId ?? []);
  const providerIds = named.flatMap(({ providerId }) => providerId ?? []);
  if (facilityIds.length === 0 && providerIds.length === 0) return;
  const [facilities] = await Promise.all([
    loader.load(facilityShelf, 'id', facilityIds),
    loader.load(observationShelf, 'facility', facilityIds),
  ]);
  const codes = facilities.flatMap(({ ownerUscc, operatorUscc }) => [ownerUscc, operatorUscc]);
  const all = [...providerIds, ...facilities.map(({ providerId }) => providerId)];
  await Promise.all([
    loader.load(providerShelf, 'id', all),
    loader.load(listingShelf, 'provider', all),
    loader.load(enterpriseShelf, 'uscc', codes),
    loader.load(providerShelf, 'uscc', codes),
  ]);
}

/** What the enterprise's legal person settled in the year. */
async function gatherFees(loader: Loader, of: EnterpriseRow, year: number, day: Day): Promise<Bought[]> {
  const { legalPersonUscc } = of;
  const settled = await settledFees(loader.tx, { bookId: loader.bookId, legalPersonUscc, year });
  await gatherContractFacts(loader, [...new Set(settled.map(({ contractId }) => contractId))]);
  return feesOfBook(loader.facts, settled, day);
}

// Who and what is asked about.

/** The enterprise and contract of the book that are named, if the caller may ask about them. */
function subjectOf(
  facts: Facts,
  body: Body,
  principal: Principal,
): { enterprise: EnterpriseRow | undefined; contract: Contract | undefined } {
  if (body.enterpriseId === undefined) return { enterprise: undefined, contract: undefined };
  const enterprise = facts.get(enterpriseShelf, body.enterpriseId);
  const { role, legalPersonUscc } = principal;
  const may = legalPersonUscc === null || (role === 'enterprise' && enterprise?.legalPersonUscc === legalPersonUscc);
  if (!enterprise || !may) throw notFound('/enterpriseId');
  if (body.contractId === undefined) return { enterprise, contract: undefined };
  const contract = facts.get(contractShelf, body.contractId);
  if (contract?.enterpriseId !== enterprise.enterpriseId) throw notFound('/contractId');
  return { enterprise, contract };
}

const notFound = (pointer: string): Problem => new Problem('NOT_FOUND', {}, [{ pointer, code: 'NOT_FOUND' }]);

/** An enterprise of the book with what is on record of it, or one as it is described. */
function whoAsks(facts: Facts, row: EnterpriseRow | undefined, { enterprise: told }: Body, day: Day): Said['applicant'] {
  if (row) return applicantOf(facts, row, { appliedOn: day, predicates: {} });
  return {
    legalPerson: UNNAMED.applicant,
    kind: told?.kind ?? 'ENTERPRISE',
    classes: told?.classes ?? [],
    establishedOn: told?.establishedOn ?? null,
    isListedProvider: told?.isListedProvider ?? false,
    oneEnterpriseOnePolicy: told?.oneEnterpriseOnePolicy ?? false,
  };
}

/** The providers of the book that a description names, or whose facilities it does. */
const counterpartiesOf = (facts: Facts, body: Body, enterpriseId: string) =>
  namedIn(body).flatMap(({ providerId, facilityId }) => {
    const owner = facilityId === undefined ? undefined : facts.get(facilityShelf, facilityId)?.providerId;
    return [providerId, owner].flatMap((id) => {
      const provider = id === undefined ? undefined : facts.get(providerShelf, id);
      return provider ? [{ enterpriseId, uscc: provider.uscc }] : [];
    });
  });
