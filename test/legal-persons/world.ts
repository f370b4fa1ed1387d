/**
 * The world of applications with further laws: a programme's text with words replaced is put in force as it stands, its cases aside, and
 * contracts have lines of chips of either origin, invoiced, confirmed and paid. Not a test itself.
 */
import { createHash } from 'node:crypto';
import type { ProgrammeVersion } from '../../db/tables.js';
import { addDays } from '../../src/calendar.js';
import { uuidv7 } from '../../src/identifiers.js';
import { insert } from '../../src/ledger/facts.js';
import type { Verb } from '../../src/ledger/lane.js';
import { accepted } from '../../src/ledger/lane.js';
import { programmeVersionShelf } from '../../src/programmes/facts.js';
import { parseProgramme } from '../../src/programmes/language.js';
import { formatYuan } from '../../src/money.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import type { Enterprise, World } from '../applications/world.js';
import { programmeFile, startWorld } from '../applications/world.js';

type Replaced = readonly (readonly [string | RegExp, string])[];

export interface LawWorld extends World {
  /** Puts a text in force, whatever its cases say; its id. */
  enact(file: string, replaced?: Replaced): Promise<string>;
  /** A filed contract of lines, each with its gross amount and its chip. */
  contractOf(of: Enterprise, lines: readonly { gross: string; chip?: 'A' | 'N' }[], signedOn?: string): Promise<string>;
  /** Applies under a programme, reviews with every predicate met, and approves; each answer is the last that came. */
  award(
    of: Enterprise,
    contractId: string,
    more?: { programmeCode?: string; matters?: object; eligibility?: object },
  ): Promise<Answer>;
  /** An invoice of one line of a contract, confirmed and paid; then redeemed. Of another quantity than its price says it waits. */
  redeem(
    of: Enterprise,
    voucherId: string,
    contractId: string,
    lineNo: number,
    gross: string,
    quantity?: string,
  ): Promise<Answer>;
  /** What the audits find: nothing, if all is right. */
  found(): Promise<unknown[]>;
}

const plant: Verb<{ row: ProgrammeVersion }, object> = {
  name: 'test.enact',
  money: false,
  gather: async (loader, commands) => {
    await loader.load(
      programmeVersionShelf,
      'code',
      commands.map(({ body }) => body.row.programmeCode),
    );
  },
  decide: ({ body }) =>
    accepted({
      decision: 'programme.activated',
      subjectId: body.row.programmeVersionId,
      result: {},
      changes: [insert(programmeVersionShelf, body.row)],
    }),
};

let invoices = 0;

