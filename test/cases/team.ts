/**
 * A book in which fees are reimbursed after every step that a text may ask for, with somebody for each of them. Not a test itself.
 */
import type { World } from '../reimbursements/world.js';
import { startWorld } from '../reimbursements/world.js';
import type { Caller } from '../service.js';
import { publishCalendars, steps } from './world.js';

const every = steps.all + steps.noticeDays + steps.days + steps.experts;

export interface Team {
  district: Caller;
  checker: Caller;
  reviewer: Caller;
  approver: Caller;
  experts: readonly [Caller, Caller, Caller];
}

/** `text`: the parameters that put steps on the way. */
export async function startTeam(
  t: { teardown(handler: () => Promise<void>): void },
  text: string = every,
): Promise<{ world: World; team: Team }> {
  const given = text.replaceAll('document: notice', 'document: measure');
  const world = await startWorld(t, { fees: [['allocation:', `${given}allocation:`]] });
  const { book, reviewer, approver } = world;
  await publishCalendars(book, approver, [2025]);
  const experts = [await book.member('expert'), await book.member('expert'), await book.member('expert')] as const;
  const [district, checker] = [await book.member('district_reviewer'), await book.member('reviewer')];
  return { world, team: { district, checker, reviewer, approver, experts } };
}
