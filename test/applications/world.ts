/**
 * A book in which an enterprise can apply: an active programme, a listed provider with an observed facility, officials, and short ways
 * to a filed contract, a review and an approval, all over HTTP. Not a test itself.
 */
import { readFile } from 'node:fs/promises';
import { addDays } from '../../src/calendar.js';
import { makeUscc } from '../../src/identifiers.js';
import type { Answer, CallOptions, Caller, Service, TestBook } from '../service.js';
import { expectStatus, startService } from '../service.js';

export const uscc = (n: number): string => makeUscc(`91410100MA${String(n).padStart(7, '0')}`);

/** The text of a programme file of the repository, with words replaced. */
export async function programmeFile(
  name: string,
  replaced: readonly (readonly [string | RegExp, string])[] = [],
): Promise<string> {
  let text = await readFile(new URL(`../../db/programmes/${name}.yaml`, import.meta.url), 'utf8');
  for (const [from, to] of replaced) {
    const next = text.replace(from, to);
    if (next === text) throw new Error(`${name} does not hold ${String(from)}`);
    text = next;
  }
  return text;
}
export const zhengzhou = 'zhengzhou/zhengzhou-compute.v2';
export const jiaozuo = 'jiaozuo/jiaozuo-compute.v1';

export interface Enterprise {
  enterpriseId: string;
  uscc: string;
  member: Caller;
}

export interface World extends Service {
  book: TestBook;
  reviewer: Caller;
  approver: Caller;
  finance: Caller;
  provider: Caller;
  providerId: string;
  facilityId: string;
  programmeVersionId: string;
  /** Registers enterprise number `n` (branch of another's legal person if given) with a member. */
  enterprise(n: number, parent?: string): Promise<Enterprise>;
  /** A contract of this gross amount with the world's provider, filed unless said otherwise. */
  contract(of: Enterprise, gross: string, more?: { filed?: boolean; serviceItem?: string; facilityId?: string }): Promise<string>;
  /** A matter of an enterprise's legal person, registered by its member and confirmed; what limits and figures know it by. */
  matter(of: Enterprise, code: string, more?: { kind?: string; joint?: boolean }): Promise<string>;
  /** Loads money, once per call. */
  load(amount: string, funder?: string, year?: number): Promise<Answer>;
  submit(of: Enterprise, contractId: string, options?: CallOptions): Promise<Answer>;
  /** Submits and reviews; the reviewed application. */
  reviewed(of: Enterprise, gross: string, review?: object): Promise<Reviewed>;
  approve(of: Reviewed, body?: object, options?: CallOptions): Promise<Answer>;
  /** Balance of an account of the ledger, as the wire says it; 0.00 for none. */
  balance(code: string): Promise<bigint>;
  programmeCode: string;
  eligibility: Record<string, boolean>;
}
export interface Reviewed {
  applicationId: string;
  reviewDigest: string;
  contractId: string;
}

