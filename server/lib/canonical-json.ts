/** What JSON can hold. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text for one value: no spaces, keys in the order of their UTF-16 code units, numbers and strings as
 * ECMAScript writes them. This is RFC 8785 (JSON Canonicalization Scheme) for values without lone surrogates.
 *
 * @throws TypeError for a number that is not finite.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('JSON has no such number');
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}

/** `Array.isArray` does not see read-only lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
