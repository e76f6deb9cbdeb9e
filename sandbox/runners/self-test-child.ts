/** A child without a submission: tests the provider that its environment names and prints what it found. */
import { PROVIDER_CHOICES } from '../request.ts';
import type { Provider } from '../request.ts';
import { selfTest } from './self-test.ts';

const named = PROVIDER_CHOICES.find((choice) => choice === process.env['ENGINE_PROVIDER']);
const provider: Provider = named === undefined || named === 'auto' ? 'cpu' : named;
const only = process.env['SELF_TEST_MODELS'] ?? '';
console.log(JSON.stringify(await selfTest(provider, only.split(';'))));
// Drivers keep threads that would hold the process.
process.exit(0);
