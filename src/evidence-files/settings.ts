import path from 'node:path';
import type { Settings } from '../../schemas/settings.js';
import type { Evidence } from '../http/parts.js';
import { bucketStore } from './bucket-store.js';
import { loadMappings, shippedMappings } from './digital-invoice.js';
import type { EvidenceStore } from './store.js';
import { folderStore } from './store.js';

/** Where the settings put evidence files: a bucket where one is named, else a folder, in DATA_DIR unless said. */
export function storeOf(settings: Settings): EvidenceStore {
  const { EVIDENCE_BUCKET: url, EVIDENCE_BUCKET_KEY_ID: keyId, EVIDENCE_BUCKET_SECRET: secret } = settings;
  if (url !== undefined && keyId !== undefined && secret !== undefined) {
    return bucketStore({ url, keyId, secret, region: settings.EVIDENCE_BUCKET_REGION });
  }
  return folderStore(path.resolve(settings.EVIDENCE_FOLDER ?? path.join(settings.DATA_DIR, 'evidence')));
}

/** Throws MappingUnusable. */
export const evidenceOf = (settings: Settings): Omit<Evidence, 'damaged'> => ({
  store: storeOf(settings),
  limit: settings.EVIDENCE_FILE_LIMIT,
  mappings: loadMappings(settings.DIGITAL_INVOICE_MAPPINGS ?? shippedMappings),
});
