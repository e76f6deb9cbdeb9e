import { z } from 'zod';

import { binaryList } from '../input.ts';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import { wilsonInterval } from '../statistics/wilson.ts';

/**
 * 1 for each image that is classified right clean and after every attack, else 0: the worst case of
 * each image, not the worst attack. For more attacks, pass the answer as `clean` of the next call.
 *
 * Source: Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks" (2020): in the sequential evaluation of AutoAttack an image that one attack
 * breaks stays broken.
 *
 * @param clean 0 or 1 for each of N images.
 * @param attacks for each attack 0 or 1 for each of the same images; none is allowed.
 * @throws RangeError when an attack has another number of images.
 */
export function robustImages(
  clean: ArrayLike<number>,
  attacks: readonly ArrayLike<number>[],
): Uint8Array {
  const robust = Uint8Array.from(clean);
  for (const [index, attack] of attacks.entries()) {
    if (attack.length !== robust.length) {
      throw new RangeError(
        `attack ${index} has ${attack.length} images, the clean run has ${robust.length}`,
      );
    }
    for (let image = 0; image < robust.length; image++) {
      if (attack[image] !== 1) robust[image] = 0;
    }
  }
  return robust;
}

const InputSchema = z.object({
  cleanCorrect: binaryList,
  correctAfterAttack: z.array(binaryList),
});
type Input = z.infer<typeof InputSchema>;

function statistics({ cleanCorrect, correctAfterAttack }: Input): ItemStatistics {
  const values = Float64Array.from(robustImages(cleanCorrect, correctAfterAttack));
  return { items: values.length, width: 1, values };
}

const total = (flags: Uint8Array) => flags.reduce((sum, flag) => sum + flag, 0);

export const robustAccuracyWorstCase = defineMetric<Input>({
  name: 'robust_accuracy_worst_case',
  domain: 'robustness',
  title: { en: 'Robust accuracy', es: 'Exactitud robusta' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Worst case over attacks for each image, then the mean over all images.',
    es: 'El peor caso entre los ataques para cada imagen y después la media de todas las imágenes.',
  },
  definition: {
    en: 'The share of images that are classified right without an attack and after every attack of the set.',
    es: 'La proporción de imágenes que se clasifican bien sin ataque y después de todos los ataques del conjunto.',
  },
  edgeCases: {
    en: 'It can be lower than the accuracy under any single attack, because attacks may break different images. An image that is wrong without an attack counts as broken. Without attacks it is the clean accuracy. Undefined without images.',
    es: 'Puede ser menor que la exactitud bajo cualquiera de los ataques, porque cada uno puede romper imágenes distintas. Una imagen mal clasificada sin ataque cuenta como rota. Sin ataques es la exactitud limpia. No está definida si no hay imágenes.',
  },
  source: 'Croce and Hein 2020, the sequential evaluation of AutoAttack; RobustBench',
  input: InputSchema,
  report: ({ cleanCorrect, correctAfterAttack }) => {
    const images = cleanCorrect.length;
    const robust = total(robustImages(cleanCorrect, correctAfterAttack));
    const interval = wilsonInterval(robust, images);
    const rate = (count: number) => (images === 0 ? null : count / images);
    return {
      value: rate(robust),
      interval: interval === null ? null : { ...interval },
      clean_accuracy: rate(total(cleanCorrect)),
      accuracy_after_attack: correctAfterAttack.map((attack) => rate(total(attack))),
    };
  },
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics,
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  },
});
