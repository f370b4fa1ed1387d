// Every setting of the service, read from the environment. A wrong or missing one stops the start with a sentence that
// says which and what to do; README.md lists them for operators.
import { z } from 'zod';

const fieldKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, { error: 'FIELD_KEY must be 64 hexadecimal characters (32 bytes), e.g. from: openssl rand -hex 32' });

/** A key that services of several cities share, to tell each other of invoices by hashes. */
export interface ExchangeKey {
  readonly name: string;
  readonly algorithm: 'sha256' | 'sm3';
  /** Hexadecimal, 32 bytes or more. */
  readonly secret: string;
}
const exchangeKey = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39}):(sha256|sm3):((?:[0-9a-f]{2}){32,64})$/i;
const exchangeKeys = z
  .string()
  .regex(new RegExp(`${exchangeKey.source.slice(0, -1)}(,${exchangeKey.source.slice(1, -1)})*$`, 'i'), {
    error:
      'EXCHANGE_KEYS must be name:sha256:hex or name:sm3:hex with 64 hexadecimal characters or more, several joined by commas',
  })
  .transform((text): ExchangeKey[] =>
    text.split(',').map((one) => {
      const [, name = '', algorithm = '', secret = ''] = exchangeKey.exec(one) ?? [];
      return { name, algorithm: algorithm.toLowerCase() === 'sm3' ? 'sm3' : 'sha256', secret: secret.toLowerCase() };
    }),
  )
  .refine((keys) => new Set(keys.map(({ name }) => name)).size === keys.length, { error: 'EXCHANGE_KEYS names a key twice' });

