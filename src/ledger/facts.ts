// The working set of a batch: facts, balances and what accepted commands have already changed of them.
//
// A verb first gathers (reads, set-based, for all its commands of the batch), then decides each command purely on this
// working set. What was not gathered cannot be asked for: that is a bug and says so, never an empty answer. Accepted
// changes are applied here at once, so the next command of the batch sees them, and are written together at the end.
// A working set outlives its batch as long as the head of the book stays where that batch left it: then what it holds is
// what a read would give, and is not read again.
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Parameter, Tx } from '../../db/client.js';
import type { MakeRow } from '../../db/rows.js';
import { rowsOf } from '../../db/rows.js';
import type { Account } from './chart.js';
import { accountKinds, passingKinds } from './chart.js';
import { learnWordings } from './explanations.js';

interface Column {
  readonly property: string;
  readonly name: string;
  readonly type: string;
  readonly isJson: boolean;
}

/** How the rows of one table are found, written and changed inside a lane. Made by `shelf()`. */
export interface Shelf<Row, Key extends string = string> {
  readonly name: string;
  /** Lower ranks are written first: a row may reference rows of lower ranks. */
  readonly rank: number;
  readonly id: string;
  readonly columns: readonly Column[];
  readonly mutable: readonly Column[];
  readonly keys: Readonly<Record<string, readonly Column[]>>;
  /** Statements that write many rows: $1 is the book, then an array a column. */
  readonly insertion: string;
  readonly updating: string;
  /** Columns that hold explanations. */
  readonly explained: readonly Column[];
  /** The columns that hold their numbers with a fixed number of decimals. */
  readonly scaled: readonly { readonly property: string; readonly scale: number }[];
  readonly once: readonly string[];
  readonly unique: readonly string[];
  /** Only here to carry the names of the keys. */
  readonly keyNames?: Key;
  /** Only here to carry the row type. */
  readonly row?: Row;
}

type RowOf<T extends PgTable> = T['$inferSelect'];

/**
 * Describes a table of facts: its id (beside book_id), further look-ups by one or more columns, and which columns may
 * change after insert (the database grants no others). `once` names the look-ups whose rows a book works on once or twice
 * and then no more (an invoice, its lines): what they found is not carried from batch to batch. `unique` names the look-ups
 * that find one row at most by a unique index of book_id and exactly these columns, in the order in which the key names them.
 * `without` names columns that the database changes by itself: what a book remembers of a row would not hold of them.
 */
export function shelf<T extends PgTable, Key extends string = never, Left extends keyof RowOf<T> & string = never>(
  table: T,
  spec: {
    rank: number;
    id: keyof RowOf<T> & string;
    keys?: Record<Key, readonly (keyof RowOf<T> & string)[]>;
    mutable?: readonly (keyof RowOf<T> & string)[];
    once?: readonly (NoInfer<Key> | 'id')[];
    unique?: readonly NoInfer<Key>[];
    without?: readonly Left[];
  },
): Shelf<Omit<RowOf<T>, Left>, Key> {
  const left: ReadonlySet<string> = new Set(spec.without);
  const carried = Object.entries(getTableColumns(table)).filter(([property]) => !left.has(property));
  const columns = carried.map(([property, column]) => ({
    property,
    name: column.name,
    type: column.getSQLType(),
    isJson: column.getSQLType().startsWith('json'),
  }));
  const column = (property: string): Column => {
    const found = columns.find((c) => c.property === property);
    if (!found) throw new Error(`${getTableName(table)} has no column ${property}`);
    return found;
  };
  const keys: Record<string, readonly Column[]> = { id: [column(spec.id)] };
  for (const [name, properties] of Object.entries<readonly string[]>(spec.keys ?? {})) keys[name] = properties.map(column);
  const name = getTableName(table);
  const id = column(spec.id);
  const mutable = (spec.mutable ?? []).map(column);
  const values = columns.filter((c) => c.name !== 'book_id');
  const unnested = (of: readonly Column[]) =>
    `unnest(${of.map((c, i) => `$${i + 2}::${c.type}[]`).join(', ')}) as u (${of.map((c) => c.name).join(', ')})`;
  return {
    name,
    rank: spec.rank,
    id: spec.id,
    columns,
    mutable,
    keys,
    once: spec.once ?? [],
    unique: ['id', ...(spec.unique ?? [])],
    insertion:
      `insert into ${name} (book_id, ${values.map((c) => c.name).join(', ')}) ` +
      `select $1::uuid, ${values.map((c) => `u.${c.name}`).join(', ')} from ${unnested(values)}`,
    // Each row is looked up by the one index whose order is asked for, as in Loader.load: joined by its id, the planner of a table
    // without statistics holds every row of the book against each that is written.
    updating:
      `update ${name} t set ${mutable.map((c) => `${c.name} = u.${c.name}`).join(', ')} ` +
      `from ${unnested([id, ...mutable])} cross join lateral (select r.ctid as place from ${name} r ` +
      `where r.book_id = $1 and r.${id.name} >= u.${id.name} and r.${id.name} <= u.${id.name} order by r.${id.name} limit 1) k ` +
      `where t.book_id = $1 and t.ctid = k.place`,
    explained: columns.filter((c) => c.isJson && c.name === 'explanation'),
    scaled: columns.flatMap(({ property, type }) => {
      const scale = /^numeric\(\d+, ?(\d+)\)$/.exec(type)?.[1];
      return scale === undefined || scale === '0' ? [] : [{ property, scale: Number(scale) }];
    }),
  };
}

