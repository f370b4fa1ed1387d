/**
 * Every verb in every state of a life, over HTTP. What the table offers is another test's matter; what it does not offer must be refused
 * by the life's code, say the state and what is possible, and change nothing. Not a test itself.
 */
import type { Life } from '../../src/lives.js';
import { possibleIn } from '../../src/lives.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';

/** How a life is tried: a subject brought into a state, and each verb asked of it by whoever may ask it. */
export interface Trial<State extends string, Verb extends string, Subject> {
  readonly life: Life<State, Verb>;
  /** A subject in this state, made through the API; each is used for all verbs of the state. */
  readonly bring: (state: State) => Promise<Subject>;
  /** Asks for the verb with a body that is right in itself, so that only the state can refuse it. */
  readonly ask: (verb: Verb, subject: Subject) => Promise<Answer>;
  /** Everything of the subject that a refusal must leave as it was. */
  readonly look: (subject: Subject) => Promise<unknown>;
}

interface Asserts {
  strictSame(found: unknown, wanted: unknown, message: string): unknown;
  ok(of: unknown, message: string): unknown;
}

/** Tries every verb that some state offers in every state that does not; returns how many refusals were seen. */
export async function tryEverything<State extends string, Verb extends string, Subject>(
  t: Asserts,
  { life, bring, ask, look }: Trial<State, Verb, Subject>,
): Promise<number> {
  const states = Object.keys(life.states) as State[];
  const verbs = [...new Set(states.flatMap((state) => life.states[state]))];
  let refused = 0;
  for (const state of states) {
    const impossible = verbs.filter((verb) => !life.states[state].includes(verb));
    if (impossible.length === 0) continue;
    const subject = await bring(state);
    const before = await look(subject);
    for (const verb of impossible) {
      const { status, body } = await ask(verb, subject);
      refused += 1;
      t.strictSame([status, body.code], [409, life.code], `a ${life.of} that is ${state} refuses ${verb}`);
      const detail = String(body.detail);
      t.ok(
        detail.includes(state) && detail.includes(possibleIn(life, state)),
        `and says its state and what is possible: ${detail}`,
      );
    }
    t.strictSame(await look(subject), before, `a ${life.of} that is ${state} is as it was after ${impossible.length} refusals`);
  }
  return refused;
}

/** What a member reads at an address, as one look. */
export const lookAt = async (eye: Caller, url: string): Promise<unknown> => expectStatus(await eye.get(url), 200) as unknown;
