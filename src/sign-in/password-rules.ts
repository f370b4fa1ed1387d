// Which passwords are taken: long ones, of whatever characters (NIST SP 800-63B: length, not composition), that are not what attackers
// try first and not made of what everybody knows about their owner.

/** Characters (code points), inclusive. */
export const passwordLength = { least: 12, most: 128 } as const;

/**
 * What common passwords are put together from, in lower case. A word of a password counts as one character, so that
 * «Password123456!» is as short as it is to guess.
 */
const commonWords = `
  520 1314 5201314 168 888 666 911 2020 2021 2022 2023 2024 2025 2026 2027 1949 1980 1990 2000
  password passwort passwd pass welcome letmein login admin administrator root user guest test tester testing demo default
  changeme change secret private master super system server qwerty qwertz azerty asdf asdfgh zxcv zxcvbn iloveyou love lovely
  princess dragon monkey football baseball basketball soccer hockey superman batman pokemon starwars matrix computer internet
  windows linux google facebook microsoft samsung huawei xiaomi tencent alibaba baidu sunshine shadow flower summer winter
  spring autumn monday friday sunday january december michael jennifer jordan charlie andrew daniel jessica ashley thomas
  robert george hunter freedom whatever trustno hello world access mustang cheese cookie killer ninja correct horse battery
  staple trust nothing abc abcd xyz aaa zzz security secure office company woaini woaiwojia wodemima mima nihao nihaoma
  zhangwei wangwei lihua zhongguo china beijing shanghai guangzhou shenzhen hangzhou wuhan zhengzhou jiaozuo henan zhejiang
  gongxin jingxin caizheng shenji zhengfu guanliyuan suanli suanliquan quan voucher vouchers compute ledger finance iloveu
  yes god jesus money king queen star happy lucky baby angel apple orange
`
  .trim()
  .split(/\s+/);
const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '!@#$%^&*()',
];
const runs = rows.flatMap((row) => [row, [...row].reverse().join('')]);
/** Letters that are written as digits and signs. */
const disguises: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
};
/** A run of a row of keys, of the alphabet or of one character: from this length on it counts as one character. */
const shortestRun = 3;
/** What must be left of a password that is not a common word, a run, or known of its owner. */
const leastOwn = 8;

/** Compatibility forms are one and the same: what looks alike on two keyboards is typed alike (NIST SP 800-63B 3.1.1.2). */
export const normalised = (password: string): string => password.normalize('NFKC');

/**
 * Why a new password is not taken, or null. `known`: what anybody may know of its owner (name, sign-in name, book). In this order:
 * PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG (characters), PASSWORD_GUESSABLE.
 */
export function passwordRefusal(
  password: string,
  known: readonly string[],
): 'PASSWORD_TOO_SHORT' | 'PASSWORD_TOO_LONG' | 'PASSWORD_GUESSABLE' | null {
  const characters = [...normalised(password)];
  if (characters.length < passwordLength.least) return 'PASSWORD_TOO_SHORT';
  if (characters.length > passwordLength.most) return 'PASSWORD_TOO_LONG';
  const contextual = known.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]).filter((word) => [...word].length >= 2);
  return ownCharacters(characters.join(''), contextual) < leastOwn ? 'PASSWORD_GUESSABLE' : null;
}

/** Characters of a password after each word that is known, and each run, has been made one; the shorter of it as typed and undisguised. */
function ownCharacters(password: string, contextual: readonly string[]): number {
  const typed = password.toLowerCase();
  const undisguised = [...typed].map((character) => disguises[character] ?? character).join('');
  const words = [...commonWords, ...contextual.map((word) => word.toLowerCase())].sort((a, b) => b.length - a.length);
  return Math.min(...[typed, undisguised].map((text) => shortened(text, words)));
}

function shortened(text: string, words: readonly string[]): number {
  let length = 0;
  let before = '';
  for (let at = 0; at < text.length; length++) {
    const word = words.find((of) => text.startsWith(of, at));
    const taken = Math.max(word?.length ?? 0, runAt(text, at), 1);
    const part = text.slice(at, at + taken);
    // The same again adds nothing.
    if (part === before) length--;
    before = part;
    at += taken;
  }
  return length;
}

function runAt(text: string, at: number): number {
  let same = 1;
  while (text[at + same] === text[at]) same++;
  let longest = same;
  for (let length = shortestRun; at + length <= text.length; length++) {
    if (!runs.some((run) => run.includes(text.slice(at, at + length)))) break;
    longest = Math.max(longest, length);
  }
  return longest >= shortestRun ? longest : 0;
}
