/** Errors with a stable code. Sentences for people live in `views/locales`, one per code and language. */

/** Code to HTTP status. The comment names the parameters that the sentence may use. */
export const ERROR_CATALOGUE = {
  // Requests
  BAD_REQUEST: 400,
  BODY_TOO_LARGE: 413,
  INVALID_FORM: 422, // fields: see AppError.fields
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  FORBIDDEN: 403,
  CSRF_FAILED: 403,
  LOGIN_REQUIRED: 401,
  TOKEN_INVALID: 401,
  TOO_MANY_REQUESTS: 429, // retry_after_s
  // Accounts
  LOGIN_FAILED: 401,
  EMAIL_TAKEN: 409,
  USER_NOT_FOUND: 404,
  SETUP_LINK_INVALID: 404,
  RESET_LINK_INVALID: 404,
  LAST_ADMIN: 409,
  INVITATION_INVALID: 404,
  ALREADY_TAKES_PART: 409,
  TEAM_FULL: 409, // limit
  TEAM_FIXED: 409,
  TOKEN_LIMIT_REACHED: 409, // limit
  // Competitions
  COMPETITION_NOT_FOUND: 404,
  PHASE_NOT_FOUND: 404,
  SPLIT_NOT_FOUND: 404,
  SPLIT_NOT_REVEALED: 403,
  ENTRY_NOT_FOUND: 404,
  COMPARISON_CLOSED: 403,
  COMPARISON_NOT_POSSIBLE: 409,
  TASK_NOT_FOUND: 404,
  // Organizing
  NOT_PUBLISHABLE: 409,
  PHASE_NOT_ENDED: 409,
  TASK_NOT_A_ZIP: 422,
  PAGE_NOT_FOUND: 404,
  // Submissions
  SUBMISSION_NOT_FOUND: 404,
  PHASE_NOT_STARTED: 409, // starts_at
  PHASE_CLOSED: 409, // ends_at
  SUBMISSION_LIMIT_REACHED: 429, // limit, resets_at
  TOTAL_LIMIT_REACHED: 429, // limit
  CONCURRENT_LIMIT_REACHED: 429, // limit
  FREE_FAILURE_LIMIT_REACHED: 429, // limit, resets_at
  NO_FILES: 422,
  TOO_MANY_FILES: 422, // limit
  BAD_FILE_NAME: 422, // file
  DUPLICATE_FILE_NAME: 422, // file
  UPLOAD_TOO_LARGE: 413, // limit_mb
  UPLOAD_INCOMPLETE: 400,
  STORAGE_FULL: 507,
  SITE_BUSY: 503, // retry_after_s
  EVALUATION_NOT_CANCELLABLE: 409,
  EVALUATION_NOT_RETRYABLE: 409,
  CHOICE_NOT_OFFERED: 409,
  RECEIPT_NOT_FOUND: 404,
  INTERNAL: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
export type ErrorParams = Readonly<Record<string, string | number>>;

/** What can be wrong with a form field: `field.<problem>` in the catalogues, with the limits of lib/field-limits.ts. */
export const FIELD_PROBLEMS = [
  'required',
  'email',
  'email_taken',
  'name_length',
  'password_short',
  'password_long',
  'password_wrong',
  'number',
  'numbers',
  'std_zero',
  'layout',
  'too_long',
  'whole',
  'slug',
  'slug_taken',
  'time',
  'time_zone',
  'end_before_start',
  'already_revealed',
  'task_in_use',
  'split_unknown',
  'split_twice',
  'split_answers_known',
  'invalid',
] as const;

export type FieldProblem = (typeof FIELD_PROBLEMS)[number];

interface AppErrorOptions {
  /** Values for the sentence of the code; safe to show. */
  params?: ErrorParams;
  /** Form field to what is wrong with it, for INVALID_FORM. */
  fields?: Readonly<Record<string, FieldProblem>>;
  /** For the log only. */
  detail?: string;
  cause?: unknown;
}

/** Thrown by services and routes; the error handler is the only place that turns it into an answer. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly params: ErrorParams;
  readonly fields: Readonly<Record<string, FieldProblem>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail === undefined ? code : `${code}: ${options.detail}`, {
      cause: options.cause,
    });
    this.name = 'AppError';
    this.code = code;
    this.status = ERROR_CATALOGUE[code];
    this.params = options.params ?? {};
    this.fields = options.fields ?? {};
  }
}

/** Why a process does not start, for the operator: printed as one line, without a stack. */
export class StartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartError';
  }
}
