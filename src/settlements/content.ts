// What an approval of a batch binds: its lines by their digest, with the account of each payee, their number and their sum, and what falls to each
// funder. As of one version.
import type { Settlement, SettlementVersion } from '../../db/tables.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { settlementAccountShelf, settlementVersionShelf } from './facts.js';
import { gatherFunders, instructedOf, sharesOf } from './funders.js';
import { splitDues } from './rules.js';

interface Content {
  readonly digest: string;
  readonly lineCount: number;
  readonly funds: readonly { readonly fund: string; readonly amountFen: Fen }[];
  /** What each payee is paid on that day; null where it has no account in effect. */
  readonly accounts: readonly { readonly payeeId: string; readonly payeeAccountId: string | null }[];
}

/** By command: what is in its batch, or what would be once the lines that it returns have left; null where nothing is. */
const contents = note<Content | null>('content of a batch');

/** Gathers the content of each command's batch, without the lines of these numbers. One pass over the lines in the database, none of them is read here. */
export async function gatherContents(
  loader: Loader,
  wanted: readonly { readonly command: Command<{ id?: string }>; readonly without: readonly number[] }[],
): Promise<void> {
  for (const { command, without } of wanted) {
    const accounts = await loader.tx.sql.prepared<Content['accounts']>(
      `select payee_id as "payeeId", account_of_payee($1, payee_id, $3::date) as "payeeAccountId"
         from (select distinct payee_id from settlement_totals where book_id = $1 and settlement_id = $2) p order by payee_id`,
      [loader.bookId, command.body.id ?? '', command.today],
    );
    const funds = await loader.tx.sql.prepared<{ fund: string; amountFen: Fen; lineCount: number; digest: string }[]>(
      `with line as materialized (
         select line_no, coalesce(redemption_id, reimbursement_id) as paper, l.payee_id, fund, amount_fen, a.account from settlement_lines l
           left join unnest($4::uuid[], $5::uuid[]) as a (payee_id, account) on a.payee_id = l.payee_id
          where book_id = $1 and settlement_id = $2 and returned_version is null and line_no <> all ($3::integer[]))
       select fund, sum(amount_fen)::bigint as "amountFen", count(*)::integer as "lineCount",
              (select encode(sha256(convert_to(string_agg(
                        concat_ws('|', line_no, paper, payee_id, fund, amount_fen, account) || chr(10), '' order by line_no), 'UTF8')), 'hex')
                 from line) as digest
         from line group by fund order by fund`,
      [
        loader.bookId,
        command.body.id ?? '',
        without,
        accounts.map(({ payeeId }) => payeeId),
        accounts.map(({ payeeAccountId }) => payeeAccountId),
      ],
    );
    const content = {
      digest: funds[0]?.digest ?? '',
      lineCount: funds.reduce((sum, { lineCount }) => sum + lineCount, 0),
      funds,
      accounts,
    };
    loader.note(contents, command.id, funds.length === 0 ? null : content);
    await gatherFunders(
      loader,
      funds.map(({ fund }) => fund),
    );
  }
}

/**
 * A batch as the next version of it: with the gathered content of this command, and the rows that keep what was frozen. Null where nothing is
 * left to be frozen.
 */
export function frozen(
  command: Command<{ id?: string }>,
  facts: Facts,
  of: Settlement & { readonly frozenPerson: string },
): { readonly row: Settlement; readonly version: SettlementVersion; readonly changes: readonly Change[] } | null {
  const content = facts.noted(contents, command.id);
  if (!content) return null;
  const { parts } = splitDues(
    content.funds.map(({ fund, amountFen }) => ({ payeeId: '', fund, amountFen })),
    (fund) => sharesOf(facts, fund),
    (fund) => instructedOf(facts, fund),
  );
  const funders = [...new Set(parts.map(({ funder }) => funder))];
  const common = {
    contentDigest: content.digest,
    lineCount: content.lineCount,
    totalFen: sumFen(content.funds.map(({ amountFen }) => amountFen)),
  };
  const row: Settlement = { ...of, ...common, status: 'FROZEN', approvedPerson: null };
  const version: SettlementVersion = {
    bookId: facts.bookId,
    versionId: command.newId(),
    settlementId: of.settlementId,
    version: of.version,
    ...common,
    funderTotals: funders.map((name) => ({
      funder: name,
      total: formatYuan(sumFen(parts.flatMap(({ funder, amountFen }) => (funder === name ? [amountFen] : [])))),
    })),
    frozenPerson: of.frozenPerson,
    frozenOn: command.today,
    approvedPerson: null,
    returnedLines: 0,
    recordedAt: command.receivedAt.toISOString(),
  };
  const accounts = content.accounts.map((account) =>
    insert(settlementAccountShelf, {
      bookId: facts.bookId,
      settlementAccountId: command.newId(),
      settlementId: of.settlementId,
      version: of.version,
      payeeId: account.payeeId,
      payeeAccountId: account.payeeAccountId,
    }),
  );
  return { row, version, changes: [insert(settlementVersionShelf, version), ...accounts] };
}
