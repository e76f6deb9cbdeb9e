/**
 * What a request asks for, as a URL of which only path and query mean anything. Clients send any bytes: `//` alone
 * is no URL, and `//host/path` is one of another site.
 */
export function localUrl(asked: string): URL {
  return (
    URL.parse(asked.replace(/^[/\\]+/u, '/'), 'http://localhost') ?? new URL('http://localhost/')
  );
}

/** The address within this site: what was `/.//host` has the path `//host`, which alone would be another site. */
export function pathWithQuery({ pathname, search }: URL): string {
  return `/${pathname.replace(/^\/+/u, '')}${search}`;
}