export async function startLawWorld(
  t: { teardown(handler: () => Promise<void>): void },
  of: { now?: string } = {},
): Promise<LawWorld> {
  const world = await startWorld(t, { now: of.now ?? '2025-03-03' });
  const { book, reviewer, provider, providerId, facilityId, clock } = world;
  const { operator } = book;
  for (const [vendor, model, origin] of [
    ['华为', 'A', 'DOMESTIC'],
    ['英伟', 'N', 'NON_DOMESTIC'],
  ] as const) {
    expectStatus(await operator.post('/chips', { vendor, model, origin, validFrom: '2024-01-01', source: '目录' }), 201);
  }
  const today = (): string => clock.now().toISOString().slice(0, 10);
  let made = 0;
  const reviewed: Record<string, boolean> = {};

  return {
    ...world,
    enact: async (file, replaced = []) => {
      const document = await programmeFile(
        file,
        replaced.map(([from, to]): [string | RegExp, string] => [from, to]),
      );
      const read = parseProgramme(document);
      if (!read.ok) throw new Error(JSON.stringify(read.problems));
      for (const { id } of read.version.eligibility) reviewed[id] = true;
      const open = await world.books.find(book.code);
      const recordedAt = clock.now().toISOString();
      const row: ProgrammeVersion = {
        bookId: book.bookId,
        programmeVersionId: uuidv7(clock.now()),
        programmeCode: read.version.programme,
        version: read.version.version,
        name: read.version.name.zh,
        legalStatus: 'ENACTED',
        status: 'ACTIVE',
        document,
        digest: createHash('sha256').update(document).digest('hex'),
        kind: read.version.kind,
        inForceFrom: read.version.inForce?.from ?? null,
        inForceTo: read.version.inForce?.to ?? null,
        publishedBy: operator.personId,
        activatedBy: reviewer.personId,
        recordedAt,
        activatedAt: recordedAt,
        repealedBy: null,
        repealedAt: null,
        repealingDocument: null,
        repealId: null,
        twoApproversAbove: null,
      };
      const { memberId, personId } = operator;
      const outcome = await open?.lane.submit(plant, {
        key: uuidv7(clock.now()),
        requestDigest: '0'.repeat(64),
        body: { row },
        actor: { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
      });
      if (outcome?.kind !== 'accepted') throw new Error('the text was not put in force');
      return row.programmeVersionId;
    },

    contractOf: async (enterprise, lines, signedOn = today()) => {
      const n = ++made;
      const sum = lines.reduce((total, { gross }) => total + BigInt(gross.replace('.', '')), 0n);
      const total = `${sum / 100n}.${String(sum % 100n).padStart(2, '0')}`;
      const sent = expectStatus(
        await enterprise.member.post('/contracts', {
          contractNo: `LAW-${n}`,
          enterpriseId: enterprise.enterpriseId,
          providerId,
          signedOn,
          startsOn: today(),
          endsOn: addDays(today(), 200 + n),
          purpose: 'MODEL_RESEARCH',
          net: total,
          vat: '0.00',
          gross: total,
          lines: lines.map(({ gross, chip }) => ({
            description: '算力服务',
            serviceItem: 'AI_COMPUTE',
            facilityId,
            unit: 'CARD_HOUR',
            quantity: '1000',
            ...(chip === undefined ? {} : { chipVendor: chip === 'A' ? '华为' : '英伟', chipModel: chip }),
            net: gross,
            vat: '0.00',
            gross,
          })),
        }),
        201,
      );
      const contractId = sent.contractId as string;
      expectStatus(await provider.post(`/contracts/${contractId}/confirm`), 200);
      expectStatus(await reviewer.post(`/contracts/${contractId}/file`), 200);
      return contractId;
    },

    award: async (enterprise, contractId, more = {}) => {
      const { programmeCode = world.programmeCode, matters, eligibility } = more;
      const sent = await enterprise.member.post('/applications', {
        programmeCode,
        contractId,
        commitment: true,
        ...(matters === undefined ? {} : { matters }),
      });
      if (sent.status !== 201) return sent;
      const url = `/applications/${sent.body.applicationId as string}`;
      const asked = { ...world.eligibility, ...reviewed, ...eligibility };
      let answer = await reviewer.post(`${url}/review`, { eligibility: asked });
      // Only what the law asks for may be named: what it does not, the answer lists.
      if (answer.body.code === 'PREDICATE_UNKNOWN') {
        const only = await world.db.sql<{ document: string }[]>`
          select document from programme_versions
           where programme_version_id = ${sent.body.programmeVersionId} or programme_version_id::text = any(${sent.body.controlVersionIds as string[]})`;
        const ids = only.flatMap(({ document }) => {
          const read = parseProgramme(document);
          return read.ok ? read.version.eligibility.map(({ id }) => id) : [];
        });
        answer = await reviewer.post(`${url}/review`, { eligibility: Object.fromEntries(ids.map((id) => [id, true])) });
      }
      if (answer.status !== 200) return answer;
      const { reviewDigest } = answer.body as { reviewDigest: string };
      return world.approver.post(`${url}/approve`, { reviewDigest, acceptReduced: true });
    },

    redeem: async (enterprise, voucherId, contractId, lineNo, gross, given) => {
      const money = { net: gross, vat: '0.00', gross };
      const day = today();
      const [line] = await world.db.sql<{ fen: bigint }[]>`
        select gross_fen as fen from contract_lines where contract_id = ${contractId} and line_no = ${lineNo}`;
      // Down, so that the parts of a line never come to more than the whole.
      const priced = (BigInt(gross.replace('.', '')) * 10_000_000n) / (line?.fen ?? 1n);
      const sent = expectStatus(
        await provider.post('/usage-invoices', {
          invoiceNo: `25441${String(++invoices).padStart(15, '0')}`,
          contractId,
          issuedOn: day,
          usageFrom: day,
          usageTo: day,
          ...money,
          lines: [
            {
              contractLineNo: lineNo,
              quantity: given ?? `${priced / 10_000n}.${String(priced % 10_000n).padStart(4, '0')}`,
              ...money,
            },
          ],
        }),
        201,
      );
      const url = `/usage-invoices/${sent.invoiceId as string}`;
      expectStatus(await enterprise.member.post(`${url}/confirm`), 200);
      // The firm asks what its own part is and pays that; for less than the law gives it is more, and it asks again.
      const redemption = { voucherId, invoiceId: sent.invoiceId };
      for (let paid = 0n, n = 0; n < 3; n++) {
        const asked = await enterprise.member.post('/redemptions?dryRun=true', redemption);
        if (asked.body.code !== 'SELF_FUNDED_PART_UNPAID') break;
        const [, said = '0.00'] = /自付部分 ([\d.]+) 元/.exec(asked.body.detail as string) ?? [];
        const own = BigInt(said.replace('.', ''));
        const payment = { amount: formatYuan(own - paid), paidOn: day, bankSerial: `S${invoices}-${n}` };
        expectStatus(await enterprise.member.post(`${url}/payments`, payment), 201);
        paid = own;
      }
      return enterprise.member.post('/redemptions', redemption);
    },

    found: async () => [
      ...(await auditLedger(world.db, book.bookId)),
      ...(await auditBusiness(world.db, book.bookId)),
      ...(await recomputeAwards(world.db, book.bookId)),
    ],
  };
}
