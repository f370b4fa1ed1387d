// The life of a thing: its states and, in each, the verbs that are possible. Every slice that owns a life has one table of it in its
// `rules.ts`; whatever the table does not offer is refused by name, with what is possible instead. Pure.
import type { RefusalCode } from './errors.js';
import type { Params, Refused } from './ledger/lane.js';
import { refused } from './ledger/lane.js';

/** States, and the verbs that each offers; a state that offers none is an end. */
export interface Life<State extends string = string, Verb extends string = string> {
  /** What lives it, in one word: `voucher`. */
  readonly of: string;
  /** The refusal of a verb that the state does not offer; its sentence tells `{state}` and `{possible}`. */
  readonly code: RefusalCode;
  readonly states: Readonly<Record<State, readonly Verb[]>>;
}

/** Describes a life; the verbs are named like the sub-resources of the API (`freeze`). */
export const life = <State extends string, Verb extends string>(of: Life<State, Verb>): Life<State, Verb> => of;

/** The verbs that a state offers, for people: `freeze, cancel`; `—` for none. */
export const possibleIn = <State extends string>(of: Life<State>, state: NoInfer<State>): string =>
  of.states[state].join(', ') || '—';

/** Refuses (`of.code`, with `state` and `possible` beside `params`) a verb that the state does not offer; null where it does. */
export const refuseStep = <State extends string, Verb extends string>(
  of: Life<State, Verb>,
  state: NoInfer<State>,
  verb: NoInfer<Verb>,
  params: Params = {},
): Refused | null =>
  of.states[state].includes(verb) ? null : refused(of.code, { ...params, state, possible: possibleIn(of, state) });

/** The states that offer a verb. */
export const statesOffering = <State extends string, Verb extends string>(of: Life<State, Verb>, verb: NoInfer<Verb>): State[] =>
  (Object.keys(of.states) as State[]).filter((state) => of.states[state].includes(verb));
