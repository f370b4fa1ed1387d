import { z } from 'zod';
import { reason } from './common.js';
import { amendment, contract, fileContract } from './contracts.js';
import { ledgerSeq } from './common.js';

export const fileAmendment = fileContract;
export const amendmentFiled = amendment.extend({ contract, ledgerSeq });

export const voidContract = z.strictObject({ reason });
