// Reads what a pre-check looks at, set-based and on one snapshot: the law in force, the enterprise, the contract or what was settled,
// and what limits and pools leave. Nothing is written, and no lane is taken.
import type { Database, Tx } from '../../db/client.js';
import type { Contract, Enterprise as EnterpriseRow } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';
import { applicantOf, gatherNumbers } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { Problem } from '../http/problem.js';
import type { Account } from '../ledger/chart.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { Facts, Loader } from '../ledger/facts.js';
import { headOf } from '../ledger/statements.js';
import type { TouchedLimit } from '../programmes/evaluate.js';
import { gatherRaised, limitWindowOf } from '../programmes/limits.js';
import { controlsInForce } from '../programmes/published.js';
import { aboutOf, mattersNamed } from './about.js';
import { amissIn } from './amiss.js';
import type { Body } from './bought.js';
import { contractDescribed, contractOfBook, feesDescribed, feesOfBook, fenOf, namedIn } from './bought.js';
import type { Fitted, Said } from './fit.js';
import { fit, looksAtFees, UNNAMED } from './fit.js';
import { questionOf, withNumbers } from './numbers.js';
import { gatherParties } from './parties.js';
import type { Published, Settled } from './queries.js';
import { publishedVersions, settledFees } from './queries.js';
import type { Standing, Unheld } from './versions.js';
import { versionsAsked } from './versions.js';

/** A version with the question as it takes it, and the fund that would pay. */
export interface Candidate extends Standing {
  readonly fund: string;
  readonly fitted: Fitted;
  /** The limits that its award would be charged to; none where nothing is asked. */
  readonly touched: readonly TouchedLimit[];
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

/** Books whose law looked at settled fees when it was last asked: then these are read before it is known whether it does now. */
const looksAtFeesIn = new Map<string, boolean>();

interface About {
  readonly body: Body;
  readonly today: Day;
  readonly principal: Principal;
}

/**
 * Gathers all of it, in two or three rounds to the database. An enterprise may ask about itself, the authorities about every one; for
 * any other enterprise or contract the answer is NOT_FOUND, and for a matter that is not on record of it MATTER_NOT_FOUND. Refuses VALIDATION_FAILED with the fields that are wrong.
 */
export function gather(db: Database, book: { readonly bookId: string; readonly code: string }, of: About): Promise<Gathered> {
  // What was read is right whatever becomes of the COMMIT of a transaction that wrote nothing: nobody waits for it.
  return new Promise((resolve, reject) => {
    db.begin(
      async (tx) => {
        resolve(await read(tx, book, of));
      },
      // Eager: all of it reads.
      { mode: 'isolation level repeatable read read only', eager: true },
    ).catch(reject);
  });
}

async function read(tx: Tx, { bookId, code }: { readonly bookId: string; readonly code: string }, of: About): Promise<Gathered> {
  const { body, principal } = of;
  const day = body.day ?? of.today;
  const baseYear = yearOf(day) - 1;
  const facts = new Facts(bookId, code);
  const loader = new Loader(tx, bookId, facts);
  const { enterpriseId } = body;
  const readFees = () =>
    enterpriseId === undefined || body.fees !== undefined
      ? null
      : settledFees(tx, { bookId, enterpriseId, year: baseYear, only: principal.legalPersonUscc });
  const early = looksAtFeesIn.get(bookId) === false ? null : readFees();
  const named = namedIn(body);
  const [headSeq, versions, settledEarly] = await Promise.all([
    headOf(tx, bookId),
    publishedVersions(tx, bookId),
    early,
    gatherParties(loader, {
      contractIds: idsOf(body.contractId),
      enterpriseIds: idsOf(enterpriseId),
      providerIds: named.flatMap(({ providerId }) => providerId ?? []),
      facilityIds: named.flatMap(({ facilityId }) => facilityId ?? []),
      matters: enterpriseId === undefined ? [] : mattersNamed(body),
    }),
  ]);
  const { enterprise, contract } = subjectOf(facts, body, principal);
  const amiss = amissIn(facts, versions, body);
  if (amiss.length > 0) throw new Problem(amiss[0]?.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'VALIDATION_FAILED', {}, amiss);

  const signedOn = contract?.signedOn ?? (body.contract === undefined ? null : (body.contract.signedOn ?? day));
  const { asked, notInForce } = versionsAsked(versions, { appliedOn: day, signedOn, includeDrafts: body.includeDrafts });
  const wantsFees = asked.some(({ law }) => law.laws.some(looksAtFees));
  looksAtFeesIn.set(bookId, wantsFees);
  const settled = wantsFees ? (settledEarly ?? (await readFees())) : null;
  if (settled !== null) await gatherContracts(loader, settled, body.contractId);

  const applicant = whoAsks(facts, enterprise, body, day);
  const applying = { row: enterprise, legalPerson: applicant.legalPerson };
  const said: Said = {
    day,
    baseYear,
    applicant,
    classesKnown: enterprise !== undefined || body.enterprise?.classes !== undefined,
    contract: contract ? contractOfBook(facts, contract, day) : contractDescribed(facts, body, applying, day),
    fees: feesDescribed(facts, body, applying) ?? (settled === null ? null : feesOfBook(facts, settled, day)),
    ...aboutOf(facts, enterprise, body),
    predicates: body.predicates,
    upstreamFen: body.upstream === undefined ? 0n : fenOf(body.upstream),
  };
  const fitting = asked.map((standing) => {
    const fitted = fit(standing.law, said);
    return { standing, fitted, fund: fundOf(standing.row.programmeCode, yearOf(day)), question: questionOf(fitted) };
  });

  // The accounts that are touched as far as can be told before the numbers are there, in the same round and first: answers come in the
  // order of the questions. Only a window of years that has begun before makes it another account.
  const supposed = fitting.map(({ question }) => question && question.touches(question.bare));
  const funds = fitting.map(({ fund }) => accountOf.available(fund));
  await Promise.all([
    loader.accounts([...funds, ...accountsOf(supposed)]),
    gatherRaised(
      loader,
      supposed.flatMap((touched) => touched ?? []),
    ),
    gatherNumbers(
      loader,
      fitting.flatMap(({ question }) => question ?? []),
    ),
  ]);
  const candidates = fitting.map(({ standing, fitted, fund, question }, i): Candidate => {
    const numbered = withNumbers(facts, { fitted, question, supposed: supposed[i] ?? null }, body);
    return { ...standing, fund, ...numbered };
  });
  await loader.accounts(accountsOf(candidates.map(({ touched }) => touched)));
  return { day, baseYear, headSeq, candidates, controls: controlsInForce(versions, day), notInForce, facts };
}

const idsOf = (id: string | undefined): string[] => (id === undefined ? [] : [id]);

const accountsOf = (touched: readonly (readonly TouchedLimit[] | null)[]): Account[] =>
  touched
    .flatMap((limits) => limits ?? [])
    .map(limitWindowOf)
    .flatMap((at) => [accountOf.allowance(at), accountOf.used(at)]);

/** Gathers the contracts under which something was settled, but for the one that is gathered already. */
async function gatherContracts(loader: Loader, settled: readonly Settled[], known: string | undefined): Promise<void> {
  const contractIds = [...new Set(settled.map(({ contractId }) => contractId))].filter((id) => id !== known);
  if (contractIds.length > 0)
    await gatherParties(loader, { contractIds, enterpriseIds: [], providerIds: [], facilityIds: [], matters: [] });
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
