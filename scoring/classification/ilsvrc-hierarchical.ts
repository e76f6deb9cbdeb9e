import { z } from 'zod';
import { checkSameLength } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';
import { meanOfErrors, meanOfFirst } from './class-metric.ts';

/** Costs between the nodes of a hierarchy. */
export interface Hierarchy {
  has(node: string): boolean;
  /**
   * Height of the lowest common ancestor of two nodes, 0 for a node and itself. A node is an ancestor of
   * itself, so a guess that is the parent of a leaf costs 1.
   *
   * @throws RangeError where they have none.
   */
  cost(guess: string, label: string): number;
  /** The greatest height above a node: what a missing guess costs. */
  worstCost(label: string): number;
}

/**
 * @param parents the parents of every node that is no root; more than one in a directed acyclic graph such
 * as WordNet. The height of a node is its longest path down to a leaf of this very graph: give the full
 * graph, not the part above the classes in use, where heights are meant to be those of the full one.
 * @throws RangeError for a cycle.
 */
export function createHierarchy(parents: ReadonlyMap<string, readonly string[]>): Hierarchy {
  const children = new Map<string, string[]>();
  const ensure = (node: string) => {
    const known = children.get(node);
    if (known !== undefined) return known;
    const created: string[] = [];
    children.set(node, created);
    return created;
  };
  for (const [node, above] of parents) {
    ensure(node);
    for (const parent of above) ensure(parent).push(node);
  }
  const heights = heightsOf(children, parents);

  const ancestors = new Map<string, ReadonlySet<string>>();
  const ancestorsOf = (node: string): ReadonlySet<string> => {
    const known = ancestors.get(node);
    if (known !== undefined) return known;
    const found = new Set([node]);
    for (const ancestor of found) {
      for (const parent of parents.get(ancestor) ?? []) found.add(parent);
    }
    ancestors.set(node, found);
    return found;
  };

  return {
    has: (node) => children.has(node),
    cost(guess, label) {
      if (guess === label) return 0;
      const ofLabel = ancestorsOf(label);
      let lowest = Infinity;
      for (const ancestor of ancestorsOf(guess)) {
        if (ofLabel.has(ancestor)) lowest = Math.min(lowest, heights.get(ancestor) ?? Infinity);
      }
      if (lowest === Infinity) throw new RangeError('two classes have no common ancestor');
      return lowest;
    },
    worstCost: (label) =>
      Math.max(...[...ancestorsOf(label)].map((ancestor) => heights.get(ancestor) ?? 0)),
  };
}

/** Longest path from each node down to a leaf, leaves first, so that no depth overflows the stack. */
function heightsOf(
  children: ReadonlyMap<string, readonly string[]>,
  parents: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const heights = new Map<string, number>();
  const waiting = new Map([...children].map(([node, below]) => [node, below.length]));
  const ready = [...waiting].filter(([, count]) => count === 0).map(([node]) => node);
  for (const leaf of ready) heights.set(leaf, 0);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const height = heights.get(next) ?? 0;
    for (const parent of parents.get(next) ?? []) {
      heights.set(parent, Math.max(heights.get(parent) ?? 0, height + 1));
      const left = (waiting.get(parent) ?? 0) - 1;
      waiting.set(parent, left);
      if (left === 0) ready.push(parent);
    }
  }
  if ([...waiting.values()].some((count) => count > 0)) {
    throw new RangeError('the hierarchy has a cycle');
  }
  return heights;
}

const Name = z.union([z.string(), z.number()]).transform(String);
const OneOrMore = z.union([Name.transform((name) => [name]), z.array(Name).min(1)]);
const NoneOrMore = z.union([z.null().transform((): string[] => []), OneOrMore]);
const InputSchema = z.object({
  parent: z
    .record(z.string(), NoneOrMore)
    .transform(
      (record) => new Map(Object.entries(record).map(([node, up]) => [node, [...new Set(up)]])),
    ),
  predictions: z.array(z.array(Name)),
  groundTruth: z.array(OneOrMore),
  maxPredictions: z.int().min(1).default(5),
});

function errorsOf(input: z.infer<typeof InputSchema>): Float64Array {
  const { parent, predictions, groundTruth, maxPredictions } = input;
  checkSameLength(predictions, 'predictions', groundTruth, 'groundTruth');
  const hierarchy = createHierarchy(parent);
  const check = (field: string, image: number, names: readonly string[]) => {
    if (names.every((name) => hierarchy.has(name))) return;
    throw new MetricInputError(
      `ilsvrc_hierarchical: ${field}.${image}: a name that is not in the hierarchy`,
    );
  };
  return Float64Array.from(predictions, (guesses, image) => {
    const truth = groundTruth[image] ?? [];
    check('predictions', image, guesses);
    check('groundTruth', image, truth);
    const counted = guesses.slice(0, maxPredictions);
    const costs = truth.map((label) =>
      counted.length === 0
        ? hierarchy.worstCost(label)
        : Math.min(...counted.map((guess) => hierarchy.cost(guess, label))),
    );
    return costs.reduce((total, cost) => total + cost, 0) / costs.length;
  });
}

/**
 * Hierarchical error over ordered guesses: `{ parent: { child: parent | [parent, …] | null }, predictions:
 * [[name, …], …], groundTruth: [name, …], maxPredictions? }`.
 *
 * Source: Deng et al. 2010 and Russakovsky et al. 2015; used in the ILSVRC of 2010 and 2011.
 */
export const ilsvrcHierarchical = defineMetric({
  name: 'ilsvrc_hierarchical',
  domain: 'classification',
  title: { en: 'ILSVRC hierarchical error', es: 'Error jerárquico del ILSVRC' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'number',
  aggregation: {
    en: 'Least cost among the guesses of each image, then mean over images.',
    es: 'El menor coste entre las respuestas de cada imagen y después media sobre las imágenes.',
  },
  definition: {
    en: 'How far up the hierarchy of classes one must go from the best guess to reach the truth. The cost of a guess is the height of the lowest common ancestor of guess and true class, where the height of a node is its longest path down to a leaf; a right guess costs 0. The cheapest of the first maxPredictions guesses counts (5 unless given).',
    es: 'Cuánto hay que subir en la jerarquía de clases desde la mejor respuesta hasta dar con la verdad. El coste de una respuesta es la altura del antepasado común más bajo de la respuesta y la clase verdadera, y la altura de un nodo es su camino más largo hasta una hoja; una respuesta correcta cuesta 0. Cuenta la más barata de las primeras maxPredictions respuestas (5 si no indicas otra cosa).',
  },
  edgeCases: {
    en: 'A node may have several parents; the common ancestor of least height counts then. Heights are those of the hierarchy that is given: the full WordNet and its part above 1,000 classes give different numbers. No guess costs the greatest height above the true class. Names that are not in the hierarchy, classes without a common ancestor and cycles are refused. Not defined without images.',
    es: 'Un nodo puede tener varios padres; entonces cuenta el antepasado común de menor altura. Las alturas son las de la jerarquía que se da: WordNet completo y su parte por encima de 1000 clases dan números distintos. No responder cuesta la mayor altura que hay por encima de la clase verdadera. Se rechazan los nombres que no están en la jerarquía, las clases sin antepasado común y los ciclos. No está definida si no hay imágenes.',
  },
  source: 'Deng et al. 2010; Russakovsky et al. 2015 (ILSVRC 2010 and 2011).',
  input: InputSchema,
  report: (input) => ({ value: meanOfErrors(errorsOf(input)) }),
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics(input) {
      const errors = errorsOf(input);
      return { items: errors.length, width: 1, values: errors };
    },
    finish: meanOfFirst,
  },
});
