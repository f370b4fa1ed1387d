// What a role may do. Built-in roles and those of a book are one kind of thing: parts, verbs, and whether it only reads. Pure.
import type { Role } from '../../schemas/access.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

export interface Rights {
  /** Built-in roles; what one of them may do at an address, this role may as that one. */
  readonly parts: readonly Role[];
  /** Verbs (`voucher.freeze`) or groups of them (`voucher`) that it is cut down to; null: all of its parts'. */
  readonly rights: readonly string[] | null;
  readonly readOnly: boolean;
}

/** A built-in role is its own only part; its verbs stand at the routes. */
export const builtIn = (role: Role): Rights => ({ parts: [role], rights: null, readOnly: false });

/** What somebody has: the rights of its custom role, where it is in one. */
export const rightsOf = ({ role, custom }: { readonly role: Role; readonly custom: Rights | null }): Rights =>
  custom ?? builtIn(role);

/** Whether a role that is cut down has this verb. */
export const hasVerb = ({ rights, readOnly }: Rights, verb: string): boolean =>
  !readOnly && (rights === null || rights.includes(verb) || rights.includes(verb.slice(0, verb.indexOf('.'))));

/**
 * As which built-in role one may use an address that is for `roles`, by reading (no verb) or by a verb; undefined where one may not. What is
 * written at an address that names no verb is for whole roles alone.
 */
export function actingRole(
  of: Rights,
  at: { readonly roles: readonly string[]; readonly reads: boolean; readonly verb?: string | undefined },
): Role | undefined {
  const may = at.reads || (at.verb === undefined ? !of.readOnly && of.rights === null : hasVerb(of, at.verb));
  return may ? of.parts.find((part) => at.roles.includes(part)) : undefined;
}

/** Roles that stand alone, but for reading: those of the trade, of one's own cases, of everybody's records. */
const alone: readonly Role[] = ['enterprise', 'provider', 'expert', 'district_reviewer', 'auditor', 'operator'];
/** Who makes a thing, and who approves or pays it. */
const apart: readonly (readonly [Role, Role])[] = [
  ['reviewer', 'approver'],
  ['finance', 'approver'],
  ['finance', 'finance_approver'],
  ['approver', 'finance_approver'],
];

/**
 * Refuses ROLE_COMBINES_TRADE for a side of the trade beside anything else, and ROLE_MAKES_AND_APPROVES for parts of which one makes what
 * another approves. Four eyes hold by persons in any case; a role that offers both to everybody in it invites to try.
 */
export function refuseParts({ parts, readOnly }: Pick<Rights, 'parts' | 'readOnly'>): Refused | null {
  const trade = parts.some((part) => part === 'enterprise' || part === 'provider');
  if (trade && parts.length > 1) return refused('ROLE_COMBINES_TRADE', {}, '/parts');
  if (readOnly || parts.length === 1) return null;
  const pair = apart.find((two) => two.every((part) => parts.includes(part)));
  const single = parts.find((part) => alone.includes(part));
  if (!pair && single === undefined) return null;
  const [first, second] = pair ?? [single ?? '', parts.find((part) => part !== single) ?? ''];
  return refused('ROLE_MAKES_AND_APPROVES', { first, second }, '/parts');
}

/** What both ways of finding somebody read of its custom role, beside a member `m`; null where it is in none. */
export const customColumn = `(select json_build_object('parts', c.parts, 'rights', c.rights, 'readOnly', c.read_only)
  from custom_roles c where c.book_id = m.book_id and c.code = m.custom_role and c.status = 'ACTIVE') as custom`;
