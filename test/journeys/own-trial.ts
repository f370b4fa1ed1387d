/**
 * What every account of money has to stand at, and what is spent of the limits, computed from what the API lists of a book's business:
 * loads, vouchers, redemptions, batches, bank lines, recoveries. Nothing of the ledger is asked, and none of its code is used. For books
 * whose funders' parts come out even. Not a test itself.
 */
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';

type Row = Record<string, unknown>;
type Text = Record<string, string>;

/** Who shares the money of a programme, in basis points. */
export type Shares = Readonly<Record<string, number>>;

export const fenOf = (yuan: unknown): bigint => BigInt(String(yuan).replace('.', ''));

/** All pages of a list. */
export async function listed(who: Caller, url: string): Promise<Text[]> {
  const rows: Text[] = [];
  for (let cursor = ''; ;) {
    const page = expectStatus(await who.get(`${url}${url.includes('?') ? '&' : '?'}limit=200${cursor}`), 200) as Row;
    rows.push(...(page['items'] as Text[]));
    if (page['next'] === null) return rows;
    cursor = `&cursor=${page['next'] as string}`;
  }
}
const whole = async (who: Caller, url: string, rows: readonly Text[], id: string): Promise<Row[]> => {
  const found: Row[] = [];
  for (const row of rows) found.push(expectStatus(await who.get(`${url}/${row[id] ?? ''}`), 200) as Row);
  return found;
};
const rowsOf = (of: Row, name: string): Text[] => of[name] as Text[];

/** Amounts by the names of their accounts, as a book's chart has them. */
class Accounts {
  readonly #fen = new Map<string, bigint>();

