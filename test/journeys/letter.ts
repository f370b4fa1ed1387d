/** What every letter of a decision must say, whatever was decided. Not a test itself. */
import type { z } from 'zod';
import type { decisionLetter } from '../../schemas/decision-letters.js';

export type DecisionLetter = z.output<typeof decisionLetter>;

interface Asserts {
  match(found: unknown, wanted: unknown, message: string): unknown;
  notMatch(found: unknown, unwanted: unknown, message: string): unknown;
  ok(of: unknown, message: string): unknown;
  equal(found: unknown, wanted: unknown, message: string): unknown;
}

/** Heading, party, facts, articles, computation, decision, remedies with their deadlines, who signs: in this order, and in both languages. */
export function readsLikeALetter(
  t: Asserts,
  { zh, en, explanation }: DecisionLetter,
  of: { title: string; party: string },
): void {
  t.equal(zh.title, of.title, 'its heading');
  t.match(
    zh.text,
    new RegExp(
      [
        `^${of.title}`,
        '编号：\\S+',
        `当事人：${of.party}（统一社会信用代码 [0-9A-Z]{18}）`,
        '一、事实',
        '二、依据\\n.*[《〔].+第.+',
        '三、计算\\n（1）',
        '四、决定',
        '五、救济途径和期限',
        '六十日内.*行政复议.*六个月内.*行政诉讼',
        '\\d{4}年\\d{1,2}月\\d{1,2}日$',
      ].join('[\\s\\S]*'),
    ),
    'chapter by chapter',
  );
  t.ok(
    zh.computation.length === explanation.length && zh.grounds.length > 0,
    'every step of the explanation, and what it rests on',
  );
  t.notMatch(zh.text, /[A-Z]{2,}_[A-Z]|undefined|null|得 得/, 'no code of ours in a sentence for people');
  t.notMatch(zh.computation.join(''), /[a-z]{3,}[A-Z]/, 'and no name of a field');
  t.match(en.text, /Facts[\s\S]*Grounds[\s\S]*Computation[\s\S]*Decision[\s\S]*within sixty days/, 'and in English');
  for (const step of explanation) {
    const told = zh.computation.find((line) => line.includes(step.ruleZh));
    const shown = Object.values(step.inputs).filter((value) => value !== '').length;
    t.equal(
      told === undefined ? -1 : told.split(/（(?!\d+）)/).length > 1 || shown === 0,
      true,
      `what went into: ${step.ruleZh}`,
    );
  }
}