/** Who tells us by OpenID Connect that somebody is who they say, and as what we are registered there. */
export interface Issuer {
  /** As people choose it. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}
const issuersForm =
  'OIDC_ISSUERS must be JSON like [{"name":"city","issuer":"https://id.example.cn","clientId":"…","clientSecret":"…"}], each name once, over https (http on 127.0.0.1 alone)';
const issuers = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: issuersForm });
      return z.NEVER;
    }
  })
  .pipe(
    z.array(
      z.strictObject(
        {
          name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: issuersForm }),
          issuer: z.string().regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/, { error: issuersForm }),
          clientId: z.string({ error: issuersForm }).min(1, { error: issuersForm }),
          clientSecret: z.string({ error: issuersForm }).min(1, { error: issuersForm }).optional(),
        },
        { error: issuersForm },
      ),
      { error: issuersForm },
    ),
  )
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: issuersForm });

const whole = (name: string, min: number) =>
  z.coerce
    .number({ error: `${name} must be a number` })
    .int({ error: `${name} must be a whole number` })
    .min(min, { error: `${name} must be at least ${min}` });

export const settings = z
  .object({
    PORT: z.coerce
      .number({ error: 'PORT must be a number' })
      .int()
      .min(0)
      .max(65535, { error: 'PORT must be a port between 0 and 65535' })
      .default(3000),
    HOST: z.string().min(1, { error: 'HOST must not be empty' }).default('127.0.0.1'),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'DATABASE_URL must look like postgres://user:password@host:5432/database' })
      .optional(),
    DATABASE_OWNER_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, {
        error: 'DATABASE_OWNER_URL must look like postgres://voucher_owner:password@host:5432/database',
      })
      .optional(),
    DATABASE_POOL: z.coerce
      .number({ error: 'DATABASE_POOL must be a number' })
      .int()
      .min(2, { error: 'DATABASE_POOL must be at least 2' })
      .max(200)
      .default(16),
    DATABASE_PREPARE: z
      .enum(['true', 'false'], { error: 'DATABASE_PREPARE must be true or false (false behind PgBouncer)' })
      .default('true'),
    DATA_DIR: z.string().min(1, { error: 'DATA_DIR must not be empty' }).default('./data'),
    DEMO: z.enum(['true', 'false'], { error: 'DEMO must be true or false' }).optional(),
    FIELD_KEY: fieldKey.optional(),
    LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
        error: 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
      })
      .default('info'),
    BODY_LIMIT: z.coerce
      .number({ error: 'BODY_LIMIT must be a number of bytes' })
      .int()
      .min(1024, { error: 'BODY_LIMIT must be at least 1024 bytes' })
      .default(1024 * 1024),
    LANE_MAX_BATCH: z.coerce
      .number({ error: 'LANE_MAX_BATCH must be a number' })
      .int()
      .min(1, { error: 'LANE_MAX_BATCH must be at least 1' })
      .max(4096)
      .default(256),
    LANE_MAX_QUEUE: z.coerce
      .number({ error: 'LANE_MAX_QUEUE must be a number' })
      .int()
      .min(1, { error: 'LANE_MAX_QUEUE must be at least 1' })
      .default(4096),
    LANE_MAX_WAIT_MS: whole('LANE_MAX_WAIT_MS', 10).default(2_000),
    MAX_IN_FLIGHT: whole('MAX_IN_FLIGHT', 1).default(8_192),
    MAX_CONNECTIONS: whole('MAX_CONNECTIONS', 1).default(4_096),
    MAX_CONNECTIONS_PER_ADDRESS: whole('MAX_CONNECTIONS_PER_ADDRESS', 1).default(2_048),
    RATE_PER_KEY: whole('RATE_PER_KEY', 0).default(200),
    RATE_PER_KEY_BURST: whole('RATE_PER_KEY_BURST', 1).default(400),
    RATE_PER_ADDRESS: whole('RATE_PER_ADDRESS', 0).default(50),
    RATE_PER_ADDRESS_BURST: whole('RATE_PER_ADDRESS_BURST', 1).default(200),
    TRUSTED_PROXIES: whole('TRUSTED_PROXIES', 0).default(0),
    HEADERS_TIMEOUT_SECONDS: whole('HEADERS_TIMEOUT_SECONDS', 1).default(10),
    BODY_TIMEOUT_SECONDS: whole('BODY_TIMEOUT_SECONDS', 1).default(20),
    ANSWER_TIMEOUT_SECONDS: whole('ANSWER_TIMEOUT_SECONDS', 1).default(30),
    EVIDENCE_FILE_LIMIT: whole('EVIDENCE_FILE_LIMIT', 1024).default(20 * 1024 * 1024),
    EVIDENCE_FOLDER: z.string().min(1).optional(),
    EVIDENCE_BUCKET: z
      .url({ protocol: /^https?$/, error: 'EVIDENCE_BUCKET must look like https://s3.example.cn/bucket' })
      .optional(),
    EVIDENCE_BUCKET_REGION: z.string().min(1).default('us-east-1'),
    EVIDENCE_BUCKET_KEY_ID: z.string().min(1).optional(),
    EVIDENCE_BUCKET_SECRET: z.string().min(1).optional(),
    EXCHANGE_KEYS: exchangeKeys.optional(),
    WEBHOOK_HOSTS: z
      .string()
      .regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(,(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)*$/, {
        error: 'WEBHOOK_HOSTS must be host names in lower case, *. before one for all below it, several joined by commas',
      })
      .transform((text) => text.split(','))
      .optional(),
    DIGITAL_INVOICE_MAPPINGS: z.string().min(1).optional(),
    PUBLIC_ORIGIN: z
      .string()
      .regex(/^https?:\/\/[^/\s]+$/, { error: 'PUBLIC_ORIGIN must look like https://voucher.example.cn, without a path' })
      .optional(),
    OIDC_ISSUERS: issuers.optional(),
    BEARER_KEYS_MAY_APPROVE: z.enum(['true', 'false'], { error: 'BEARER_KEYS_MAY_APPROVE must be true or false' }).optional(),
    KEEP_ALIVE_SECONDS: whole('KEEP_ALIVE_SECONDS', 1).default(72),
  })
  .superRefine((of, context) => {
    if (of.DATABASE_URL !== undefined && of.FIELD_KEY === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['FIELD_KEY'],
        message:
          'FIELD_KEY is missing: with DATABASE_URL the key that encrypts bank accounts must be given (64 hexadecimal characters, e.g. from: openssl rand -hex 32) and kept',
      });
    }
    if (
      (of.EVIDENCE_BUCKET !== undefined) !==
      (of.EVIDENCE_BUCKET_KEY_ID !== undefined && of.EVIDENCE_BUCKET_SECRET !== undefined)
    ) {
      context.addIssue({
        code: 'custom',
        path: ['EVIDENCE_BUCKET'],
        message: 'EVIDENCE_BUCKET, EVIDENCE_BUCKET_KEY_ID and EVIDENCE_BUCKET_SECRET are given together or not at all',
      });
    }
    if (of.EVIDENCE_BUCKET !== undefined && of.EVIDENCE_FOLDER !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['EVIDENCE_FOLDER'],
        message: 'EVIDENCE_FOLDER and EVIDENCE_BUCKET cannot both be given: evidence files stand in one place',
      });
    }
    if (of.OIDC_ISSUERS !== undefined && of.PUBLIC_ORIGIN === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['PUBLIC_ORIGIN'],
        message:
          'PUBLIC_ORIGIN is missing: with OIDC_ISSUERS it must say where people reach this service, for issuers send them back there',
      });
    }
    if (of.DATABASE_URL !== undefined && of.DEMO === 'true') {
      context.addIssue({
        code: 'custom',
        path: ['DEMO'],
        message: 'DEMO=true is only for the embedded database: remove it or DATABASE_URL',
      });
    }
  });
export type Settings = z.output<typeof settings>;