  add(fen: bigint, ...code: readonly (string | undefined)[]): void {
    const name = code.join(':');
    this.#fen.set(name, (this.#fen.get(name) ?? 0n) + fen);
  }
  of(code: string): bigint {
    return this.#fen.get(code) ?? 0n;
  }
  /** Those that are not at zero, by name. */
  get standing(): Record<string, bigint> {
    return Object.fromEntries([...this.#fen].filter(([, fen]) => fen !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** A funder's part, which has to be whole. */
function partOf(fen: bigint, basisPoints: number): bigint {
  const part = fen * BigInt(basisPoints);
  if (part % 10_000n !== 0n) throw new Error(`${fen} fen cannot be shared at ${basisPoints} basis points`);
  return part / 10_000n;
}

/** Where everything stands now, in fen, credits − debits; `shares` by programme. */
export async function ownTrial(who: Caller, shares: Readonly<Record<string, Shares>>): Promise<Record<string, bigint>> {
  const accounts = new Accounts();
  const sharesOf = (fund = ''): [funder: string, basisPoints: number][] => Object.entries(shares[fund.split('/')[0] ?? ''] ?? {});
  const [loads, returns, vouchers, redemptions] = [
    await listed(who, '/appropriations'),
    await listed(who, '/appropriation-returns'),
    await listed(who, '/vouchers'),
    await listed(who, '/redemptions'),
  ];
  const settlements = await whole(who, '/settlements', await listed(who, '/settlements'), 'settlementId');
  const instructions = settlements.flatMap((of) => rowsOf(of, 'instructions'));
  const bankLines = await whole(who, '/bank-lines', await listed(who, '/bank-lines'), 'bankLineId');
  const recoveries = (await whole(who, '/recoveries', await listed(who, '/recoveries'), 'recoveryId')) as (Text & Row)[];

  // The budget: matched as far as every funder has paid in for its part.
  const paidIn = new Map<string, bigint>();
  const move = (fund: string | undefined, funder: string | undefined, fen: bigint): void => {
    const name = `${fund}:${funder}`;
    paidIn.set(name, (paidIn.get(name) ?? 0n) + fen);
    accounts.add(-fen, 'appropriation', fund, funder);
  };
  for (const { fund, funder, amount } of loads) move(fund, funder, fenOf(amount));
  for (const row of returns) {
    if (row['status'] !== 'APPROVED') continue;
    for (const { funder, amount } of rowsOf(row, 'byFunder')) move(row['fund'], funder, -fenOf(amount));
  }
  for (const fund of new Set(loads.map((row) => row['fund'] ?? ''))) {
    const has = (funder: string): bigint => paidIn.get(`${fund}:${funder}`) ?? 0n;
    const matched = sharesOf(fund)
      .map(([funder, basisPoints]) => (has(funder) * 10_000n) / BigInt(basisPoints))
      .reduce((least, fen) => (fen < least ? fen : least));
    for (const [funder, basisPoints] of sharesOf(fund))
      accounts.add(has(funder) - partOf(matched, basisPoints), 'unmatched', fund, funder);
    accounts.add(matched, 'available', fund);
  }

  // Promised, claimed, approved.
  for (const { voucherId, fund, face, lapsed, givenBack } of vouchers) {
    accounts.add(fenOf(givenBack) - fenOf(face), 'available', fund);
    accounts.add(fenOf(lapsed), 'lapsed', fund);
    accounts.add(fenOf(face) - fenOf(lapsed) - fenOf(givenBack), 'voucher', voucherId);
  }
  for (const { redemptionId, voucherId, providerId, fund, status, reserved, approved, reversed } of redemptions) {
    const [waits, owed] = [status === 'SUBMITTED' ? fenOf(reserved) : 0n, fenOf(approved) - fenOf(reversed)];
    accounts.add(-waits - owed, 'voucher', voucherId);
    accounts.add(waits, 'reserved', redemptionId);
    accounts.add(owed, 'payable', providerId, fund);
  }

  // Instructed, and what the bank says of it: what came back after it had been paid left `paid`, else it was in transit still.
  const instructionOf = new Map(instructions.map((row) => [row['instructionId'], row]));
  for (const { instructionId, payeeId, fund, funder, amount } of instructions) {
    accounts.add(-fenOf(amount), 'payable', payeeId, fund);
    accounts.add(fenOf(amount), 'in_transit', instructionId, fund, funder);
  }
  for (const { instructionId, kind, status, amount } of bankLines.flatMap((line) => rowsOf(line, 'matches'))) {
    if (status !== 'MATCHED') continue;
    const { payeeId, fund, funder } = instructionOf.get(instructionId) ?? {};
    const fen = fenOf(amount);
    const transit = ['in_transit', instructionId, fund, funder];
    const [from, to] =
      kind === 'PAID'
        ? [transit, ['paid', fund, funder]]
        : [kind === 'RETURNED' ? transit : ['paid', fund, funder], ['payable', payeeId, fund]];
    accounts.add(-fen, ...from);
    accounts.add(fen, ...to);
  }

  // What is to come back, and what has.
  const redemptionOf = new Map(redemptions.map((row) => [row['redemptionId'], row]));
  const cameBack = new Map<string, bigint>();
  for (const row of recoveries) {
    const { recoveryId, debtorId, fund = '', status = '', amount, openedOn } = row;
    const offsets = rowsOf(row, 'offsets').filter((of) => of['status'] === 'APPROVED');
    const back = [...rowsOf(row, 'receipts'), ...offsets].reduce((sum, of) => sum + fenOf(of['amount']), 0n);
    cameBack.set(fund, (cameBack.get(fund) ?? 0n) + back);
    if (openedOn !== null && !['WRITTEN_OFF', 'WITHDRAWN'].includes(status)) {
      accounts.add(fenOf(amount) - back, 'claim', recoveryId);
      accounts.add(back - fenOf(amount), 'receivable', debtorId, fund);
    }
    for (const offset of offsets) {
      const of = redemptionOf.get(offset['redemptionId']);
      accounts.add(-fenOf(offset['amount']), 'payable', of?.['providerId'], of?.['fund']);
      for (const [funder, basisPoints] of sharesOf(of?.['fund']))
        accounts.add(partOf(fenOf(offset['amount']), basisPoints), 'paid', of?.['fund'], funder);
    }
  }
  for (const [fund, fen] of cameBack) {
    for (const [funder, basisPoints] of sharesOf(fund)) {
      accounts.add(-partOf(fen, basisPoints), 'paid', fund, funder);
      accounts.add(partOf(fen, basisPoints), 'recovered', fund, funder);
    }
  }
  for (const { voucherId, balance } of vouchers) {
    if (accounts.of(`voucher:${voucherId}`) !== fenOf(balance)) throw new Error(`voucher ${voucherId} is shown at ${balance}`);
  }
  return accounts.standing;
}
