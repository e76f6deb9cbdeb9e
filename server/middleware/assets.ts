/** Stylesheet, scripts, icon and fonts: read once, served from memory, cached for long under an address with their hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { Router } from 'express';

import { AppError } from '../errors.ts';

export interface AssetUrls {
  readonly css: string;
  readonly js: string;
  readonly icon: string;
}

const FOLDER = join(import.meta.dirname, '../../views/assets');
const FILES = { css: 'site.css', js: 'site.js', icon: 'icon.svg' } as const;
const require = createRequire(import.meta.url);
const FONTS = [
  require.resolve('@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2'),
  require.resolve('@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2'),
];

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** Null for what is compressed already. */
  readonly gzipped: Buffer | null;
  readonly hash: string;
}

export function loadAssets(): { urls: AssetUrls; router: Router } {
  const assets = new Map<string, Asset>();
  for (const name of Object.values(FILES)) {
    assets.set(name, asset(readFileSync(join(FOLDER, name)), mimeType(name)));
  }
  for (const font of FONTS) {
    assets.set(`fonts/${basename(font)}`, asset(readFileSync(font), 'font/woff2'));
  }
  const url = (name: string) => `/assets/${name}?v=${assets.get(name)?.hash ?? ''}`;
  const router = Router();
  router.get('/*name', (req, res) => {
    const found = assets.get(req.params.name.join('/'));
    if (found === undefined) throw new AppError('NOT_FOUND');
    const named = req.query['v'] === found.hash;
    const gzipped = req.acceptsEncodings('gzip', 'identity') === 'gzip' && found.gzipped !== null;
    res.set('Content-Type', found.type);
    res.vary('Accept-Encoding');
    if (gzipped) res.set('Content-Encoding', 'gzip');
    res.set('ETag', `"${found.hash}${gzipped ? '-gzip' : ''}"`);
    res.set('Cache-Control', `public, max-age=${named ? '31536000, immutable' : '86400'}`);
    res.send(gzipped ? found.gzipped : found.body);
  });
  return { urls: { css: url(FILES.css), js: url(FILES.js), icon: url(FILES.icon) }, router };
}

function asset(body: Buffer, type: string): Asset {
  const gzipped = type === 'font/woff2' ? null : gzipSync(body);
  return {
    body,
    gzipped,
    type,
    hash: createHash('sha256').update(body).digest('hex').slice(0, 16),
  };
}

function mimeType(name: string): string {
  if (name.endsWith('.css')) return 'text/css; charset=utf-8';
  if (name.endsWith('.js')) return 'text/javascript; charset=utf-8';
  return 'image/svg+xml';
}
