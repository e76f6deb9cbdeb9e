import { z } from 'zod';

import { numberArray, numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { interquartileMean, mean, median } from './aggregate.ts';

/**
 * (score - random) / (human - random): 0 is a random player, 1 the human of the table. Not clipped: it
 * may be negative, or far above 1.
 *
 * Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015).
 *
 * @returns null where human and random score the same.
 */
export function humanNormalised(score: number, random: number, human: number): number | null {
  return human === random ? null : (score - random) / (human - random);
}

/** One game: three numbers. Several: a list each; `score` may hold a list of runs for each game. */
const InputSchema = z.object({
  score: z.union([z.number(), numberArray]),
  random: z.union([z.number(), numberList]),
  human: z.union([z.number(), numberList]),
});
type Input = z.infer<typeof InputSchema>;

const asList = (value: number | Float64Array) =>
  typeof value === 'number' ? Float64Array.of(value) : value;

/**
 * @returns the normalised scores of each game's runs; null where one of them is not defined.
 * @throws RangeError when there are not as many games in each list.
 */
function gamesOf({ score, random, human }: Input): number[][] | null {
  const { shape, values } =
    typeof score === 'number' ? { shape: [1], values: Float64Array.of(score) } : score;
  const [games = 0, runs = 1] = shape;
  const low = asList(random);
  const high = asList(human);
  if (shape.length > 2 || low.length !== games || high.length !== games) {
    throw new RangeError(
      `score is ${shape.join(' x ')} (games x runs), random has ${low.length} games, human has ${high.length}`,
    );
  }
  const normalised: number[][] = [];
  for (let game = 0; game < games; game++) {
    const ofGame: number[] = [];
    for (let run = 0; run < runs; run++) {
      const value = humanNormalised(
        values[game * runs + run] ?? 0,
        low[game] ?? 0,
        high[game] ?? 0,
      );
      if (value === null) return null;
      ofGame.push(value);
    }
    normalised.push(ofGame);
  }
  return normalised;
}

/** Mean over its runs, for each game; null where `gamesOf` is, or games have no runs. */
function meansOf(input: Input): Float64Array | null {
  const games = gamesOf(input);
  if (games?.some((runs) => runs.length === 0) !== false) return null;
  return Float64Array.from(games, (runs) => mean(runs) ?? 0);
}

function iqmOf(input: Input): number | null {
  const games = gamesOf(input);
  return games === null ? null : interquartileMean(games.flat());
}

const facts = {
  domain: 'reinforcement',
  higherIsBetter: true,
  range: [-Infinity, Infinity],
  unit: 'number',
  edgeCases: {
    en: 'Not clipped: below 0 is worse than a random player. A mean over games is often the work of one or two of them; look at the median and the interquartile mean too. Undefined without games, or where the human scores as the random player does.',
    es: 'Sin recortar: por debajo de 0 es peor que un jugador aleatorio. La media entre juegos la deciden a menudo uno o dos; mira también la mediana y la media intercuartílica. No está definida sin juegos, ni donde la persona puntúa igual que el jugador aleatorio.',
  },
  source: 'Mnih et al. 2015; Wang et al. 2016 (reference scores); Agarwal et al. 2021 and rliable',
  input: InputSchema,
} as const;

const DEFINITION = {
  en: '(score - random) / (human - random) of each game: 0 is a random player, 1 the human of the reference table.',
  es: '(puntuación - aleatorio) / (humano - aleatorio) en cada juego: 0 es un jugador aleatorio y 1, la persona de la tabla de referencia.',
};

export const humanNormalisedMean = defineMetric<Input>({
  ...facts,
  name: 'human_normalised',
  title: { en: 'Human-normalised score', es: 'Puntuación normalizada por la humana' },
  aggregation: {
    en: 'Mean over the runs of each game, then over games.',
    es: 'Media sobre las partidas de cada juego y después sobre los juegos.',
  },
  definition: DEFINITION,
  report: (input) => {
    const means = meansOf(input);
    const games = means ?? new Float64Array(0);
    return { value: mean(games), median: median(games), iqm: iqmOf(input), games: [...games] };
  },
  itemwise: {
    item: { en: 'game', es: 'juego' },
    statistics: (input) => {
      const values = meansOf(input) ?? new Float64Array(0);
      return { items: values.length, width: 1, values };
    },
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  },
});

export const humanNormalisedMedian = defineMetric<Input>({
  ...facts,
  name: 'human_normalised_median',
  title: {
    en: 'Median human-normalised score',
    es: 'Mediana de la puntuación normalizada por la humana',
  },
  aggregation: {
    en: 'Mean over the runs of each game, then the median over games.',
    es: 'Media sobre las partidas de cada juego y después la mediana sobre los juegos.',
  },
  definition: DEFINITION,
  report: (input) => ({ value: median(meansOf(input) ?? []) }),
});

export const humanNormalisedIqm = defineMetric<Input>({
  ...facts,
  name: 'human_normalised_iqm',
  title: {
    en: 'Interquartile mean of the human-normalised score',
    es: 'Media intercuartílica de la puntuación normalizada por la humana',
  },
  aggregation: {
    en: 'All runs of all games together; mean of their middle half.',
    es: 'Todas las partidas de todos los juegos juntas; media de su mitad central.',
  },
  definition: DEFINITION,
  report: (input) => ({ value: iqmOf(input) }),
});
