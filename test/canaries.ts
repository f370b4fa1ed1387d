/**
 * What must stand in no log and in no answer: keys of the API, account numbers, passwords, codes, identities. Every test that starts a service
 * sends such by the way; all it logs and answers is looked through for them, and a find fails the test. Not a test itself.
 */
import assert from 'node:assert/strict';
import type { Logger } from 'pino';
import { makeLogger } from '../src/log.js';

/** Fields whose values are nobody's but their sender's, in what is sent and in what is shown once. */
const secretField =
  /"(accountNo|password|(?:new|current)Password|secret|token|pendingToken|recoveryCode|contact|holderIdNo)":"([^"\\]{8,})"/g;
/** The number of a document that a person is known by; elsewhere a number is no secret. */
const identityNumber = /"kind":"RESIDENT_ID","number":"([^"\\]{8,})"/g;
/** Of the kinds that have a form of their own: keys of the API, sessions, secrets of webhooks and of second factors. */
const opening = /cvk_[a-z0-9]{12}_[\w-]{43}|__Host-session[\w-]*=[\w-]{43}|whsec_[A-Za-z0-9+/]{43}=|otpauth:\/\/totp/;
/** A key is shown once, in the field that says so. */
const apiKeyElsewhere = /(?<!"secret":")cvk_[a-z0-9]{12}_[\w-]{43}/;
const internals =
  /node_modules|\bat \S+ ?\(?\S*\.[jt]s:\d|\b(select|insert into|update) \S+ (from|set|\()|postgres|relation "|FST_ERR/i;

export class Canaries {
  readonly #secrets = new Set<string>();
  readonly #accountNos = new Set<string>();
  #log = '';

  /** The service's log, as fine as it can be. */
  readonly logger: Logger = makeLogger('debug', { write: (line: string) => void (this.#log += line) });

  /** Remembers what a request brings that must not be found again. */
  sent(body: string): void {
    for (const [, field = '', value = ''] of body.matchAll(secretField)) {
      this.#secrets.add(value);
      if (field === 'accountNo') this.#accountNos.add(value);
    }
    for (const [, number = ''] of body.matchAll(identityNumber)) this.#secrets.add(number);
  }

  /** Remembers a cookie. */
  keep(value: string): void {
    this.#secrets.add(value);
  }

  /** Throws where an answer tells a secret outside the field that is for it, or, of a bug or fault, what stands behind it. */
  answered(request: string, status: number, text: string): void {
    assert.doesNotMatch(text, apiKeyElsewhere, `${request} told a key of the API`);
    if (status >= 400) assert.doesNotMatch(text, internals, `${request} told what is inside`);
    // Whom a payment goes to is told to who pays, by a field or a file of its own.
    if (/\/settlements\/[^/]+\/instructions|\/payment-files\/[^/]+\/content/.test(request)) return;
    for (const accountNo of this.#accountNos) assert.ok(!text.includes(accountNo), `${request} told an account number`);
  }

  /** Throws where the log holds any of them. */
  check(): void {
    assert.doesNotMatch(this.#log, opening, 'the log holds what opens something');
    for (const secret of this.#secrets) assert.ok(!this.#log.includes(secret), 'the log holds a secret that was sent');
  }
}
