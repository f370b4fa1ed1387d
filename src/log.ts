import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';

/** pino with secrets taken out wherever they could stand. Logs carry ids; bodies and parameters are never logged. */
export const makeLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      redact: {
        paths: [
          'req.headers.authorization',
          'headers.authorization',
          'authorization',
          'secret',
          '*.secret',
          'accountNo',
          '*.accountNo',
          'password',
          '*.password',
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
