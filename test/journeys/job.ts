/**
 * The second half of the job for tests: invoices on a contract of the applications' world, and a month with the bank. Not a
 * test itself.
 */
import type { World } from '../applications/world.js';
import { addDays } from '../../src/calendar.js';
import { formatQuantity } from '../../src/usage/rules.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';

let numbers = 0;
/** A serial that nothing else has: for invoices and for the bank. */
export const nextSerial = (): string => String(++numbers).padStart(16, '0');

const fenOf = (yuan: string): bigint => BigInt(yuan.replace('.', ''));

/** An invoice on the one line of a contract of 1000 card-hours, at the contract's price to four decimals. */
export function invoiceBody(of: {
  contractId: string;
  contractGross: string;
  gross: string;
  from: string;
  to: string;
  issuedOn: string;
}) {
  const contractFen = fenOf(of.contractGross);
  const quantity = formatQuantity((fenOf(of.gross) * 10_000_000n + contractFen / 2n) / contractFen);
  const amounts = { net: of.gross, vat: '0.00', gross: of.gross };
  return {
    invoiceNo: `${of.issuedOn.slice(2, 4)}41${nextSerial()}`,
    contractId: of.contractId,
    issuedOn: of.issuedOn,
    usageFrom: of.from,
    usageTo: of.to,
    ...amounts,
    lines: [{ contractLineNo: 1, quantity, ...amounts }],
  };
}

/** Posts an invoice of the days from today, confirms it and pays the firm's own part; the clock is a month on afterwards. */
export async function confirmedInvoice(
  world: Pick<World, 'clock' | 'provider'>,
  of: { firm: Caller; contractId: string; contractGross: string; gross: string; own: string; from: string },
): Promise<string> {
  const to = addDays(of.from, 24);
  const issuedOn = addDays(of.from, 27);
  world.clock.set(issuedOn);
  const posted = expectStatus(await world.provider.post('/usage-invoices', invoiceBody({ ...of, to, issuedOn })), 201);
  const path = `/usage-invoices/${posted.invoiceId as string}`;
  expectStatus(await of.firm.post(`${path}/confirm`), 200);
  expectStatus(await of.firm.post(`${path}/payments`, { amount: of.own, paidOn: issuedOn, bankSerial: nextSerial() }), 201);
  return posted.invoiceId as string;
}

/** What is shown of an answer that must not differ: status and body. */
export const shown = ({ status, body }: Answer): unknown => ({ status, body: body as unknown });
