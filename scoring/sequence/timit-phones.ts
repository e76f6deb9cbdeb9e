import { MetricInputError } from '../metric.ts';

/**
 * The 61 phones of TIMIT, and the class of each among the 48 for training and the 39 for scoring; null
 * for the glottal stop `q`, which is left out. Closures, pauses and `h#` are silence.
 *
 * Source: Lee and Hon, "Speaker-independent phone recognition using hidden Markov models" (1989), in
 * the spelling of kaldi's egs/timit/s5/conf/phones.60-48-39.map.
 */
export const TIMIT_PHONES: readonly (readonly [
  phone61: string,
  phone48: string | null,
  phone39: string | null,
])[] = [
  ['aa', 'aa', 'aa'],
  ['ae', 'ae', 'ae'],
  ['ah', 'ah', 'ah'],
  ['ao', 'ao', 'aa'],
  ['aw', 'aw', 'aw'],
  ['ax', 'ax', 'ah'],
  ['ax-h', 'ax', 'ah'],
  ['axr', 'er', 'er'],
  ['ay', 'ay', 'ay'],
  ['b', 'b', 'b'],
  ['bcl', 'vcl', 'sil'],
  ['ch', 'ch', 'ch'],
  ['d', 'd', 'd'],
  ['dcl', 'vcl', 'sil'],
  ['dh', 'dh', 'dh'],
  ['dx', 'dx', 'dx'],
  ['eh', 'eh', 'eh'],
  ['el', 'el', 'l'],
  ['em', 'm', 'm'],
  ['en', 'en', 'n'],
  ['eng', 'ng', 'ng'],
  ['epi', 'epi', 'sil'],
  ['er', 'er', 'er'],
  ['ey', 'ey', 'ey'],
  ['f', 'f', 'f'],
  ['g', 'g', 'g'],
  ['gcl', 'vcl', 'sil'],
  ['h#', 'sil', 'sil'],
  ['hh', 'hh', 'hh'],
  ['hv', 'hh', 'hh'],
  ['ih', 'ih', 'ih'],
  ['ix', 'ix', 'ih'],
  ['iy', 'iy', 'iy'],
  ['jh', 'jh', 'jh'],
  ['k', 'k', 'k'],
  ['kcl', 'cl', 'sil'],
  ['l', 'l', 'l'],
  ['m', 'm', 'm'],
  ['n', 'n', 'n'],
  ['ng', 'ng', 'ng'],
  ['nx', 'n', 'n'],
  ['ow', 'ow', 'ow'],
  ['oy', 'oy', 'oy'],
  ['p', 'p', 'p'],
  ['pau', 'sil', 'sil'],
  ['pcl', 'cl', 'sil'],
  ['q', null, null],
  ['r', 'r', 'r'],
  ['s', 's', 's'],
  ['sh', 'sh', 'sh'],
  ['t', 't', 't'],
  ['tcl', 'cl', 'sil'],
  ['th', 'th', 'th'],
  ['uh', 'uh', 'uh'],
  ['uw', 'uw', 'uw'],
  ['ux', 'uw', 'uw'],
  ['v', 'v', 'v'],
  ['w', 'w', 'w'],
  ['y', 'y', 'y'],
  ['z', 'z', 'z'],
  ['zh', 'zh', 'sh'],
];

/** How many classes phones are folded to; 61 leaves them as they are, `q` too. */
export type PhoneSet = 39 | 48 | 61;

export const SILENCE = 'sil';

/** Classes that are no phones of TIMIT, so that what is folded already folds further: `sil` to itself. */
const CLASSES_ONLY: readonly (readonly [string, string, string])[] = [
  [SILENCE, SILENCE, SILENCE],
  ['cl', 'cl', SILENCE],
  ['vcl', 'vcl', SILENCE],
];

const FOLDS: Readonly<Record<PhoneSet, ReadonlyMap<string, string | null>>> = {
  39: new Map([...TIMIT_PHONES, ...CLASSES_ONLY].map(([phone, , to]) => [phone, to])),
  48: new Map([...TIMIT_PHONES, ...CLASSES_ONLY].map(([phone, to]) => [phone, to])),
  61: new Map(TIMIT_PHONES.map(([phone]) => [phone, phone])),
};

/**
 * Folds phone by phone. `q` is left out, unless folded to 61; neighbouring `sil` are not merged. Names of
 * the 48 and the 39 classes are taken too.
 *
 * @param where what the phones are, for the error.
 * @throws MetricInputError naming the first token that is no phone.
 */
export function foldPhones(phones: readonly string[], to: PhoneSet, where = 'phones61'): string[] {
  const fold = FOLDS[to];
  const folded: string[] = [];
  for (let index = 0; index < phones.length; index++) {
    const phone = phones[index] ?? '';
    const target = fold.get(phone);
    if (target === undefined) {
      const shown = JSON.stringify(phone.length > 12 ? `${phone.slice(0, 12)}…` : phone);
      throw new MetricInputError(`${where}: phone ${index + 1}, ${shown}, is none of TIMIT`);
    }
    if (target !== null) folded.push(target);
  }
  return folded;
}

/** Whether a phone of any of the three sets is silence, a closure or a pause. */
export function isSilence(phone: string): boolean {
  return FOLDS[39].get(phone) === SILENCE;
}