/** Rows of several tables that are read by one statement. Made by `together()`. */
export interface Together {
  readonly text: string;
  readonly parts: readonly {
    readonly of: Shelf<unknown>;
    /** Where each column of the shelf stands in a row of the answer, and what makes a row of the shelf of them. */
    readonly places: readonly string[];
    readonly make: MakeRow;
  }[];
}

/**
 * Describes one statement for the rows of several shelves: of each those that `from` names `t`, over what `given` (a WITH clause) has
 * found; $1 is the book. A round trip and a plan for all of them, where what is looked up depends on what was found before. Rows of
 * one kind stand in the columns of another where these have the type.
 */
export function together(given: string, parts: readonly { readonly of: Shelf<unknown>; readonly from: string }[]): Together {
  const placed = parts.map(({ of, from }) => {
    if (of.explained.length > 0) throw new Error(`${of.name} has explanations, whose words would have to be learnt`);
    const used = new Map<string, number>();
    const places = of.columns.map(({ property, name, type }) => {
      const n = (used.get(type) ?? 0) + 1;
      used.set(type, n);
      return { property, name, type, place: `${type} ${n}` };
    });
    return { of, from, places };
  });
  const types = new Map(placed.flatMap(({ places }) => places.map(({ place, type }) => [place, type] as const)));
  const selects = placed.map(({ from, places }, i) => {
    const nameAt = new Map(places.map(({ place, name }) => [place, name]));
    const columns = [...types].map(([place, type]) => {
      const name = nameAt.get(place);
      return `${name === undefined ? `null::${type}` : `t.${name}`} as "${place}"`;
    });
    return `select ${i} as part, ${columns.join(', ')} from ${from}`;
  });
  return {
    text: `${given} ${selects.join(' union all ')}`,
    parts: placed.map(({ of, places }) => ({
      of,
      places: places.map(({ place }) => place),
      make: rowsOf(places.map(({ property }) => property)),
    })),
  };
}

/** A change that an accepted command makes to the facts. Rows are whole and never edited in place. */
export interface Change {
  readonly op: 'insert' | 'update';
  readonly shelf: Shelf<unknown>;
  readonly row: Record<string, unknown>;
}
export const insert = <Row extends object>(into: Shelf<Row>, row: Row): Change => ({
  op: 'insert',
  shelf: into,
  row: row as Record<string, unknown>,
});
export const update = <Row extends object>(of: Shelf<Row>, row: Row): Change => ({
  op: 'update',
  shelf: of,
  row: row as Record<string, unknown>,
});

/** What no look-up by key can answer (a search, a sum): asked while gathering, kept for the decision. Made by `note()`. */
export interface Note<Value> {
  readonly name: string;
  /** Only here to carry the type. */
  readonly value?: Value;
}
export const note = <Value>(name: string): Note<Value> => ({ name });

type KeyValue = string | readonly string[];
const joined = (value: KeyValue): string => (typeof value === 'string' ? value : value.join('\u0000'));
const ofRow = (row: Record<string, unknown>, columns: readonly Column[]): string =>
  columns.map((c) => String(row[c.property])).join('\u0000');

const none: ReadonlySet<string> = new Set();

