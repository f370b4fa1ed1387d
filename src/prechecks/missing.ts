// What an application would still need, in words: conditions to be shown, facts that were not given, numbers that are not on record.
// Pure.
import type { Day } from '../calendar.js';
import { describeRefusal } from '../errors.js';
import type { RefusalCode } from '../errors.js';
import { rules } from '../programmes/explain.js';
import { documentName } from '../programmes/language.js';
import type { Bilingual, Citation, Law, Material, Matter, Predicate, ProgrammeVersion } from '../programmes/language.js';

export interface Missing {
  kind: 'PREDICATE' | 'MATERIAL' | 'FACT' | 'FIGURE' | 'MATTER' | 'FILING' | 'DEADLINE';
  name: string;
  text: Bilingual;
  evidence: string[];
  document: string | null;
  article: string | null;
  exceptionPossible: boolean;
}

type Kept = Pick<Missing, 'kind' | 'name' | 'text'> & Partial<Missing>;

const missing = (law: ProgrammeVersion, cite: Citation | undefined, of: Kept): Missing => ({
  evidence: [],
  exceptionPossible: false,
  ...of,
  document: cite === undefined ? null : documentName(law, cite),
  article: cite?.article ?? null,
});

// Most of what an answer says is missing are conditions, and they read the same in each: worded once.
const shown = new WeakMap<Predicate, Missing>();

/** A condition that nobody has said is met, or that is said not to be. */
export function predicateToShow(law: ProgrammeVersion, predicate: Predicate): Missing {
  let of = shown.get(predicate);
  if (of === undefined) {
    const { id: name, evidence, strength } = predicate;
    const condition = { kind: 'PREDICATE' as const, name, text: rules.predicate(predicate), evidence: [...evidence] };
    shown.set(predicate, (of = missing(law, predicate.cite, { ...condition, exceptionPossible: strength === 'SOFT' })));
  }
  return of;
}

const handedIn: Record<Material['by'], Bilingual> = {
  APPLICATION: { zh: '申请时', en: 'with the application' },
  REDEMPTION: { zh: '申请兑付时', en: 'when a voucher is redeemed' },
  PAYMENT: { zh: '拨付前', en: 'before it is paid' },
};
const asked = new WeakMap<Material, Missing>();

/** A paper that the programme asks for, and at which step. */
export function materialToHandIn(law: ProgrammeVersion, material: Material): Missing {
  let of = asked.get(material);
  if (of === undefined) {
    const { kind: name, by, cite } = material;
    const text = {
      zh: `${handedIn[by].zh}须提交：${material.name.zh}`,
      en: `to be handed in ${handedIn[by].en}: ${material.name.en}`,
    };
    asked.set(material, (of = missing(law, cite, { kind: 'MATERIAL', name, text })));
  }
  return of;
}

const matterNames: Record<Matter, Bilingual> = {
  PROJECT: { zh: '项目', en: 'project' },
  PRODUCT: { zh: '产品', en: 'product' },
  STANDARD: { zh: '标准', en: 'standard' },
  AWARD_SERIES: { zh: '奖项', en: 'series of awards' },
};

/** What the application is about, where awards on one matter go together; taken as one that has no award yet. */
export const matterToName = (law: ProgrammeVersion, cite: Citation, matter: Matter): Missing => {
  const { zh, en } = matterNames[matter];
  return missing(law, cite, {
    kind: 'MATTER',
    name: matter,
    text: {
      zh: `须写明所涉${zh}：同一${zh}的各项补助一并计算；此处按尚无其他补助的${zh}计算`,
      en: `name the ${en}: all awards on one ${en} go together; it is taken here as one that has no other award`,
    },
  });
};

/** A number that a limit is taken from. `stated`: the asker has named it, the book has none. */
export const figureToRecord = (
  law: ProgrammeVersion,
  cite: Citation,
  limitId: string,
  rule: Bilingual,
  stated: boolean,
): Missing =>
  missing(law, cite, {
    kind: 'FIGURE',
    name: limitId,
    text: stated
      ? {
          zh: `该数额尚未登记，此处按所述数额计算：${rule.zh}`,
          en: `the number is not on record yet, the one stated was taken: ${rule.en}`,
        }
      : {
          zh: `该数额尚未登记，登记前暂缓办理：${rule.zh}`,
          en: `the number is not on record, and the case is held until it is: ${rule.en}`,
        },
  });

/** The contract has to be filed (备案) first; it is taken as filed on the day. */
export const filing = (law: ProgrammeVersion, cite: Citation | undefined, day: Day): Missing =>
  missing(law, cite, {
    kind: 'FILING',
    name: 'CONTRACT_FILING',
    text: {
      zh: `合同尚未备案，须先完成备案；此处按 ${day} 完成备案计算`,
      en: `the contract is not filed yet and has to be; it is taken here as filed on ${day}`,
    },
  });

/** A day that is over or has not come, as the refusal for it says. */
export const deadline = (law: ProgrammeVersion, code: RefusalCode, params: Readonly<Record<string, string>>): Missing => {
  const told = (language: 'zh' | 'en') => describeRefusal(code, params, language).detail;
  return missing(law, undefined, { kind: 'DEADLINE', name: code, text: { zh: told('zh'), en: told('en') } });
};

const plain = {
  CONTRACT: { zh: '本方案按合同计算，须说明合同', en: 'this programme looks at a contract: name or describe one' },
  FEES: {
    zh: '本方案按上一年度已结算的费用计算，须说明费用',
    en: 'this programme looks at the fees settled in the year before: describe them',
  },
  ESTABLISHED_ON: { zh: '比例与成立时间有关，须说明成立日期', en: 'the rate depends on the day of establishment' },
  CLASSES: {
    zh: '比例、限额或顺序与企业类别有关，未说明类别的按不属于任何类别计算',
    en: 'rates, limits or the order depend on classes of enterprises; it was taken as one of no class',
  },
  MODEL_CLASS: {
    zh: '比例与模型类别有关，未说明的明细行按不属于任何类别计算',
    en: 'the rate depends on the class of the model; lines that name none were taken as of no class',
  },
  VAT: {
    zh: '本方案按不含税金额计算，未说明税额的明细行按税额为零计算',
    en: 'amounts count without tax; lines that name no tax were taken as without any',
  },
} as const satisfies Record<string, Bilingual>;

/** A fact that the answer depends on and that was not given. */
export const fact = (law: ProgrammeVersion, cite: Citation | undefined, name: keyof typeof plain): Missing =>
  missing(law, cite, { kind: 'FACT', name, text: plain[name] });

/** A condition of the law on what was not said of a provider, a facility, a purpose or chips; told in the rule's own words. */
export const ruleToShow = (law: ProgrammeVersion, cite: Citation, name: string, rule: Bilingual): Missing =>
  missing(law, cite, { kind: 'FACT', name, text: rule });

/** Chips of lines that name none: by what the law does with these. */
export const chipsToShow = (law: ProgrammeVersion, on: Law): Missing | null => {
  const cite = on.mixedChips?.cite ?? on.rate?.cite;
  if (cite === undefined || on.rate === null) return null;
  const rule = on.mixedChips === null ? rules.rate(on.rate.value) : rules.mixedChips[on.mixedChips.value];
  return ruleToShow(law, cite, 'CHIP_ORIGIN', rule);
};
