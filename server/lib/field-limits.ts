/** Lengths of form fields, for the checks and for the sentences about them. */
export const FIELD_LIMITS = {
  name: { min: 1, max: 80 },
  email: { min: 3, max: 254 },
  password: { min: 10, max: 200 },
  note: { min: 0, max: 500 },
} as const;
