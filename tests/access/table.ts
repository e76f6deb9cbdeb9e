/**
 * What every route answers to whom: the whole of it, to be read. A new route needs a row here, or the test
 * fails; a row says by which rule the route is open, and what the parameters of its path stand for.
 */
import type { Role, State } from './site.ts';

/**
 * `open`: it does what it is for, or says that the form is not filled in. `closed`: not now (409). `forbidden`:
 * known, but not to be shown yet (403). `login`: the way to the login page, or 401. `hidden`: 404, word for word
 * the answer about something that does not exist. `missing`: 404 for who may see where it will be.
 */
export type Outcome = 'open' | 'closed' | 'forbidden' | 'login' | 'hidden' | 'missing';
type Rule = (role: Role, state: State) => Outcome;

const isOne = (role: Role, ...roles: Role[]) => roles.includes(role);
const runs = (role: Role) => isOne(role, 'organizer', 'admin');
const audits = (role: Role) => runs(role) || role === 'instructor';
const isTeam = (role: Role) => isOne(role, 'member', 'mate');
const sees = (role: Role, { competition }: State) => competition === 'public' || audits(role);

const openIf = (condition: boolean): Outcome => (condition ? 'open' : 'hidden');
/** The same rule for people who are logged in. */
const withLogin =
  (rule: Rule): Rule =>
  (role, state) =>
    role === 'anonymous' ? 'login' : rule(role, state);
/** Once something is there, a second question about it. */
const then =
  (rule: Rule, next: Rule): Rule =>
  (role, state) => {
    const first = rule(role, state);
    return first === 'open' ? next(role, state) : first;
  };

const everybody: Rule = () => 'open';
const loggedIn = withLogin(everybody);
/** Of one person: for others it does not exist. */
const ofMember = withLogin((role) => openIf(role === 'member'));
const administrators: Rule = (role) => openIf(role === 'admin');
const organizers: Rule = (role) => openIf(runs(role));
const organizersOfAny: Rule = (role) => openIf(runs(role) || role === 'organizer-elsewhere');
const auditors: Rule = (role) => openIf(audits(role));
const competition: Rule = (role, state) => openIf(sees(role, state));
const submission: Rule = (role, state) =>
  openIf(audits(role) || (sees(role, state) && isTeam(role)));
const actsOnSubmission = withLogin((role, state) =>
  openIf(runs(role) || (sees(role, state) && isTeam(role))),
);
const privateSplit = then(competition, (role, state) =>
  runs(role) || state.private === 'revealed' ? 'open' : 'forbidden',
);
const whileOpen: Rule = (_role, { phase }) => (phase === 'open' ? 'open' : 'closed');
const ifStill =
  (...submissions: State['submission'][]): Rule =>
  (_role, state) =>
    submissions.includes(state.submission) ? 'open' : 'closed';

export interface Row {
  readonly rule: Rule;
  /** Parameters of the path; `:slug` and the submission are the site's. `$` names one of the site's things. */
  readonly fill?: Readonly<Record<string, string>>;
  /** A query that the rule is about. */
  readonly query?: string;
  /** What a form or a body has to have to be more than malformed. */
  readonly body?: Readonly<Record<string, string>>;
  /** The body is multipart. */
  readonly files?: true;
}

const phase = { phase: 'open' };
const rules = { page: 'rules' };
const texts = { title_en: 'T', title_es: 'T', summary_en: 'S', summary_es: 'S' };
const password = { password: 'another long password' };
const account = { name: 'New', email: 'new@certamen.example', ...password };
const grant = { grant: '$grant' };

