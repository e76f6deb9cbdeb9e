import type { NumberArray } from '../input.ts';
import type { ItemStatistics } from '../metric.ts';

export interface TrajectoryShape {
  readonly agents: number;
  /** Predictions of each agent, at least 1. */
  readonly samples: number;
  /** At least 1. */
  readonly steps: number;
  /** At least 1. */
  readonly dimensions: number;
}

/** One distance for each agent, in the unit of the positions. */
export interface Displacements {
  readonly average: Float64Array;
  readonly final: Float64Array;
}

/**
 * Euclidean distance between predicted and true positions of each agent: its mean over the steps, and
 * at the last step. Of several samples the best is taken, for the two apart.
 *
 * Source: Pellegrini et al., "You'll never walk alone" (2009); displacement_error and
 * final_displacement_error of Social-GAN, divided by their counts. Best of K: Gupta et al., "Social
 * GAN" (2018); their code takes one sample for a whole scene, which gives higher numbers.
 *
 * @param predictions agents x samples x steps x dimensions, row-major.
 * @param truth agents x steps x dimensions.
 * @throws RangeError when the lengths do not fit the shape.
 */
export function displacements(
  predictions: Float64Array,
  truth: Float64Array,
  { agents, samples, steps, dimensions }: TrajectoryShape,
): Displacements {
  const size = steps * dimensions;
  if (truth.length !== agents * size || predictions.length !== agents * samples * size) {
    throw new RangeError(
      `predictions have ${predictions.length} numbers, truth has ${truth.length}; ${agents} agents x ${samples} samples x ${steps} steps x ${dimensions} dimensions need ${agents * samples * size} and ${agents * size}`,
    );
  }
  if (samples < 1 || steps < 1 || dimensions < 1) {
    throw new RangeError(
      `${samples} samples of ${steps} steps in ${dimensions} dimensions: at least 1 of each is expected`,
    );
  }
  const average = new Float64Array(agents).fill(Infinity);
  const final = new Float64Array(agents).fill(Infinity);
  let at = 0;
  for (let agent = 0; agent < agents; agent++) {
    for (let sample = 0; sample < samples; sample++) {
      let own = agent * size;
      let sum = 0;
      let distance = 0;
      for (let step = 0; step < steps; step++) {
        let squares = 0;
        for (let axis = 0; axis < dimensions; axis++) {
          const apart = (predictions[at++] ?? 0) - (truth[own++] ?? 0);
          squares += apart * apart;
        }
        distance = Math.sqrt(squares);
        sum += distance;
      }
      average[agent] = Math.min(average[agent] ?? Infinity, sum / steps);
      final[agent] = Math.min(final[agent] ?? Infinity, distance);
    }
  }
  return { average, final };
}

const NONE: Displacements = { average: new Float64Array(0), final: new Float64Array(0) };

/** One prediction for each agent: both arrays are agents x steps x dimensions. */
export function displacementsOfOne(prediction: NumberArray, truth: NumberArray): Displacements {
  const [agents = 0, steps = 0, dimensions = 0] = truth.shape;
  const same = prediction.shape.join() === truth.shape.join();
  if (!same || (agents > 0 && truth.shape.length !== 3)) {
    throw new RangeError(
      `the prediction is ${shown(prediction)}, the truth ${shown(truth)}: both should be agents x steps x dimensions`,
    );
  }
  if (agents === 0) return NONE;
  return displacements(prediction.values, truth.values, { agents, samples: 1, steps, dimensions });
}

/**
 * Several predictions: samples are agents x K x steps x dimensions, truth is agents x steps x dimensions.
 * Of one agent the first dimension may be left out of both.
 */
export function displacementsOfBest(samples: NumberArray, truth: NumberArray): Displacements {
  if (truth.shape[0] === 0 && samples.shape[0] === 0) return NONE;
  const ofTruth = truth.shape.length === 2 ? [1, ...truth.shape] : truth.shape;
  const ofSamples = truth.shape.length === 2 ? [1, ...samples.shape] : samples.shape;
  const [agents = 0, steps = 0, dimensions = 0] = ofTruth;
  const count = ofSamples[1] ?? 0;
  const fit = ofSamples.join() === [agents, count, steps, dimensions].join();
  if (!fit || ofTruth.length !== 3) {
    throw new RangeError(
      `the samples are ${shown(samples)}, the truth ${shown(truth)}: agents x samples x steps x dimensions and agents x steps x dimensions are expected`,
    );
  }
  return displacements(samples.values, truth.values, {
    agents,
    samples: count,
    steps,
    dimensions,
  });
}

function shown({ shape }: NumberArray): string {
  return shape.join(' x ');
}

/** @returns null for an empty list. */
export function mean(values: Float64Array): number | null {
  return finishMean([values.reduce((sum, value) => sum + value, 0)], values.length);
}

function finishMean(sums: ArrayLike<number>, items: number): number | null {
  return items === 0 ? null : (sums[0] ?? 0) / items;
}

/** What metrics that average one number of each agent share. */
export function meanOverAgents<Input>(valuesOf: (input: Input) => Float64Array) {
  return {
    report: (input: Input) => ({ value: mean(valuesOf(input)) }),
    itemwise: {
      item: { en: 'agent', es: 'agente' },
      statistics: (input: Input): ItemStatistics => {
        const values = valuesOf(input);
        return { items: values.length, width: 1, values };
      },
      finish: finishMean,
    },
  };
}