export async function startWorld(
  t: { teardown(handler: () => Promise<void>): void },
  of: {
    programme?: string;
    now?: string;
    replaced?: readonly (readonly [string | RegExp, string])[];
    webhookHosts?: readonly string[];
  } = {},
): Promise<World> {
  const programme = of.programme ?? zhengzhou;
  const service = await startService(t, { now: of.now ?? '2024-07-01', webhookHosts: of.webhookHosts ?? [] });
  const book = await service.newBook('testcity');
  const { operator } = book;
  const providerUscc = uscc(9000001);
  const [reviewer, approver, finance, provider] = await Promise.all([
    book.member('reviewer'),
    book.member('approver'),
    book.member('finance'),
    book.member('provider', { uscc: providerUscc }),
  ]);
  const document = await programmeFile(programme, of.replaced);
  const published = expectStatus(await operator.post('/programmes', { document }), 201);
  expectStatus(await approver.post(`/programmes/${published.programmeVersionId}/activate`), 200);
  const registered = expectStatus(await operator.post('/providers', { uscc: providerUscc, name: '中原智算' }), 201);
  const providerId = registered.providerId as string;
  const facility = expectStatus(await provider.post('/facilities', { providerId, name: '智算中心', kind: 'AI_COMPUTING' }), 201);
  const facilityId = facility.facilityId as string;
  expectStatus(
    await reviewer.post(`/facilities/${facilityId}/observations`, {
      observedOn: '2024-01-01',
      inService: true,
      pflops: '100.00',
      precision: 'FP16',
      evidence: '核查记录',
    }),
    201,
  );
  for (const serviceItem of ['AI_COMPUTE', 'STORAGE']) {
    const listing = { providerId, serviceItem, batchNo: '2024-1', documentNo: '公告1号', validFrom: '2024-01-01' };
    expectStatus(await reviewer.post('/listings', listing), 201);
  }

  let made = 0;
  const programmeCode = published.programmeCode as string;
  const eligibility = Object.fromEntries(
    [...document.matchAll(/^ {2}- id: ([a-z-]+)\n {4}strength:/gm)].map(([, id]) => [id ?? '', true]),
  );
  const world: World = {
    ...service,
    book,
    reviewer,
    approver,
    finance,
    provider,
    providerId,
    facilityId,
    programmeCode,
    programmeVersionId: published.programmeVersionId as string,
    eligibility,
    enterprise: async (n, parent) => {
      const body = { uscc: uscc(n), name: `企业${n}`, ...(parent === undefined ? {} : { parentUscc: parent }) };
      const [row, member] = await Promise.all([
        operator.post('/enterprises', body).then((answer) => expectStatus(answer, 201) as { enterpriseId: string }),
        book.member('enterprise', { uscc: parent ?? uscc(n) }),
      ]);
      return { enterpriseId: row.enterpriseId, uscc: uscc(n), member };
    },
    contract: async (enterprise, gross, more = {}) => {
      const n = ++made;
      const today = service.clock.now().toISOString().slice(0, 10);
      const amounts = { net: gross, vat: '0.00', gross };
      const line = {
        description: '算力服务',
        serviceItem: more.serviceItem ?? 'AI_COMPUTE',
        facilityId: more.facilityId ?? facilityId,
        unit: 'CARD_HOUR',
        quantity: '1000',
        ...amounts,
      };
      const sent = expectStatus(
        await enterprise.member.post('/contracts', {
          contractNo: `HT-${n}`,
          enterpriseId: enterprise.enterpriseId,
          providerId,
          signedOn: today,
          startsOn: today,
          // Another period each, for contracts of equal parties, period and amount are one.
          endsOn: addDays(today, 100 + n),
          purpose: 'MODEL_RESEARCH',
          ...amounts,
          lines: [line],
        }),
        201,
      );
      const contractId = sent.contractId as string;
      if (more.filed === false) return contractId;
      expectStatus(await provider.post(`/contracts/${contractId}/confirm`), 200);
      expectStatus(await reviewer.post(`/contracts/${contractId}/file`), 200);
      return contractId;
    },
    matter: async ({ member }, code, { kind = 'PROJECT', joint = false } = {}) => {
      const sent = expectStatus(await member.post('/matters', { kind, code, name: '事项', documentNo: '立项1号' }), 201);
      const url = `/matters/${sent.registrationId as string}/confirm`;
      return expectStatus(await approver.post(url, joint ? { joint } : {}), 200).holder as string;
    },
    load: async (amount, funder = 'CITY', year = 2024) =>
      finance.post('/appropriations', { programmeCode, year, funder, amount, documentNo: `财预${++made}号` }),
    submit: async (enterprise, contractId, options) =>
      enterprise.member.post('/applications', { programmeCode, contractId, commitment: true }, options),
    reviewed: async (enterprise, gross, review = {}) => {
      const contractId = await world.contract(enterprise, gross);
      const application = expectStatus(await world.submit(enterprise, contractId), 201);
      const applicationId = application.applicationId as string;
      const body = expectStatus(await reviewer.post(`/applications/${applicationId}/review`, { eligibility, ...review }), 200);
      return { applicationId, contractId, reviewDigest: body.reviewDigest as string };
    },
    approve: async ({ applicationId, reviewDigest }, body = {}, options) =>
      approver.post(`/applications/${applicationId}/approve`, { reviewDigest, ...body }, options),
    balance: async (code) => {
      const [row] = await service.owner.sql<{ balance: bigint }[]>`
        select credits_fen - debits_fen as balance from accounts where book_id = ${book.bookId} and code = ${code}`;
      return row?.balance ?? 0n;
    },
  };
  return world;
}

/** What happened, in one line: `201`, or the status with the refusal's code. */
export const told = ({ status, body }: Answer): string => (status < 300 ? String(status) : `${status} ${body.code as string}`);

/** The items of a list. */
export const itemsOf = <Item>(answer: Answer): Item[] => (expectStatus(answer, 200) as { items: Item[] }).items;

/** The codes of the fields that were refused. */
export const fields = ({ body }: Answer): string[] =>
  ((body.errors ?? []) as { pointer: string; code: string }[]).map(({ pointer, code }) => `${pointer} ${code}`);
