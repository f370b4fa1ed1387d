// The codes of the law as people read them, and how a sentence writes a sum or a window. Pure.

export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export const itemNames = {
  AI_COMPUTE: { zh: '智能算力', en: 'AI compute' },
  SUPERCOMPUTE: { zh: '超算算力', en: 'supercomputing' },
  GENERAL_COMPUTE: { zh: '通用算力', en: 'general compute' },
  STORAGE: { zh: '存储', en: 'storage' },
  NETWORK: { zh: '网络', en: 'network' },
  SECURITY: { zh: '安全', en: 'security' },
  CORPUS: { zh: '语料', en: 'corpora' },
  MODEL_SERVICE: { zh: '模型服务', en: 'model services' },
  TECHNOLOGY: { zh: '技术合同', en: 'technical contracts' },
  RESEARCH_COST: { zh: '研发成本', en: 'costs of research and development' },
} as const;
export const purposeNames = {
  MODEL_RESEARCH: { zh: '模型技术研究', en: 'model research' },
  PRODUCT_DEVELOPMENT: { zh: '产品开发', en: 'product development' },
  SCENARIO_APPLICATION: { zh: '场景应用', en: 'scenario application' },
} as const;
export const beneficiaryNames = {
  ENTERPRISE: { zh: '企业', en: 'enterprises' },
  INSTITUTION: { zh: '事业单位及其他机构', en: 'institutions' },
} as const;
/** What a review recorded of a condition. */
export const findingNames = {
  MET: { zh: '符合', en: 'met' },
  NOT_MET: { zh: '不符合', en: 'not met' },
  NOT_RECORDED: { zh: '未核查', en: 'not recorded' },
  EXCEPTION: { zh: '经批准例外', en: 'approved exception' },
} as const;
const facilityNames = {
  SUPERCOMPUTING: { zh: '超算中心', en: 'supercomputing centre' },
  AI_COMPUTING: { zh: '人工智能计算中心', en: 'AI computing centre' },
  DATA_CENTER: { zh: '数据中心', en: 'data centre' },
} as const;
const matterNames = {
  CONTRACT: { zh: '合同', en: 'contract' },
  PROJECT: { zh: '项目', en: 'project' },
  PRODUCT: { zh: '产品', en: 'product' },
  STANDARD: { zh: '标准', en: 'standard' },
  AWARD_SERIES: { zh: '奖项', en: 'series of awards' },
} as const;

const words: Readonly<Record<string, Bilingual>> = {
  ...itemNames,
  ...purposeNames,
  ...beneficiaryNames,
  ...findingNames,
  ...facilityNames,
  ...matterNames,
  '': { zh: '未写明', en: 'not stated' },
};

/** 1234567.89 as 1,234,567.89. */
export const grouped = (yuan: string): string => yuan.replace(/\B(?=(\d{3})+\.)/g, ',');

/** A limit's window: a year, `2024+3` for the three years from 2024 on, or LIFETIME. */
export function windowInWords(window: string, language: 'zh' | 'en'): string {
  const [, first, years] = /^(\d{4})(?:\+(\d+))?$/.exec(window) ?? [];
  if (first === undefined) return window === 'LIFETIME' ? { zh: '累计', en: 'all years' }[language] : window;
  if (years === undefined) return language === 'zh' ? `${first} 年` : first;
  const last = Number(first) + Number(years) - 1;
  return language === 'zh' ? `${first} 年至 ${last} 年` : `${first} to ${last}`;
}

const forms: Readonly<Record<string, (value: string, language: 'zh' | 'en') => string>> = {
  yuan: grouped,
  window: windowInWords,
  // One code, or several.
  word: (value, language) =>
    value
      .split(', ')
      .map((code) => words[code]?.[language] ?? code)
      .join(language === 'zh' ? '、' : ', '),
};

/** Fills `{name}` with a parameter as it is, and `{name:yuan}`, `{name:window}`, `{name:word}` with what it reads as. */
export const fillIn = (text: string, params: Readonly<Record<string, string>>, language: 'zh' | 'en'): string =>
  text.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, form: string | undefined) => {
    const value = params[name];
    if (value === undefined) return whole;
    return (form === undefined ? undefined : forms[form])?.(value, language) ?? value;
  });
