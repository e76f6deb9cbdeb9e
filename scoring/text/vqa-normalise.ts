import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { splitWords } from '../sequence/tokens.ts';

const PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'.split('');
const DIGITS_AROUND_COMMA = /\p{Nd},\p{Nd}/u;
/** The reference code passes a flag (32) where the number of replacements belongs. */
const PERIOD_LIMIT = 32;

const NUMBERS: ReadonlyMap<string, string> = new Map([
  ['none', '0'],
  ['zero', '0'],
  ['one', '1'],
  ['two', '2'],
  ['three', '3'],
  ['four', '4'],
  ['five', '5'],
  ['six', '6'],
  ['seven', '7'],
  ['eight', '8'],
  ['nine', '9'],
  ['ten', '10'],
]);

const ARTICLES: ReadonlySet<string> = new Set(['a', 'an', 'the']);

/**
 * Contractions whose spelling without apostrophes gets them back. The reference's entries with a capital
 * I are left out: by then the text is in lower case.
 */
const CONTRACTED = `ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's
  how'd how'll how's isn't it'd it'll ma'am mightn't might've mustn't must've needn't not've
  o'clock oughtn't shan't should've shouldn't somebody'll somebody's someone'd someone'll someone's
  something'd something'll that's there'd there're there's they'd they'll they're they've 'twas wasn't
  we've weren't what'll what're what's what've when's where'd where's where've who'd who'll who's
  who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've`;

/** The rest of the table, its slips included: `somebody'd` loses its apostrophe. */
const IRREGULAR: readonly (readonly [string, string])[] = [
  ["couldn'tve", "couldn't've"],
  ["couldnt've", "couldn't've"],
  ["hadnt've", "hadn't've"],
  ["hadn'tve", "hadn't've"],
  ["hed've", "he'd've"],
  ["he'dve", "he'd've"],
  ["itd've", "it'd've"],
  ["it'dve", "it'd've"],
  ["mightnt've", "mightn't've"],
  ["mightn'tve", "mightn't've"],
  ["ow's'at", "'ow's'at"],
  ["'ows'at", "'ow's'at"],
  ["'ow'sat", "'ow's'at"],
  ["shed've", "she'd've"],
  ["she'dve", "she'd've"],
  ["shouldnt've", "shouldn't've"],
  ["shouldn'tve", "shouldn't've"],
  ["somebody'd", 'somebodyd'],
  ["somebodyd've", "somebody'd've"],
  ["somebody'dve", "somebody'd've"],
  ["someoned've", "someone'd've"],
  ["someone'dve", "someone'd've"],
  ["somethingd've", "something'd've"],
  ["something'dve", "something'd've"],
  ["thered've", "there'd've"],
  ["there'dve", "there'd've"],
  ["theyd've", "they'd've"],
  ["they'dve", "they'd've"],
  ["wed've", "we'd've"],
  ["we'dve", "we'd've"],
  ["whod've", "who'd've"],
  ["who'dve", "who'd've"],
  ["wouldnt've", "wouldn't've"],
  ["wouldn'tve", "wouldn't've"],
  ["yall'll", "y'all'll"],
  ["y'allll", "y'all'll"],
  ["yall'd've", "y'all'd've"],
  ["y'alld've", "y'all'd've"],
  ["y'all'dve", "y'all'd've"],
  ["youd've", "you'd've"],
  ["you'dve", "you'd've"],
];

const CONTRACTIONS: ReadonlyMap<string, string> = new Map([
  ...splitWords(CONTRACTED).map((word) => [word.replaceAll("'", ''), word] as const),
  ...IRREGULAR,
]);

/**
 * An answer as the VQA evaluation compares it: punctuation out, lower case, number words as digits, no
 * articles, apostrophes put back. The quirks of the reference code are kept: a comma between digits makes
 * every mark vanish without a space, and only the first 32 periods are taken out.
 *
 * Source: GT-Vision-Lab/VQA, `processPunctuation` and then `processDigitArticle`.
 */
export function normaliseAnswer(answer: string): string {
  return withoutArticles(withoutPunctuation(answer));
}

function withoutPunctuation(text: string): string {
  const joined = DIGITS_AROUND_COMMA.test(text);
  let result = text;
  for (const mark of PUNCTUATION) {
    const alone = text.includes(`${mark} `) || text.includes(` ${mark}`);
    result = result.replaceAll(mark, alone || joined ? '' : ' ');
  }
  let removed = 0;
  return result.replaceAll(/\.(?!\p{Nd})/gu, (period) => (removed++ < PERIOD_LIMIT ? '' : period));
}

function withoutArticles(text: string): string {
  return splitWords(text.toLowerCase())
    .map((word) => NUMBERS.get(word) ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

export const vqaNormalise = defineMetric({
  name: 'vqa_normalise',
  domain: 'text',
  title: { en: 'VQA answer, normalised', es: 'Respuesta VQA, normalizada' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One answer.', es: 'Una respuesta.' },
  definition: {
    en: "The answer as it is compared: without punctuation, in lower case, number words from none to ten as digits, without the articles a, an and the, and with the apostrophes of contractions (isnt becomes isn't).",
    es: "La respuesta tal como se compara: sin puntuación, en minúsculas, los números en palabras de none a ten como cifras, sin los artículos a, an y the, y con los apóstrofos de las contracciones (isnt pasa a ser isn't).",
  },
  edgeCases: {
    en: 'A mark next to a space, or in a text with a comma between digits, is taken out; any other becomes a space. Periods are taken out unless a digit follows, 32 at most, as in the reference code. It was made for English.',
    es: 'Un signo junto a un espacio, o en un texto con una coma entre cifras, se quita; cualquier otro pasa a ser un espacio. Los puntos se quitan salvo que siga una cifra, 32 como máximo, como en el código de referencia. Está hecha para el inglés.',
  },
  source: 'GT-Vision-Lab/VQA (processPunctuation, processDigitArticle), equal to it',
  input: z.object({ text: z.string() }),
  report: ({ text }) => ({ value: normaliseAnswer(text) }),
});
