import { invitations, userAccounts } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const invitationShelf = shelf(invitations, {
  rank: 2,
  id: 'invitationId',
  keys: { person: ['personId'] },
  mutable: ['acceptedAt', 'withdrawnAt', 'confirmedPerson'],
});
export const userAccountShelf = shelf(userAccounts, {
  rank: 3,
  id: 'personId',
  keys: { signInName: ['signInName'] },
  mutable: ['signInName', 'invitationId', 'recordedAt'],
  unique: ['signInName'],
});
