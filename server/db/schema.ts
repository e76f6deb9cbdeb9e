/** The tables, as Kysely sees them. Times are ISO-8601 UTC text, flags 0/1, `_json` text parsed by Zod in the model. */
import type { Generated } from 'kysely';

type Id = string;
type Time = string;
type Flag = 0 | 1;

interface Users {
  id: Id;
  email: string;
  name: string;
  password_hash: string;
  locale: string;
  created_at: Time;
}
/** Roles are (user, scope, role) rows; only `admin` has the scope `site` (scope_id ''). */
interface RoleGrants {
  id: Id;
  user_id: Id;
  scope: string;
  scope_id: string;
  role: string;
  created_at: Time;
}
interface Sessions {
  token_hash: string;
  user_id: Id;
  created_at: Time;
  expires_at: Time;
}
/** Who takes part in an entry; nobody is in two of a competition. */
interface TeamMembers {
  entry_id: Id;
  competition_id: Id;
  user_id: Id;
  joined_at: Time;
}
interface TeamInvitations {
  id: Id;
  token_hash: string;
  entry_id: Id;
  created_by: Id;
  created_at: Time;
  expires_at: Time;
}
/** One-time links to choose a new password. */
interface PasswordResets {
  token_hash: string;
  user_id: Id;
  created_at: Time;
  expires_at: Time;
}
interface ApiTokens {
  id: Id;
  user_id: Id;
  name: string;
  token_hash: string;
  hint: string;
  created_at: Time;
  last_used_at: Time | null;
  expires_at: Time | null;
  revoked_at: Time | null;
}
interface Tasks {
  id: Id;
  name: string;
  folder: string;
  created_at: Time;
  /** The competition whose organizers brought it; null: the site's. */
  competition_id: Generated<Id | null>;
}
interface TaskVersions {
  id: Id;
  task_id: Id;
  version: string;
  spec_json: string;
  split_hashes_json: string;
  created_at: Time;
  /** Null: that of the task. */
  folder: Generated<string | null>;
}
interface Competitions {
  id: Id;
  slug: string;
  title_json: string;
  summary_json: string;
  state: string;
  created_at: Time;
}
interface Phases {
  id: Id;
  competition_id: Id;
  slug: string;
  title_json: string;
  position: number;
  task_version_id: Id;
  public_split: string;
  private_split: string | null;
  display_rule: string;
  daily_limit: number;
  starts_at: Time;
  ends_at: Time | null;
  revealed_at: Time | null;
  board_version: number;
  /** Null: by the primary metric. */
  ranking_json: string | null;
  /** Null: as the detail of the public split asks. */
  release_json: string | null;
  total_limit: number | null;
  concurrent_limit: number | null;
  /** IANA name: how times of the phase are entered and shown. */
  time_zone: Generated<string>;
  /** `at-end`, or `by-organizer`. */
  reveal_rule: Generated<string>;
}
/** Markdown by the organizers, shown on the page of the competition. */
interface CompetitionPages {
  id: Id;
  competition_id: Id;
  slug: string;
  position: number;
  title_json: string;
  body_json: string;
  updated_at: Time;
}
/** A bundle that an organizer sent. status: waiting, checking, imported, refused, failed. */
interface TaskImports {
  id: Id;
  competition_id: Id;
  user_id: Id;
  file_name: string;
  /** Null once the bundle is unpacked or refused. */
  storage_key: string | null;
  bytes: number;
  sha256: string;
  status: string;
  problems_json: string;
  task_version_id: Id | null;
  created_at: Time;
  finished_at: Time | null;
}
/** kind: `entry` (of a user) or `baseline` (of the organizer: no user, a localized name and a source). */
interface Entries {
  id: Id;
  competition_id: Id;
  kind: string;
  user_id: Id | null;
  name: string;
  names_json: string | null;
  source: string | null;
  created_at: Time;
  disqualified_at: Time | null;
  disqualified_reason: string | null;
}
/** Published results quoted from the literature; unranked. */
interface ReferenceRows {
  id: Id;
  phase_id: Id;
  position: number;
  name: string;
  source: string;
  note_json: string | null;
  scores_json: string;
  /** Position by split. */
  places_json: Generated<string>;
}
interface Submissions {
  id: Id;
  phase_id: Id;
  entry_id: Id;
  user_id: Id | null;
  files_json: string;
  artifact_sha256: string;
  artifact_bytes: number;
  options_json: string;
  note: string;
  created_at: Time;
}
/** status: queued, running, succeeded, failed, cancelled. */
interface Evaluations {
  id: Id;
  submission_id: Id;
  phase_id: Id;
  entry_id: Id;
  task_version_id: Id;
  status: string;
  attempt: number;
  failure_json: string | null;
  progress_done: number;
  progress_total: number;
  run_json: string | null;
  counts_quota: Flag;
  queued_at: Time;
  started_at: Time | null;
  finished_at: Time | null;
}
/** The trail: every change of state of an evaluation. */
interface EvaluationEvents {
  id: Id;
  evaluation_id: Id;
  at: Time;
  event: string;
  detail_json: string;
}
interface Scores {
  evaluation_id: Id;
  split: string;
  metric: string;
  value: number | null;
  low: number | null;
  high: number | null;
  /** What participants see of a public split of coarse detail; null elsewhere. */
  released_value: number | null;
  released_low: number | null;
  released_high: number | null;
}
/** Additive statistics of the items of a split in the order of its rows. No route reads them out. */
interface ItemResults {
  evaluation_id: Id;
  split: string;
  metric: string;
  items: number;
  width: number;
  encoding: string;
  data: Buffer;
}
/** Turns of an entry at the public split, from 1, and the evaluation whose scores were released at each. */
interface Releases {
  evaluation_id: Id;
  phase_id: Id;
  entry_id: Id;
  turn: number;
  leader_evaluation_id: Id;
}
/** p-values of the paired tests behind the tie groups of a board, kept for its next rebuild. */
interface BoardTests {
  phase_id: Id;
  split: string;
  above_evaluation_id: Id;
  below_evaluation_id: Id;
  p: number;
}
/** Where the display rule is `chosen`. */
interface ChosenSubmissions {
  phase_id: Id;
  entry_id: Id;
  submission_id: Id;
  chosen_at: Time;
}
interface SplitDetails {
  evaluation_id: Id;
  split: string;
  rows: number;
  detail_json: string;
}
/** Public keys whose private half has signed a receipt here; old ones stay. */
interface ReceiptKeys {
  key_id: string;
  public_key: string;
  created_at: Time;
}
/** The signed file with every seal opened: parts of it are for some readers only. */
interface Receipts {
  evaluation_id: Id;
  key_id: string;
  receipt_json: string;
  created_at: Time;
}
/** What a run wrote, and the parameters of its failure: for those who run the competition. */
interface RunLogs {
  evaluation_id: Id;
  log: string;
  truncated: Flag;
  failure_params_json: string;
}
interface LeaderboardEntries {
  phase_id: Id;
  split: string;
  entry_id: Id;
  evaluation_id: Id;
  rank: number | null;
  position: number;
  primary_value: number | null;
  submissions: number;
  submitted_at: Time;
  mean_rank: number | null;
  tie_group: number | null;
  rank_low: number | null;
  rank_high: number | null;
}
/** The last UTC day on which a board changed. */
interface BoardDays {
  phase_id: Id;
  split: string;
  day: string;
}
/** Ranks when that day began. */
interface BoardDayRanks {
  phase_id: Id;
  split: string;
  entry_id: Id;
  rank: number;
}
/** Who stood first on a board from when on, and with which score as participants saw it. */
interface BoardLeads {
  id: Id;
  phase_id: Id;
  split: string;
  at: Time;
  entry_id: Id;
  value: number | null;
}
/** state: queued, running, done, dead, cancelled. The job of an evaluation has the evaluation's id. */
interface Jobs {
  id: Id;
  kind: string;
  payload_json: string;
  state: string;
  priority: number;
  run_at: Time;
  attempts: number;
  max_attempts: number;
  owner: string | null;
  lease_until: Time | null;
  last_error: string | null;
  created_at: Time;
  finished_at: Time | null;
}
interface AuditEvents {
  id: Id;
  at: Time;
  actor_id: Id | null;
  action: string;
  subject: string;
  subject_id: Id;
  detail_json: string;
}
interface Workers {
  id: Id;
  pid: number;
  started_at: Time;
  seen_at: Time;
  stopped_at: Time | null;
  isolation_json: string;
}
interface Settings {
  key: string;
  value: string;
}

export interface Database {
  users: Users;
  role_grants: RoleGrants;
  sessions: Sessions;
  team_members: TeamMembers;
  team_invitations: TeamInvitations;
  password_resets: PasswordResets;
  api_tokens: ApiTokens;
  tasks: Tasks;
  task_versions: TaskVersions;
  competitions: Competitions;
  phases: Phases;
  competition_pages: CompetitionPages;
  task_imports: TaskImports;
  entries: Entries;
  reference_rows: ReferenceRows;
  submissions: Submissions;
  evaluations: Evaluations;
  evaluation_events: EvaluationEvents;
  scores: Scores;
  item_results: ItemResults;
  releases: Releases;
  board_tests: BoardTests;
  chosen_submissions: ChosenSubmissions;
  split_details: SplitDetails;
  receipt_keys: ReceiptKeys;
  receipts: Receipts;
  run_logs: RunLogs;
  leaderboard_entries: LeaderboardEntries;
  board_days: BoardDays;
  board_day_ranks: BoardDayRanks;
  board_leads: BoardLeads;
  jobs: Jobs;
  audit_events: AuditEvents;
  workers: Workers;
  settings: Settings;
}
