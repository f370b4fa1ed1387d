// How a row of an answer becomes an object.
//
// An object that is filled column by column (`row[name] = value`) is a hash table to V8 once it has more than some sixteen of them:
// a copy of one costs 4 to 6 µs and every field is a look-up. Written as a literal it has a hidden class, which all rows of
// the same columns share. So of each list of columns one function is compiled that writes that literal.
import { compileFunction } from 'node:vm';

/** Makes a row of its values, in the order of the names it was made for. */
export type MakeRow = (values: readonly unknown[]) => Record<string, unknown>;

const made = new Map<string, MakeRow>();

/** What makes rows of these columns. The names are those of our own statements and tables: never a caller's. */
export function rowsOf(names: readonly string[]): MakeRow {
  const literal = `return { ${names.map((name, i) => `${JSON.stringify(name)}: values[${i}]`).join(', ')} };`;
  let make = made.get(literal);
  if (make === undefined) made.set(literal, (make = compileFunction(literal, ['values']) as MakeRow));
  return make;
}
