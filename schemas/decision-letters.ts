import { z } from 'zod';
import { amount, day, explanationStep } from './common.js';

/** A decision as it is told to whom it concerns (决定书), whole in Chinese and in English. */
const wording = z.strictObject({
  title: z.string().meta({ examples: ['算力券发放决定书'] }),
  number: z.string().meta({ description: 'The number of what was decided', examples: ['编号：A-2024-000001'] }),
  party: z.string(),
  facts: z.array(z.string()),
  grounds: z.array(z.string()).meta({ description: 'Articles that the decision rests on, each once' }),
  computation: z.array(z.string()),
  decision: z.string(),
  remedy: z.string().meta({ description: 'Where and until when it can be objected to' }),
  signed: z.string(),
  text: z.string().meta({ description: 'All of it, to be printed' }),
});
export const decisionLetter = z.strictObject({
  amount: amount.meta({ description: 'What was granted, or taken back' }),
  decidedOn: day,
  zh: wording,
  en: wording,
  explanation: z.array(explanationStep),
});