/** The rows of one table that this batch knows. */
class ShelfState {
  readonly rows = new Map<string, Record<string, unknown>>();
  readonly asked = new Map<string, Set<string>>();
  readonly index = new Map<string, Map<string, Set<string>>>();
  /** Changes that are not sent yet, and all rows that this batch has changed. */
  readonly inserted = new Set<string>();
  readonly updated = new Set<string>();
  readonly changed = new Set<string>();
  /** What the batch before has changed. */
  changedBefore: ReadonlySet<string> = none;
  /** How often a row of it has come or changed. */
  turns = 0;

  constructor(readonly shelf: Shelf<unknown>) {
    for (const key of Object.keys(shelf.keys)) {
      this.asked.set(key, new Set());
      if (key !== 'id') this.index.set(key, new Map());
    }
  }

  put(row: Record<string, unknown>): void {
    this.turns += 1;
    const id = String(row[this.shelf.id]);
    const before = this.rows.get(id);
    for (const [key, index] of this.index) {
      const columns = this.shelf.keys[key] ?? [];
      if (before) index.get(ofRow(before, columns))?.delete(id);
      const value = ofRow(row, columns);
      const ids = index.get(value);
      if (ids) ids.add(id);
      else index.set(value, new Set([id]));
    }
    this.rows.set(id, row);
  }

  /** Forgets what was looked up by the keys named `once`, and every row but those of `keep` that no other look-up has found. */
  forgetOnce(keep: ReadonlySet<string>): void {
    const { once, keys } = this.shelf;
    if (once.length === 0) return;
    for (const key of once) this.asked.get(key)?.clear();
    const lasting = [...this.index.keys()].filter((key) => !once.includes(key));
    for (const [id, row] of this.rows) {
      if (keep.has(id)) continue;
      const valueOf = (key: string) => ofRow(row, keys[key] ?? []);
      if (lasting.some((key) => this.asked.get(key)?.has(valueOf(key)))) continue;
      this.rows.delete(id);
      for (const [key, index] of this.index) {
        const value = valueOf(key);
        const ids = index.get(value);
        if (ids?.delete(id) && ids.size === 0) index.delete(value);
      }
    }
  }
}

/** What was made of rows, and of which tables, at which sum of their turns. */
interface Made {
  readonly value: unknown;
  readonly lookedAt: ReadonlySet<ShelfState>;
  readonly turns: number;
}

const turnsOf = (states: ReadonlySet<ShelfState>): number => {
  let sum = 0;
  for (const { turns } of states) sum += turns;
  return sum;
};

/** A statement that writes, with what it writes. */
export interface Write {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

export interface AccountState {
  readonly account: Account;
  readonly accountId: string;
  balanceFen: bigint;
}

/** What decisions may look at. Reading only; the lane applies what was accepted. */
export class Facts {
  constructor(
    readonly bookId: string,
    /** The book's code, which leads the numbers that people read. */
    readonly bookCode: string,
  ) {}

  readonly #shelves = new Map<string, ShelfState>();
  readonly #accounts = new Map<string, AccountState | null>();
  readonly #notes = new Map<string, unknown>();
  readonly #made = new Map<string, Made>();
  /** The tables that what is being made has looked at so far. */
  #lookedAt: Set<ShelfState> | undefined;
  #opened: AccountState[] = [];
  /** Codes of accounts that no later batch is likely to touch: met in this batch, and in the ones before it. */
  #passing = new Set<string>();
  #passed = new Set<string>();

  /** The row with this id, or undefined when there is none. It must have been gathered. */
  get<Row>(of: Shelf<Row>, id: string): Row | undefined {
    return this.one(of, 'id', id);
  }

  /** The single row under a unique key. */
  one<Row, Key extends string>(of: Shelf<Row, Key>, by: Key | 'id', value: KeyValue): Row | undefined {
    return this.all(of, by, value)[0];
  }

  /** All rows under a key, in order of id (UUIDv7: order of making). */
  all<Row, Key extends string>(of: Shelf<Row, Key>, by: Key | 'id', value: KeyValue): readonly Row[] {
    const state = this.state(of);
    this.#lookedAt?.add(state);
    const wanted = joined(value);
    if (by === 'id') {
      const row = state.rows.get(wanted);
      if (row) return [row as Row];
    }
    if (!state.asked.get(by)?.has(wanted)) throw new Error(`${of.name} by ${by} was not gathered: ${wanted}`);
    const ids = by === 'id' ? [] : [...(state.index.get(by)?.get(wanted) ?? [])].sort();
    return ids.map((id) => state.rows.get(id) as Row);
  }

