/** Options of `certamen metric` that go with `--judge`; in a file of their own, since it loads nothing. */
const one = { type: 'string' } as const;
const several = { type: 'string', multiple: true } as const;

export const JUDGE_OPTIONS = {
  judge: several,
  output: several,
  real: one,
  fake: one,
  truth: one,
  weights: one,
  images: one,
  layout: one,
  scale: one,
  mean: one,
  std: one,
  splits: one,
  subsets: one,
  'subset-size': one,
  seed: one,
  batch: one,
  'wall-ms': one,
  'memory-mb': one,
  threads: one,
} as const;

type Name = keyof typeof JUDGE_OPTIONS;
export type JudgeValues = {
  readonly [Option in Name]?:
    ((typeof JUDGE_OPTIONS)[Option] extends { multiple: true } ? string[] : string) | undefined;
};

export const JUDGE_HELP = `
certamen metric fid|kid|inception_score|fcn_score|lpips --judge JUDGE.onnx [options] [--json]

Images (.npy, read in batches; .npz as file.npz or file.npz#array) are turned into features, class
probabilities or label maps by a judge network of yours, which runs in the sandbox. docs/reference/judge.md
tells what it has to answer.

  --judge FILE     the judge, ONNX; repeat for one in several files
  --output NAME    which of its outputs counts, if several fit; lpips: repeat for the layers in their order
  --real FILE      real images (fid, kid, lpips)
  --fake FILE      generated images
  --truth FILE     the class of each pixel, whole numbers [N,H,W] (fcn_score)
  --weights FILE   lpips: JSON, weights of each layer's channels; 1 without it
  --images LAYOUT  nhwc or nchw, where the channels of the files stand; 1 to 4 channels tell by themselves
  --layout LAYOUT  nhwc or nchw, the judge's input where its shape fits both
  --scale S --mean M[,M...] --std S[,S...]
                   the judge gets (pixel * scale - mean) / std; by default the pixels as they are
  --splits N       inception_score: splits, default 10
  --subsets N --subset-size N --seed N
                   kid: mean over random subsets; by default the whole sets
  --batch N        images in each request, default 32, or 4 for fcn_score and lpips
  --wall-ms MS --memory-mb MB --threads N
                   limits of the judge: default 600000, 4096, 2
`.trim();
