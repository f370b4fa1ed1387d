/** A payee's account changed as it must be: proposed with evidence, confirmed by another, waited for. Not a test itself. */
import { publishCalendars } from '../cases/world.js';
import { pdf, upload } from '../evidence-files/upload.js';
import type { Answer, Caller, Service, TestBook } from '../service.js';
import { expectStatus } from '../service.js';

export interface Changing extends Service {
  readonly book: TestBook;
  readonly finance: Caller;
  readonly payer: Caller;
}

/** Sets how many working days a changed account waits, by two persons; its id. */
export async function setWait({ finance, payer }: Pick<Changing, 'finance' | 'payer'>, workingDays: number): Promise<string> {
  const { waitId } = expectStatus(
    await finance.post('/payee-account-waits', { workingDays, documentNo: `郑财库〔2024〕${workingDays}号` }),
    201,
  ) as { waitId: string };
  expectStatus(await payer.post(`/payee-account-waits/${waitId}/approve`), 200);
  return waitId;
}

/** Publishes the working days of 2024 and sets a wait of one. */
export async function allowChanges(world: Changing & { approver: Caller }): Promise<void> {
  await publishCalendars(world.book, world.approver, [2024]);
  await setWait(world, 1);
}

export interface Account {
  readonly providerId?: string;
  readonly enterpriseId?: string;
  readonly holderName: string;
  readonly accountNo: string;
  readonly validFrom: string;
}
const bank = { bankName: '试验银行郑州分行', bankCode: '102491000012' };
export const proposes = (member: Caller, account: Account): Promise<Answer> =>
  member.post('/payee-accounts', { ...bank, ...account });

/** Attaches a file to a change of account. */
export const proves = (
  world: Pick<Changing, 'app' | 'book'> & Service,
  member: Caller,
  payeeAccountId: string,
): Promise<Answer> =>
  upload(world, member, '开户证明.pdf', pdf(payeeAccountId), {
    subject: ['PAYEE_ACCOUNT', payeeAccountId],
    book: world.book.code,
  });

/** Proposes a change, attaches its evidence and has it confirmed, all today; its id. It is in effect once the wait is over. */
export async function changeAccount(
  world: Changing,
  member: Caller,
  account: Account,
  formerAccount: 'HOLDS' | 'DOES_NOT_HOLD' = 'DOES_NOT_HOLD',
): Promise<string> {
  const { payeeAccountId } = expectStatus(await proposes(member, account), 201) as { payeeAccountId: string };
  expectStatus(await proves(world, member, payeeAccountId), 201);
  const { accountNo } = account;
  expectStatus(await world.finance.post(`/payee-accounts/${payeeAccountId}/confirm`, { accountNo, formerAccount }), 200);
  return payeeAccountId;
}
