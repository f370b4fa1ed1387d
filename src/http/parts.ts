// What routes are built from.
import type { Database } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import type { InvoiceMapping } from '../../schemas/evidence-files.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import type { AccessTrail } from '../access-trail/trail.js';
import type { Principal, Principals } from '../access/principal.js';
import type { DailyWork } from '../daily.js';
import type { EvidenceStore } from '../evidence-files/store.js';
import type { Clock, Lane } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import type { Issuers } from '../sign-in/issuers.js';
import type { Passwords } from '../sign-in/passwords.js';
import type { Traffic } from './traffic.js';

/** The running parts a slice's routes may use. */
export interface Parts {
  /** Without a context: it sees nothing of any book but what the functions that look across books tell. */
  readonly db: Database;
  readonly clock: Clock;
  /** Who is behind a key. */
  readonly principals: Principals;
  /** How passwords are hashed, and who else says who somebody is. */
  readonly signIn: { readonly passwords: Passwords; readonly issuers: Issuers };
  /** Encrypts and fingerprints bank account numbers. */
  readonly sealer: Sealer;
  readonly evidence: Evidence;
  /** Every verb that a route does, and whose it is: what the scope of a key is made of. Filled as the routes are made. */
  readonly verbs: Map<string, readonly Role[]>;
  /** Takes down who was refused, and who read what is sensitive. */
  readonly trail: AccessTrail;
  /** Keys shared with services of other cities; none: nothing is exchanged. */
  readonly exchange: { readonly keys: readonly ExchangeKey[] };
  /** Begins work in a book that a command has just made due, behind its answer. */
  readonly begin: (work: DailyWork, book: OpenBook) => void;
  /** Hosts that webhooks may be sent to; none: there are no webhooks. */
  readonly webhookHosts: readonly string[];
}

/** The bytes of evidence files, and how those that are digital invoices are read. */
export interface Evidence {
  readonly store: EvidenceStore;
  /** Bytes of a file. */
  readonly limit: number;
  /** The latest first. */
  readonly mappings: readonly InvoiceMapping[];
  /** Downloads that met bytes which are not what was stored. */
  readonly damaged: { count: number };
}

/** A book that is open in this process, with its lane. */
export interface OpenBook {
  readonly bookId: string;
  readonly code: string;
  readonly name: string;
  /** All of this book, and nothing of another: for what the service does by itself, and for commands on their way to the lane. */
  readonly db: Database;
  readonly lane: Lane;
  readonly traffic: Traffic;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every address under /v1/books/{book}. */
    book: OpenBook;
    /** The book with this caller's eyes: what its reading reads with. */
    db: Database;
    principal: Principal;
  }
}
