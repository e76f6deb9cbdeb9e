/** How much of the public answers an entry can have learnt from its scores. */
import { formatNumber, translate, translateCount, type Language } from '../../views/language.ts';
import type { InformationSpent } from '../services/releases.ts';

export interface MeterModel {
  readonly spent: number;
  readonly total: number;
  readonly text: string;
  readonly scores_text: string;
  /** How far public scores can be from the truth, where that says anything. */
  readonly bound_text: string | null;
  readonly tables_shown: boolean;
}

/** A promise that a score is off by no more than this is worth being read. */
const LARGEST_BOUND = 0.5;

export function presentMeter(language: Language, spent: InformationSpent): MeterModel {
  const { rule, answers, improvements, bits, target_bits, bound, tables_shown } = spent;
  return {
    // Never fuller than full: more bits than there are tell no more than all.
    spent: Math.min(round(bits), round(target_bits)),
    total: round(target_bits),
    text: translate(language, 'meter.bits', {
      bits: roundText(language, bits),
      total: roundText(language, target_bits),
    }),
    scores_text: translateCount(
      language,
      // Without a Ladder nothing is shown as better or not.
      rule.rule === 'ladder' || rule.rule === 'ladder-free'
        ? 'meter.scores_ladder'
        : 'meter.scores',
      answers,
      { improvements, total: roundText(language, target_bits) },
    ),
    bound_text:
      tables_shown || bound >= LARGEST_BOUND
        ? null
        : translate(language, 'meter.bound', {
            points: (bound * 100).toLocaleString(language, { maximumFractionDigits: 1 }),
          }),
    tables_shown,
  };
}

/** One decimal below ten bits, none above. */
function round(bits: number): number {
  return bits < 10 ? Math.round(bits * 10) / 10 : Math.round(bits);
}

function roundText(language: Language, bits: number): string {
  return formatNumber(language, round(bits));
}
