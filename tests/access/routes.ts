/** The routes that an Express application really has, read from its router. */
import type { Express } from 'express';

interface Layer {
  readonly rawPath?: unknown;
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Such as `GET /competitions/:slug`, each once, sorted. `ALL` stands for a route of every method. */
export function listRoutes(app: Express): string[] {
  const router = app.router as unknown as { readonly stack: readonly Layer[] };
  return [...new Set(walk(router.stack, ''))].sort();
}

function walk(stack: readonly Layer[], prefix: string): string[] {
  return stack.flatMap((layer) => {
    if (layer.route !== undefined) {
      const path = join(prefix, layer.route.path);
      return Object.keys(layer.route.methods).map(
        (method) => `${method === '_all' ? 'ALL' : method.toUpperCase()} ${path}`,
      );
    }
    const { stack: inner } = layer.handle;
    return inner === undefined ? [] : walk(inner, join(prefix, layer.rawPath));
  });
}

function join(prefix: string, path: unknown): string {
  // A path of another kind would be a route that nobody looked at.
  if (typeof path !== 'string')
    throw new Error(`a route of a kind that is not read: ${String(path)}`);
  return `${prefix}${path}`.replace(/\/{2,}/gu, '/').replace(/(?<=.)\/$/u, '');
}
