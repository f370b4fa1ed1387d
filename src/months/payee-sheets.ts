// What the lines and balances of a month add up to for each payee and each funder, gathered as they go by; of the lines themselves only where
// they stand on disk.
import type { Fen } from '../money.js';
import type { Balance } from '../ledger/months.js';
import type { MonthLine } from './lines.js';
import type { Spool } from './pack.js';
import { Places } from './pack.js';
import type { Party } from './queries.js';
import { csvHead, csvRow, lineColumns, lineRow } from './sheets.js';

/** What is owed to one payee out of one fund: at both ends of the month, and what moved between. */
export interface Owed {
  readonly payeeId: string;
  readonly fund: string;
  readonly openingFen: Fen;
  readonly addedFen: Fen;
  readonly takenFen: Fen;
  readonly closingFen: Fen;
}
interface Moved {
  payeeId: string;
  fund: string;
  added: Fen;
  taken: Fen;
  closing: Fen;
}

/** How the accounts kept by funder stand, by kind. */
export interface FunderStanding {
  readonly fund: string;
  readonly funder: string;
  readonly byKind: ReadonlyMap<string, Fen>;
}

/** What is in the middle at the end of a month: to be explained, with what it is about. */
export interface Open {
  readonly kind: string;
  readonly code: string;
  readonly fund: string;
  readonly fen: Fen;
}

const byFunder: ReadonlySet<string> = new Set(['appropriation', 'unmatched', 'in_transit', 'paid', 'recovered']);
const clearing: ReadonlySet<string> = new Set(['unmatched', 'reserved', 'in_transit']);

export class PayeeSheets {
  readonly #owed = new Map<string, Moved>();
  readonly #funders = new Map<string, { fund: string; funder: string; byKind: Map<string, Fen> }>();
  /** Where the lines of each party stand, as payee or as whose voucher it is. */
  readonly #places = new Map<string, { readonly party: Party; readonly places: Places }>();
  /** Lines that put something right, or come late. */
  readonly late: MonthLine[] = [];
  readonly open: Open[] = [];
  /** Batches that were instructed in the month, by the instructions' first lines. */
  readonly instructions = new Set<string>();
  hasBalances = false;

  constructor(private readonly lines: Spool) {
    lines.add(csvHead(lineColumns));
  }

  add(line: MonthLine): void {
    const place = this.lines.add(csvRow(lineColumns, lineRow(line)));
    const { payee, enterprise } = line;
    for (const party of payee !== undefined && payee.partyId === enterprise?.partyId ? [payee] : [payee, enterprise]) {
      if (!party) continue;
      const known = this.#places.get(party.partyId) ?? { party, places: new Places() };
      known.places.add(place);
      this.#places.set(party.partyId, known);
    }
    if (line.corrects !== null || line.belongsTo !== null) this.late.push(line);
    if (line.posting === 'settlement.instructed') this.instructions.add(line.credit.split(':')[1] ?? '');
    for (const code of [line.debit, line.credit]) {
      if (!code.startsWith('payable:')) continue;
      const moved = this.#owedBy(code, line.fund);
      if (code === line.credit) moved.added += line.amountFen;
      else moved.taken += line.amountFen;
    }
  }

  addBalances(balances: readonly Balance[]): void {
    this.hasBalances = true;
    for (const { code, kind, fund, balanceFen } of balances) {
      if (kind === 'payable') this.#owedBy(code, fund ?? '').closing = balanceFen;
      if (byFunder.has(kind)) this.#standsWith(kind, code, fund ?? '', balanceFen);
      if (clearing.has(kind)) this.open.push({ kind, code, fund: fund ?? '', fen: balanceFen });
    }
  }

  /** In order of payee and fund. */
  get owed(): readonly Owed[] {
    return [...this.#owed.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { payeeId, fund, added, taken, closing }]) => ({
        payeeId,
        fund,
        openingFen: closing - added + taken,
        addedFen: added,
        takenFen: taken,
        closingFen: closing,
      }));
  }

  /** In order of fund and funder. */
  get funders(): readonly FunderStanding[] {
    return [...this.#funders.keys()].sort().flatMap((name) => this.#funders.get(name) ?? []);
  }

  /** Each party with where its lines stand, in order of side, code and id. */
  get parties(): readonly { readonly party: Party; readonly places: Places }[] {
    const nameOf = ({ side, uscc, partyId }: Party): string => [side, uscc, partyId].join(' ');
    return [...this.#places.values()].sort((a, b) => (nameOf(a.party) < nameOf(b.party) ? -1 : 1));
  }

  /** The lines that stand at these places, as they are in the file of all of them. */
  read(places: Places): Buffer {
    return this.lines.read(places);
  }

  #owedBy(code: string, fund: string): Moved {
    const known = this.#owed.get(code);
    if (known) return known;
    const moved = { payeeId: code.split(':')[1] ?? '', fund, added: 0n, taken: 0n, closing: 0n };
    this.#owed.set(code, moved);
    return moved;
  }

  #standsWith(kind: string, code: string, fund: string, fen: Fen): void {
    const funder = code.split(':').at(-1) ?? '';
    const name = `${fund} ${funder}`;
    const known = this.#funders.get(name) ?? { fund, funder, byKind: new Map<string, Fen>() };
    known.byKind.set(kind, (known.byKind.get(kind) ?? 0n) + fen);
    this.#funders.set(name, known);
  }
}
