/** The web application: middleware in order, then one mount per route file. Never listens. */
import express, { type Express } from 'express';
import helmet from 'helmet';

import { createViews } from '../views/render.ts';
import type { Deps } from './deps.ts';
import { loadAssets } from './middleware/assets.ts';
import { cacheBoards } from './middleware/board-cache.ts';
import { loadContext } from './middleware/context.ts';
import { checkFormToken, checkOrigin } from './middleware/csrf.ts';
import { handleErrors, notFound } from './middleware/errors.ts';
import { createPages } from './middleware/pages.ts';
import { limitRate } from './middleware/rate-limit.ts';
import { accountRoutes } from './routes/accounts.ts';
import { adminUserRoutes } from './routes/admin-users.ts';
import { adminRoutes } from './routes/admin.ts';
import { apiRoutes } from './routes/api.ts';
import { auditRoutes } from './routes/audit.ts';
import { competitionRoutes } from './routes/competitions.ts';
import { disqualificationRoutes } from './routes/disqualifications.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { organizeRoutes, organizeUploadRoutes } from './routes/organize.ts';
import { pageRoutes } from './routes/pages.ts';
import { passwordRoutes } from './routes/passwords.ts';
import { receiptKeyRoutes } from './routes/receipt-keys.ts';
import { submissionRoutes } from './routes/submissions.ts';
import { submitRoutes } from './routes/submit.ts';
import { teamRoutes } from './routes/teams.ts';

const MINUTE_MS = 60 * 1000;

/** @param stopping aborted when the server begins to stop. */
export function createApp(deps: Deps, stopping: AbortSignal | null = null): Express {
  const { config } = deps;
  const assets = loadAssets();
  const pages = createPages(createViews(), assets.urls, () => deps.clock.now());
  const secure = config.PUBLIC_URL.startsWith('https:');

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.TRUST_PROXY_HOPS);
  // `a=1&a=2` is a list and `a[b]=1` is a key: no objects from query strings.
  app.set('query parser', 'simple');
  // Before everything that it has in store already: headers, languages, limits.
  app.use(cacheBoards(deps));
  app.use(securityHeaders(secure));

  // Before the limits: a monitor asks often, and files that browsers keep cost nothing.
  app.use('/healthz', healthRoutes(deps));
  app.use('/assets', assets.router);
  const rate = { windowMs: MINUTE_MS, limit: config.REQUESTS_PER_MINUTE };

  // The API knows no cookies, so nothing that follows concerns it.
  app.use('/api/v1', limitRate(rate), apiRoutes(deps));
  app.use('/.well-known/certamen-key.json', limitRate(rate), receiptKeyRoutes(deps));

  app.use(checkOrigin(deps));
  app.use(loadContext(deps));
  app.use(limitRate({ ...rate, perViewer: true }));
  // Reads its own body, and checks the token of its form before the first file is stored.
  app.use('/competitions', submitRoutes(deps, pages));
  app.use('/organize', organizeUploadRoutes(deps, pages));

  // No form is sent compressed: nothing is inflated to find out how large it is.
  app.use(
    express.urlencoded({ extended: false, limit: '64kb', parameterLimit: 50, inflate: false }),
  );
  app.use(checkFormToken);

  app.use('/', pageRoutes(deps, pages));
  app.use('/', eventRoutes(deps, stopping));
  app.use('/', accountRoutes(deps, pages));
  app.use('/', passwordRoutes(deps, pages));
  app.use('/', teamRoutes(deps, pages));
  app.use('/', auditRoutes(deps, pages));
  app.use('/entries', disqualificationRoutes(deps, pages));
  app.use('/competitions', competitionRoutes(deps, pages));
  app.use('/submissions', submissionRoutes(deps, pages));
  app.use('/organize', organizeRoutes(deps, pages));
  app.use('/admin/users', adminUserRoutes(deps, pages));
  app.use('/admin', adminRoutes(deps, pages));

  app.use(notFound);
  app.use(handleErrors(deps, pages));
  return app;
}

function securityHeaders(secure: boolean) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        ...(secure ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    // Stricter ones make a browser send `Origin: null` with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure,
  });
}