  /** What was noted under a key while gathering: how things stood before this batch changed any of them. */
  noted<Value>(of: Note<Value>, key: string): Value {
    if (this.#lookedAt) throw new Error(`${of.name} is of its moment: nothing that is kept may be made of it`);
    const name = joined([of.name, key]);
    if (!this.#notes.has(name)) throw new Error(`${of.name} was not gathered: ${key}`);
    return this.#notes.get(name) as Value;
  }

  /** Credits − debits of an account, in fen; zero for one that does not exist yet. It must have been gathered. */
  balance(account: Account): bigint {
    return this.account(account)?.balanceFen ?? 0n;
  }

  /**
   * What `make` makes of gathered rows, and the same again for as long as none of the tables that it looked at has another row: for what
   * many commands ask alike. `name` says what is asked, with all that `make` goes by besides. It may look at rows only: balances and
   * notes are refused.
   */
  kept<Value>(name: string, make: () => Value): Value {
    const outer = this.#lookedAt;
    let made = this.#made.get(name);
    if (made === undefined || made.turns !== turnsOf(made.lookedAt)) {
      const lookedAt = (this.#lookedAt = new Set());
      try {
        const value = make();
        this.#made.set(name, (made = { value, lookedAt, turns: turnsOf(lookedAt) }));
      } finally {
        this.#lookedAt = outer;
      }
    }
    if (outer) for (const state of made.lookedAt) outer.add(state);
    return made.value as Value;
  }

  // ── For the lane and the loader ──

  learn(of: Note<unknown>, key: string, value: unknown): void {
    this.#notes.set(joined([of.name, key]), value);
  }

  state(of: Shelf<unknown>): ShelfState {
    let state = this.#shelves.get(of.name);
    if (!state) this.#shelves.set(of.name, (state = new ShelfState(of)));
    return state;
  }

  account(account: Account): AccountState | undefined {
    if (this.#lookedAt) throw new Error(`${account.code} moves: nothing that is kept may be made of its balance`);
    const state = this.#accounts.get(account.code);
    if (state === undefined) throw new Error(`account ${account.code} was not gathered`);
    return state ?? undefined;
  }

  knowsAccount(code: string): boolean {
    return this.#accounts.has(code);
  }

  learnAccount(account: Account, state: AccountState | null): void {
    this.#accounts.set(account.code, state);
    if (passingKinds.has(account.kind)) this.#passing.add(account.code);
  }

  /** Moves a balance; refuses what the chart forbids, at this very step and not only at the end of the batch. */
  move(account: Account, deltaFen: bigint, newId: () => string): AccountState {
    let state = this.account(account);
    if (!state) {
      state = { account, accountId: newId(), balanceFen: 0n };
      this.learnAccount(account, state);
      this.#opened.push(state);
    }
    const after = state.balanceFen + deltaFen;
    if (after < 0n && !accountKinds[account.kind].mayOverdraw) throw new Error(`${account.code} would be overdrawn`);
    state.balanceFen = after;
    if (passingKinds.has(account.kind)) this.#passing.add(account.code);
    return state;
  }

  /** Accounts that this batch opens. */
  newAccounts(): readonly AccountState[] {
    return this.#opened;
  }

  apply(change: Change): void {
    const state = this.state(change.shelf);
    const id = String(change.row[change.shelf.id]);
    if (change.op === 'insert') {
      if (state.rows.has(id)) throw new Error(`${change.shelf.name} has a row ${id} already`);
      state.inserted.add(id);
      state.changed.add(id);
      state.asked.get('id')?.add(id);
    } else {
      const before = state.rows.get(id);
      if (!before) throw new Error(`${change.shelf.name} has no row ${id} to update`);
      const differs = change.shelf.mutable.some(({ property }) => before[property] !== change.row[property]);
      if (differs) state.changed.add(id);
      if (differs && !state.inserted.has(id)) state.updated.add(id);
    }
    state.put(change.row);
  }

  /**
   * What writes all changes that are not sent yet: inserts in order of rank, then updates. One statement per table and kind, a column
   * an array: parsing rows of JSON cost more than inserting them.
   */
  writes(bookId: string): Write[] {
    const states = [...this.#shelves.values()].sort((a, b) => a.shelf.rank - b.shelf.rank);
    const rowsOf = (state: ShelfState, ids: Set<string>) => [...ids].map((id) => state.rows.get(id) ?? {});
    const insertions = states
      .filter(({ inserted }) => inserted.size > 0)
      .map((state) => ({
        text: state.shelf.insertion,
        parameters: [bookId, ...arraysOf(state.shelf.columns, rowsOf(state, state.inserted))],
      }));
    const updates = states
      .filter(({ updated }) => updated.size > 0)
      .map((state) => ({
        text: state.shelf.updating,
        parameters: [
          bookId,
          ...arraysOf([...(state.shelf.keys['id'] ?? []), ...state.shelf.mutable], rowsOf(state, state.updated)),
        ],
      }));
    for (const state of states) {
      state.inserted.clear();
      state.updated.clear();
    }
    return [...insertions, ...updates];
  }

  /** The explanations that this batch writes. */
  explanations(): unknown[] {
    return [...this.#shelves.values()].flatMap(({ shelf, rows, changed }) =>
      shelf.explained.length === 0
        ? []
        : explanationsOf(
            shelf,
            [...changed].map((id) => rows.get(id) ?? {}),
          ),
    );
  }

  /**
   * Once the changes are on their way: from here on the working set stands as the database will have it when they are
   * committed. False when a row cannot be kept as it would be read.
   */
  settle(): boolean {
    this.#opened = [];
    for (const state of this.#shelves.values()) {
      for (const id of state.changed) {
        const row = asRead(state.shelf, state.rows.get(id) ?? {});
        if (!row) return false;
        state.rows.set(id, row);
      }
      state.changedBefore = new Set(state.changed);
      state.changed.clear();
    }
    return true;
  }

  /**
   * Between two batches: forgets notes, which were of their moment, and what is not carried from batch to batch. What the
   * batch before has changed is kept while that is not known to be committed (`underway`), for a read might not see it yet.
   */
  forget(underway: boolean): void {
    this.#notes.clear();
    for (const code of this.#passed) if (!this.#passing.has(code)) this.#accounts.delete(code);
    if (!underway) for (const code of this.#passing) this.#accounts.delete(code);
    this.#passed = underway ? this.#passing : new Set();
    this.#passing = new Set();
    for (const state of this.#shelves.values()) state.forgetOnce(underway ? state.changedBefore : none);
  }

  /** All that it holds. For the tests that compare it with what the database says. */
  *everything(): Generator<{ shelf: Shelf<unknown>; id: string; row: Record<string, unknown> } | AccountState> {
    for (const { shelf, rows } of this.#shelves.values()) for (const [id, row] of rows) yield { shelf, id, row };
    for (const state of this.#accounts.values()) if (state) yield state;
  }

  /** Rows, accounts and absences that it holds, and what was made of them. */
  get size(): number {
    let size = this.#accounts.size + this.#made.size;
    for (const state of this.#shelves.values()) for (const asked of state.asked.values()) size += asked.size;
    return size;
  }
}

const explanationsOf = (of: Shelf<unknown>, rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.flatMap((row) => of.explained.map(({ property }) => row[property]));

/** Rows as one array a column, as unnest takes them; book_id is not among them. */
function arraysOf(columns: readonly Column[], rows: readonly Record<string, unknown>[]): Parameter[] {
  return columns
    .filter((column) => column.name !== 'book_id')
    .map(({ property, isJson }) =>
      rows.map((row): Parameter => {
        const value = row[property] ?? null;
        return isJson && value !== null ? JSON.stringify(value) : (value as Parameter);
      }),
    );
}

/** A written row as the database gives it back: what has a scale is filled up to it. Null when it would be rounded there. */
function asRead(of: Shelf<unknown>, row: Record<string, unknown>): Record<string, unknown> | null {
  if (of.scaled.length === 0) return row;
  const read = { ...row };
  for (const { property, scale } of of.scaled) {
    const value = row[property];
    if (typeof value !== 'string') continue;
    const [whole = '', fraction = ''] = value.split('.');
    if (fraction.length > scale) return null;
    read[property] = `${whole}.${fraction.padEnd(scale, '0')}`;
  }
  return read;
}

/** Reads facts into the working set, set-based: one statement per table, key and round. */
export class Loader {
  /** Whether a verb has asked the database for something itself: an answer that what is underway may not be in. */
  hasNoted = false;

  constructor(
    readonly tx: Tx,
    readonly bookId: string,
    readonly facts: Facts,
  ) {}

  /** Gathers all rows under these key values (absent ones are remembered as absent) and returns them. */
  async load<Row, Key extends string>(of: Shelf<Row, Key>, by: Key | 'id', values: readonly KeyValue[]): Promise<Row[]> {
    const state = this.facts.state(of);
    const asked = state.asked.get(by);
    if (!asked) throw new Error(`${of.name} has no key ${by}`);
    const wanted = new Map(values.map((value) => [joined(value), value]));
    const fresh = [...wanted].filter(([value]) => !asked.has(value)).map(([, value]) => value);
    if (fresh.length > 0) {
      const columns = of.keys[by] ?? [];
      const select = of.columns.map((c) => `t.${c.name} as "${c.property}"`).join(', ');
      // The lateral look-up keeps to an index however the table has grown since the statement was prepared. Every index begins
      // with book_id, and while a table has no statistics one is as good as another to the planner, which may then read the
      // whole book for each row. The first in an order that only the unique index has comes from that index alone.
      const names = columns.map((_, i) => `k${i}`).join(', ');
      const arrays = columns.map((c, i) => `$${i + 2}::${c.type}[]`).join(', ');
      const key = columns.map((c) => `t.${c.name}`).join(', ');
      const where = of.unique.includes(by)
        ? `(${key}) >= (${names}) and (${key}) <= (${names}) order by ${key} limit 1`
        : `${columns.map((c, i) => `t.${c.name} = k.k${i}`).join(' and ')} offset 0`;
      const rows = await this.tx.sql.prepared<Record<string, unknown>[]>(
        `select ${select} from unnest(${arrays}) as k(${names})
           cross join lateral (select * from ${of.name} t where t.book_id = $1 and ${where}) t`,
        [this.bookId, ...columns.map((_, i) => fresh.map((value) => (typeof value === 'string' ? value : (value[i] ?? ''))))],
      );
      if (of.explained.length > 0) await learnWordings(this.tx.sql, this.bookId, explanationsOf(of, rows));
      for (const row of rows) if (!state.rows.has(String(row[of.id]))) state.put(row);
      for (const value of fresh) asked.add(joined(value));
    }
    return [...wanted.values()].flatMap((value) => [...this.facts.all(of, by, value)]);
  }

  /** Gathers what one statement finds of several shelves. Which keys that answers is the caller's to say (`answered`). */
  async loadTogether({ text, parts }: Together, parameters: readonly Parameter[]): Promise<void> {
    const rows = await this.tx.sql.prepared<Record<string, unknown>[]>(text, [this.bookId, ...parameters]);
    for (const found of rows) {
      const part = parts[found['part'] as number];
      if (part === undefined) continue;
      const row = part.make(part.places.map((place) => found[place]));
      const state = this.facts.state(part.of);
      if (!state.rows.has(String(row[part.of.id]))) state.put(row);
    }
  }

  /** That all rows under these key values have been gathered: those that are not there are remembered as absent. */
  answered<Row, Key extends string>(of: Shelf<Row, Key>, by: Key | 'id', values: Iterable<KeyValue>): void {
    const asked = this.facts.state(of).asked.get(by);
    if (!asked) throw new Error(`${of.name} has no key ${by}`);
    for (const value of values) asked.add(joined(value));
  }

  /** Keeps an answer that the verb asked the database for itself. */
  note<Value>(of: Note<Value>, key: string, value: Value): void {
    this.hasNoted = true;
    this.facts.learn(of, key, value);
  }

  /** Accounts named by an id that was just made: nothing is there yet, and nothing is asked. */
  newAccounts(accounts: readonly Account[]): void {
    for (const account of accounts) if (!this.facts.knowsAccount(account.code)) this.facts.learnAccount(account, null);
  }

  /** Gathers the balances of these accounts; one that does not exist yet has a balance of zero. */
  async accounts(accounts: readonly Account[]): Promise<void> {
    const fresh = new Map(accounts.filter((a) => !this.facts.knowsAccount(a.code)).map((a) => [a.code, a]));
    if (fresh.size === 0) return;
    // In an order that only the index by code has, as above: in a new book each look-up read all accounts.
    const rows = await this.tx.sql.prepared<{ accountId: string; code: string; balanceFen: bigint }[]>(
      `select a.account_id as "accountId", a.code, a.credits_fen - a.debits_fen as "balanceFen"
         from unnest($2::text[]) as k(code)
         cross join lateral (select * from accounts a where a.book_id = $1 and a.code >= k.code and a.code <= k.code
                              order by a.code limit 1) a`,
      [this.bookId, [...fresh.keys()]],
    );
    for (const account of fresh.values()) this.facts.learnAccount(account, null);
    for (const row of rows) {
      const account = fresh.get(row.code);
      if (account) this.facts.learnAccount(account, { account, accountId: row.accountId, balanceFen: row.balanceFen });
    }
  }
}
