// Programmes made for tests, with a word for every row of the language that the two cities' vouchers have no use for.
import { parseProgramme } from '../../src/programmes/language.js';
import type { ProgrammeVersion } from '../../src/programmes/language.js';

export function read(text: string): ProgrammeVersion {
  const parsed = parseProgramme(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.version;
}

/** The text with one passage replaced; the passage must be there. */
export function changed(text: string, passage: string | RegExp, by: string): string {
  const after = text.replace(passage, by);
  if (after === text) throw new Error(`the file has no ${String(passage)}`);
  return after;
}

export const cite = 'cite: { document: measure, article: 第二条 }';

const head = (programme: string, kind = 'PROGRAMME') => `
kind: ${kind}
programme: ${programme}
version: 1
name: { zh: 示例政策, en: An example }
status: DRAFT
basis: { document: measure, article: 第二条 }
documents: { measure: { kind: MEASURE, title: 示例措施 } }
`;

/** Flow R: last year's settled fees, by chips and age, with limits and rules of every kind. */
export const reimbursement = `${head('example-fees')}
flow: { value: REIMBURSEMENT, ${cite} }
base: { value: PRIOR_YEAR_SETTLED_FEE, ${cite} }
amountBasis: { value: GROSS, ${cite} }
rate:
  value:
    kind: CEILING
    tiers:
      - { when: { chipOrigin: DOMESTIC, enterpriseAgeUnderMonths: 12 }, basisPoints: 7000 }
      - { when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }
      - { when: { chipOrigin: NON_DOMESTIC }, basisPoints: 3000 }
  ${cite}
mixedChips: { value: LOWER_RATE, ${cite} }
limits:
  - { id: yearly, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, value: 20000000.00, ${cite} }
  - id: three-years
    counts: AWARDED
    per: LEGAL_PERSON
    window: YEARS_FROM_FIRST_AWARD
    years: 3
    soft: true
    value: 30000000.00
    ${cite}
  - id: contribution
    counts: AWARDED
    per: LEGAL_PERSON
    window: YEAR
    soft: true
    sharedAs: district
    figure: DISTRICT_CONTRIBUTION
    exempt: [RESEARCH_INSTITUTION]
    ${cite}
  - id: investment
    counts: AWARDED
    per: PROJECT
    window: LIFETIME
    figure: AUDITED_INVESTMENT
    onlyWithUpstream: true
    lessUpstream: true
    ${cite}
stacking:
  - { id: highest, strategy: HIGHEST_ONLY, by: PRODUCT, group: compute, ${cite} }
  - { id: own-policy, strategy: ONE_ENTERPRISE_ONE_POLICY, ${cite} }
allocation: { value: PRO_RATA, ${cite} }
priority: { value: [{ class: SME, name: { zh: 中小企业, en: small firms } }], ${cite} }
beneficiaryKinds: { value: [ENTERPRISE], ${cite} }
eligibility:
  - id: ai-sector
    strength: SOFT
    text: { zh: 从事人工智能, en: works on artificial intelligence }
    evidence: [说明]
    ${cite}
providerConditions: { value: [LISTED_WHEN_SETTLED, LOCAL], ${cite} }
purposes: { value: [MODEL_RESEARCH, PRODUCT_DEVELOPMENT], ${cite} }
serviceItems: { value: [AI_COMPUTE], ${cite} }
exclusions: { value: [RELATED_PARTIES, LISTED_PROVIDER], ${cite} }
filing: { value: BEFORE_APPLICATION, ${cite} }
minBase: { value: 1000.00, ${cite} }
minAward: { value: 500.00, ${cite} }
reviewSteps: { value: [EXPERT_REVIEW], ${cite} }
`;

/** Flow P: a voucher on a contract, with the rules that look at contracts. */
export const contracts = `${head('example-voucher')}
flow: { value: VOUCHER, ${cite} }
base: { value: CONTRACT_AMOUNT, ${cite} }
amountBasis: { value: GROSS, ${cite} }
rate: { value: { kind: CEILING, basisPoints: 3000 }, ${cite} }
limits:
  - { id: claimed, counts: CLAIMED, per: LEGAL_PERSON, window: YEAR, value: 1000000.00, ${cite} }
  - { id: redeemed, counts: REDEEMED, per: LEGAL_PERSON, window: YEAR, value: 1000000.00, ${cite} }
stacking:
  - { id: once, strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT, group: one-award, ${cite} }
  - { id: public-money, strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, group: vouchers, basisPoints: 5000, ${cite} }
`;

/** What a district lays over its programmes; every id but one is a name of their own too. */
export const controls = `${head('district-controls', 'GENERAL_CONTROLS')}
eligibility:
  - { id: ai-sector, strength: HARD, text: { zh: 在区内登记, en: registered in the district }, evidence: [登记证], ${cite} }
beneficiaryKinds: { value: [ENTERPRISE], ${cite} }
limits:
  - id: yearly
    counts: AWARDED
    per: LEGAL_PERSON
    window: YEAR
    soft: true
    sharedAs: district
    figure: DISTRICT_CONTRIBUTION
    exempt: [RESEARCH_INSTITUTION]
    ${cite}
  - id: total
    counts: AWARDED
    per: PROGRAMME
    window: YEAR
    values: [{ from: 2025-01-01, value: 500000.00 }, { from: 2025-07-01, value: 600000.00 }]
    ${cite}
stacking:
  - { id: highest, strategy: HIGHEST_ONLY, by: PROJECT, group: district, ${cite} }
`;