/** By route, or by route and a name in brackets where one row does not say it all. */
export const TABLE: Readonly<Record<string, Row>> = {
  // For everybody
  'GET /': { rule: everybody },
  'GET /about': { rule: everybody },
  'GET /assets/*name': { rule: everybody, fill: { '*name': 'site.css' } },
  'GET /forgot': { rule: everybody },
  'GET /healthz': { rule: everybody },
  'GET /login': { rule: everybody },
  'POST /login': { rule: everybody, body: { email: '$email', password: '$password' } },
  'POST /logout': { rule: everybody },
  'GET /metrics': { rule: everybody },
  'GET /metrics/:name': { rule: everybody, fill: { name: 'top1_error' } },
  'GET /signup': { rule: everybody },
  'POST /signup': { rule: everybody, body: account },
  'GET /reset/:token': { rule: everybody, fill: { token: '$reset' } },
  'POST /reset/:token': { rule: everybody, fill: { token: '$reset' }, body: password },
  'GET /setup/:token': { rule: everybody, fill: { token: '$setup' } },
  'POST /setup/:token': { rule: everybody, fill: { token: '$setup' }, body: account },
  'GET /.well-known/certamen-key.json': { rule: everybody },

  // One's own
  'GET /account': { rule: loggedIn },
  'POST /account/language': { rule: loggedIn, body: { locale: 'es' } },
  'GET /account/password': { rule: loggedIn },
  'POST /account/password': { rule: loggedIn, body: { current: 'wrong', ...password } },
  'POST /account/sessions/end': { rule: loggedIn },
  'GET /account/tokens': { rule: everybody },
  'POST /account/tokens': { rule: loggedIn, body: { name: 'x', days: '30' } },
  'POST /account/tokens/:id/revoke': { rule: ofMember, fill: { id: '$token' } },
  'GET /submissions': { rule: loggedIn },

  // A competition
  'GET /competitions/:slug': { rule: competition },
  'GET /competitions/:slug/compare': { rule: competition },
  'GET /competitions/:slug/compare (private)': { rule: privateSplit, query: 'split=private' },
  'GET /competitions/:slug/data/:file': {
    rule: competition,
    fill: { file: 'digits-public-inputs.npz' },
  },
  'GET /competitions/:slug/entries/:id': { rule: competition, fill: { id: '$entry' } },
  'GET /competitions/:slug/entries/:id (private)': {
    rule: privateSplit,
    fill: { id: '$entry' },
    query: 'split=private',
  },
  'GET /competitions/:slug/events': { rule: competition },
  'GET /competitions/:slug/events (private)': { rule: privateSplit, query: 'split=private' },
  'GET /competitions/:slug/leaderboard': { rule: competition },
  'GET /competitions/:slug/leaderboard.csv': { rule: competition },
  'GET /competitions/:slug/leaderboard.csv (private)': {
    rule: privateSplit,
    query: 'split=private',
  },
  'GET /competitions/:slug/leaderboard (private)': { rule: privateSplit, query: 'split=private' },
  'GET /competitions/:slug/samples.png': { rule: competition },
  'GET /competitions/:slug/shake-up': { rule: privateSplit },
  'GET /competitions/:slug/starter/:file': { rule: competition, fill: { file: 'model.py' } },
  'GET /competitions/:slug/submit': { rule: competition },
  'POST /competitions/:slug/submit': {
    rule: then(withLogin(competition), whileOpen),
    files: true,
  },
  'GET /api/v1/competitions': { rule: everybody },
  'GET /api/v1/competitions/:slug': { rule: competition },
  'GET /api/v1/competitions/:slug/leaderboard': { rule: competition },
  'GET /api/v1/competitions/:slug/leaderboard (private)': {
    rule: privateSplit,
    query: 'split=private',
  },
  'POST /api/v1/competitions/:slug/submissions': {
    rule: then(withLogin(competition), whileOpen),
    files: true,
  },

  // Teams
  'GET /competitions/:slug/team': { rule: withLogin(competition) },
  'POST /competitions/:slug/team': { rule: withLogin(competition), body: { name: 'New' } },
  'POST /competitions/:slug/team/invitations': { rule: withLogin(competition) },
  'POST /competitions/:slug/team/invitations/:id/withdraw': {
    rule: then(withLogin(competition), (role) => (isTeam(role) ? 'open' : 'missing')),
    fill: { id: '$invitation' },
  },
  // Whoever has submitted stays; whoever has no team has none to leave.
  'POST /competitions/:slug/team/leave': {
    rule: then(withLogin(competition), () => 'closed'),
  },
  'GET /join/:token': { rule: withLogin(competition), fill: { token: '$join' } },
  'POST /join/:token': {
    rule: then(withLogin(competition), (role) => (isTeam(role) ? 'closed' : 'open')),
    fill: { token: '$join' },
  },

  // A submission
  'GET /submissions/:id': { rule: submission },
  'GET /submissions/:id/audit': { rule: auditors },
  'GET /submissions/:id/cancel': { rule: withLogin(submission) },
  'POST /submissions/:id/cancel': { rule: then(actsOnSubmission, ifStill('queued')) },
  'POST /submissions/:id/choose': {
    rule: then(actsOnSubmission, (role, state) =>
      state.submission !== 'succeeded' || (state.phase === 'closed' && !runs(role))
        ? 'closed'
        : 'open',
    ),
  },
  'GET /submissions/:id/events': { rule: submission },
  'GET /submissions/:id/files/:index': { rule: submission, fill: { index: '0' } },
  'GET /submissions/:id/receipt': {
    rule: then(submission, (_role, state) => (state.submission === 'queued' ? 'missing' : 'open')),
  },
  'GET /submissions/:id/retry': { rule: withLogin(submission) },
  'POST /submissions/:id/retry': { rule: then(withLogin(organizers), ifStill('failed')) },
  'GET /api/v1/submissions/:id': { rule: submission },
  'POST /api/v1/submissions/:id/cancel': { rule: then(actsOnSubmission, ifStill('queued')) },
  'GET /api/v1/submissions/:id/receipt': {
    rule: then(submission, (_role, state) => (state.submission === 'queued' ? 'missing' : 'open')),
  },

  // Auditing
  'GET /competitions/:slug/audit': { rule: auditors },
  'GET /competitions/:slug/audit/results.csv': { rule: auditors },
  'GET /entries/:id/disqualify': { rule: withLogin(organizers), fill: { id: '$entry' } },
  'POST /entries/:id/disqualify': {
    rule: withLogin(organizers),
    fill: { id: '$entry' },
    body: { reason: 'x' },
  },
  'POST /entries/:id/reinstate': { rule: withLogin(organizers), fill: { id: '$entry' } },

  // Organizing
  'GET /organize': { rule: organizersOfAny },
  'GET /organize/new': { rule: organizersOfAny },
  'POST /organize/new': { rule: organizersOfAny, body: { ...texts, slug: 'new-one' } },
  'GET /organize/:slug': { rule: organizers },
  'GET /organize/:slug/edit': { rule: organizers },
  'POST /organize/:slug/edit': { rule: organizers, body: texts },
  'GET /organize/:slug/publish': { rule: organizers },
  'POST /organize/:slug/publish': { rule: organizers },
  'GET /organize/:slug/withdraw': { rule: organizers },
  'POST /organize/:slug/withdraw': { rule: organizers },
  'POST /organize/:slug/tasks': { rule: organizers, files: true },
  'GET /organize/:slug/pages/new': { rule: organizers },
  'POST /organize/:slug/pages/new': { rule: organizers, body: { ...texts, slug: 'more' } },
  'GET /organize/:slug/pages/:page': { rule: organizers, fill: rules },
  'POST /organize/:slug/pages/:page': { rule: organizers, fill: rules, body: texts },
  'GET /organize/:slug/pages/:page/remove': { rule: organizers, fill: rules },
  'POST /organize/:slug/pages/:page/remove': { rule: organizers, fill: rules },
  'GET /organize/:slug/phases/new': { rule: organizers },
  'POST /organize/:slug/phases/new': { rule: organizers },
  'GET /organize/:slug/phases/:phase/edit': { rule: organizers, fill: phase },
  'POST /organize/:slug/phases/:phase/edit': { rule: organizers, fill: phase },
  'GET /organize/:slug/phases/:phase/close': { rule: organizers, fill: phase },
  'POST /organize/:slug/phases/:phase/close': { rule: organizers, fill: phase },
  'GET /organize/:slug/phases/:phase/reveal': { rule: organizers, fill: phase },
  'POST /organize/:slug/phases/:phase/reveal': {
    rule: then(organizers, (_role, state) => (state.phase === 'closed' ? 'open' : 'closed')),
    fill: phase,
  },

  // The site
  'GET /admin': { rule: administrators },
  'GET /admin/queue/drain': { rule: administrators },
  'POST /admin/queue/drain': { rule: administrators },
  'GET /admin/queue/resume': { rule: administrators },
  'POST /admin/queue/resume': { rule: administrators },
  'GET /admin/users': { rule: administrators },
  'POST /admin/users/:id/reset-link': { rule: administrators, fill: { id: '$user' } },
  'POST /admin/users/:id/roles': { rule: administrators, fill: { id: '$user' }, body: grant },
  'POST /admin/users/:id/roles/revoke': {
    rule: administrators,
    fill: { id: '$user' },
    body: grant,
  },
};
