import type { Metric } from '../metric.ts';
import { cer } from './cer.ts';
import { editDistanceMetric } from './edit-distance.ts';
import { mer } from './mer.ts';
import { perTimitSclite } from './per-timit-sclite.ts';
import { perTimit } from './per-timit.ts';
import { per } from './per.ts';
import { scliteAlignment } from './sclite-alignment.ts';
import { scliteCorpus, scliteWer } from './sclite-corpus.ts';
import { timitFold } from './timit-fold.ts';
import { werJiwer } from './wer-jiwer.ts';
import { werTorchmetrics } from './wer-torchmetrics.ts';
import { wer } from './wer.ts';
import { wil } from './wil.ts';
import { wip } from './wip.ts';

export const SEQUENCE_METRICS: readonly Metric[] = [
  wer,
  mer,
  wil,
  wip,
  cer,
  werJiwer,
  werTorchmetrics,
  scliteAlignment,
  scliteCorpus,
  scliteWer,
  per,
  perTimit,
  perTimitSclite,
  timitFold,
  editDistanceMetric,
];
