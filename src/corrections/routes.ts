import type { FastifyInstance } from 'fastify';
import { contractRecorded, terminateContract as terminateBody } from '../../schemas/contracts.js';
import * as schema from '../../schemas/corrections.js';
import type { Parts } from '../http/parts.js';
import { command } from '../http/routes.js';
import { terminateContract } from './end-contract.js';
import { fileAmendment } from './file-amendment.js';
import { voidContract } from './void-contract.js';

/** What changes or ends a contract that money was promised and paid on, with all that follows from it. */
export function correctionRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/contract-amendments/:id/file',
    tag: 'contracts',
    summary: 'File a confirmed amendment, with all that follows from it',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.fileAmendment,
    response: schema.amendmentFiled,
    status: 200,
    verb: fileAmendment,
  });
  command(app, parts, {
    url: '/contracts/:id/terminate',
    tag: 'contracts',
    summary: 'Record that a contract ends early, by day',
    roles: ['reviewer'],
    personOnly: true,
    body: terminateBody,
    response: contractRecorded,
    status: 200,
    verb: terminateContract,
  });
  command(app, parts, {
    url: '/contracts/:id/void',
    tag: 'contracts',
    summary: 'Void a contract by decision, with its reason',
    roles: ['approver'],
    personOnly: true,
    body: schema.voidContract,
    response: contractRecorded,
    status: 200,
    verb: voidContract,
  });
}
