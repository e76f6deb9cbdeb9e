import type { Metric } from '../metric.ts';
import { l1, mae } from './absolute-error.ts';
import { spearman } from './spearman.ts';
import { mse, rmse } from './squared-error.ts';

export const REGRESSION_METRICS: readonly Metric[] = [l1, mae, rmse, mse, spearman];
