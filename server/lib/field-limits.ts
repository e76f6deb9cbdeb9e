/** Lengths of form fields, for the checks and for the sentences about them. */
export const FIELD_LIMITS = {
  name: { min: 1, max: 80 },
  email: { min: 3, max: 254 },
  password: { min: 10, max: 200 },
  note: { min: 0, max: 500 },
  title_en: { min: 1, max: 120 },
  title_es: { min: 1, max: 120 },
  summary_en: { min: 1, max: 300 },
  summary_es: { min: 1, max: 300 },
  body_en: { min: 0, max: 40_000 },
  body_es: { min: 0, max: 40_000 },
  daily_limit: { min: 1, max: 10_000 },
  total_limit: { min: 1, max: 1_000_000 },
  concurrent_limit: { min: 1, max: 1_000 },
} as const;
