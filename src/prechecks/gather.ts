// Reads what a pre-check looks at, set-based and on one snapshot: the law in force, the enterprise, the contract or what was settled,
// and what limits and pools leave. Nothing is written, and no lane is taken.
import type { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { Contract, Enterprise as EnterpriseRow, Facility as FacilityRow } from '../../db/tables.js';
import type { precheck } from '../../schemas/prechecks.js';
import type { Principal } from '../access/principal.js';
import { circumstancesOf, facilityOf, gatherContractFacts } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { FieldProblem } from '../http/problem.js';
import { Problem } from '../http/problem.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { Facts, Loader } from '../ledger/facts.js';
import { gatherLimits } from '../ledger/limits.js';
import { headOf } from '../ledger/statements.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan } from '../money.js';
import { underControls } from '../programmes/controls.js';
import { decidingDayOf, limitsTouched } from '../programmes/evaluate.js';
import type { Matter, ProgrammeVersion, ServiceItem } from '../programmes/language.js';
import { limitWindowOf } from '../programmes/limits.js';
import type { Provider } from '../programmes/lines.js';
import { programmeOf, versionInForce } from '../programmes/published.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import type { Asking, Bought, BoughtLine, Fitted, Said } from './fit.js';
import { fit, looksAtFees, UNNAMED } from './fit.js';
import type { Published } from './queries.js';
import { publishedVersions, settledFees } from './queries.js';

export type Body = z.output<typeof precheck>;

/** A version as it is asked: in force on the day that decides, or on trial. */
export interface Candidate {
  readonly row: Published;
  readonly isTrial: boolean;
  readonly fund: string;
  readonly fitted: Fitted;
}

export interface Gathered {
  readonly day: Day;
  readonly baseYear: number;
  readonly headSeq: bigint;
  /** In order of their codes. */
  readonly candidates: readonly Candidate[];
  readonly controls: readonly Published[];
  /** Of each programme without a version that holds, its latest. */
  readonly notInForce: readonly Published[];
  /** With the accounts of all limits and funds that the candidates touch. */
  readonly facts: Facts;
}

/**
 * Gathers all of it. Whoever reads for a legal person may ask about that one; for any other enterprise or contract the answer is
 * NOT_FOUND. Refuses with the fields that are wrong.
 */
export function gather(
  db: Database,
  book: { bookId: string; code: string },
  of: { body: Body; today: Day; principal: Principal },
): Promise<Gathered> {
  return db.begin(
    async (tx) => {
      const { body } = of;
      const facts = new Facts(book.bookId, book.code);
      const loader = new Loader(tx, book.bookId, facts);
      const day = body.day ?? of.today;
      const baseYear = yearOf(day) - 1;
      const [headSeq, versions] = await Promise.all([
        headOf(tx, book.bookId),
        publishedVersions(tx, book.bookId),
        loader.load(enterpriseShelf, 'id', idsOf(body.enterpriseId)),
        gatherContractFacts(loader, idsOf(body.contractId)),
        gatherNamed(loader, body),
      ]);
      const { enterprise, contract } = subjectOf(facts, of);
      refuseFields([...namedAmiss(facts, body), ...linesAmiss(body), ...wordsAmiss(versions, body)]);

      const controlsOn = (on: Day) => inForceOn(versions, 'GENERAL_CONTROLS', () => on).map(({ row }) => row);
      const signedOn = contract?.signedOn ?? (body.contract && (body.contract.signedOn ?? day)) ?? null;
      const decides = (row: Published) => decidingDayOf(programmeOf(row), { appliedOn: day, signedOn });
      const inForce = inForceOn(versions, 'PROGRAMME', (now) => decides(now), day);
      const tried = body.includeDrafts ? versions.filter((row) => row.status === 'PUBLISHED' && kindOf(row) === 'PROGRAMME') : [];
      const asked = [
        ...inForce.map(({ row, on }) => ({ row, isTrial: false, on })),
        ...tried.map((row) => ({ row, isTrial: true, on: decides(row) })),
      ].map(({ row, isTrial, on }) => ({ row, isTrial, law: underControls(programmeOf(row), controlsOn(on).map(programmeOf)) }));

      const wantsFees = body.fees === undefined && enterprise !== undefined && asked.some(({ law }) => law.laws.some(looksAtFees));
      const said: Said = {
        ...{ day, baseYear, ...applicantOf(enterprise, body) },
        contract: contract ? contractOfBook(facts, contract, day) : contractDescribed(facts, body, day),
        fees: wantsFees ? await feesOfBook(loader, enterprise, baseYear, day) : feesDescribed(facts, body),
        matters: mattersOf(body.matters),
        mattersFor: Object.fromEntries(Object.entries(body.mattersFor).map(([code, matters]) => [code, mattersOf(matters)])),
        predicates: body.predicates,
        upstreamFen: body.upstream === undefined ? 0n : fenOf(body.upstream),
      };
      const candidates = asked.map(
        ({ row, isTrial, law }): Candidate => ({
          ...{ row, isTrial, fund: fundOf(row.programmeCode, yearOf(day)) },
          fitted: withFigures(fit(law, said), body, day),
        }),
      );
      const windows = candidates.flatMap(({ fitted: { law, asking } }) =>
        asking === null ? [] : limitsTouched(law, asking.stage, asking.at).map(limitWindowOf),
      );
      await Promise.all([
        gatherLimits(loader, windows),
        loader.accounts(candidates.map(({ fund }) => accountOf.available(fund))),
      ]);
      const covered = new Set(inForce.map(({ row }) => row.programmeCode));
      return {
        ...{ day, baseYear, headSeq, candidates, facts, controls: controlsOn(day) },
        notInForce: latestOf(versions, 'PROGRAMME').filter(({ programmeCode }) => !covered.has(programmeCode)),
      };
    },
    { mode: 'isolation level repeatable read read only' },
  );
}

const idsOf = (id: string | undefined): string[] => (id === undefined ? [] : [id]);

// Who and what is asked about.

/** The enterprise and contract of the book that are named, if the caller may ask about them. */
function subjectOf(
  facts: Facts,
  { body, principal }: { body: Body; principal: Principal },
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

function applicantOf(row: EnterpriseRow | undefined, { enterprise: told }: Body): Pick<Said, 'applicant' | 'classesKnown'> {
  if (row) {
    return {
      applicant: {
        legalPerson: row.legalPersonUscc,
        kind: row.kind,
        ...{ classes: [], establishedOn: null, isListedProvider: false, oneEnterpriseOnePolicy: false },
      },
      classesKnown: true,
    };
  }
  return {
    applicant: {
      legalPerson: UNNAMED.applicant,
      kind: told?.kind ?? 'ENTERPRISE',
      classes: told?.classes ?? [],
      establishedOn: told?.establishedOn ?? null,
      isListedProvider: told?.isListedProvider ?? false,
      oneEnterpriseOnePolicy: told?.oneEnterpriseOnePolicy ?? false,
    },
    classesKnown: told?.classes !== undefined,
  };
}

function mattersOf(given: Body['matters']): Partial<Record<Matter, string>> {
  const { project, product, standard, awardSeries } = given;
  return {
    ...(project === undefined ? {} : { PROJECT: project }),
    ...(product === undefined ? {} : { PRODUCT: product }),
    ...(standard === undefined ? {} : { STANDARD: standard }),
    ...(awardSeries === undefined ? {} : { AWARD_SERIES: awardSeries }),
  };
}

