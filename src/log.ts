import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';

const secretHeaders = ['authorization', 'cookie', 'set-cookie', 'signature', 'signature-input'];
const secretFields = [
  'secret',
  'accountNo',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'pendingToken',
  'recoveryCode',
  'recoveryCodes',
  'otpauthUri',
  'identity',
  'contact',
  'holderIdNo',
];

/** pino with secrets taken out wherever they could stand. Logs carry ids; bodies and parameters are never logged. */
export const makeLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      redact: {
        paths: [
          ...secretHeaders.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`]),
          ...secretFields.flatMap((name) => [name, `*.${name}`]),
          'err.parameters',
          'err.query',
          'err.detail',
          'err.where',
        ],
        censor: '[redacted]',
      },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination ?? pino.destination(1),
  );
