import { corrections } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const correctionShelf = shelf(corrections, { rank: 79, id: 'correctionId', once: ['id'] });
