/**
 * Images per second of two networks on the processor and on every accelerator that ONNX Runtime can use
 * here, in batches of 1, 64 and 1,024, each beside PyTorch where python3 has it with CUDA.
 *
 *   node bench/gpu.ts [--threads N] [--seconds 2] [--software] [--json]
 *
 * A rate counts everything that a run of the product pays per batch: the copy to the device, the network
 * and the copy back. Before anything is timed, each accelerator is compared with the processor. With
 * --software a software Vulkan driver is measured too, which says nothing about cards. Nothing here needs a
 * network or a package registry: `bench/gpu/pack.sh` makes an archive that runs by itself.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

import { lacks } from '../sandbox/accelerator.ts';
import { findAccelerators } from '../sandbox/isolation/accelerator.ts';
import type { Provider } from '../sandbox/request.ts';
import { lenet, testValues, wideNet } from '../sandbox/runners/self-test-models.ts';
import type { TestModel } from '../sandbox/runners/self-test-models.ts';
import { selfTest } from '../sandbox/runners/self-test.ts';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: String(availableParallelism()) },
    seconds: { type: 'string', default: '2' },
    software: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(values.threads);
const seconds = Number(values.seconds);

const NETWORKS = [
  { name: 'lenet', title: 'LeNet-5, 28 x 28 x 1', build: lenet },
  { name: 'wide', title: 'wide network, 64 x 64 x 3', build: wideNet },
] as const;
const BATCHES = [1, 64, 1024];
/** A first batch that takes longer than this is not repeated. */
const PATIENCE_MS = 20_000;

interface Rate {
  readonly network: string;
  readonly batch: number;
  /** `onnxruntime` or `pytorch`, and where it computed. */
  readonly engine: string;
  readonly provider: string;
  /** Null where one batch took too long. */
  readonly images_per_s: number | null;
}

const found = findAccelerators();
const ort = await import('onnxruntime-node');

/** Median over the batches that fit into the time. */
async function measure(model: TestModel, provider: Provider): Promise<number | null> {
  const batch = model.shape[0] ?? 1;
  const session = await ort.InferenceSession.create(model.bytes, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });
  try {
    const size = model.shape.reduce((all, dim) => all * dim, 1);
    const data = testValues(size, 0);
    const once = async () => {
      const started = performance.now();
      await session.run({ x: new ort.Tensor('float32', data, [...model.shape]) });
      return performance.now() - started;
    };
    if ((await once()) > PATIENCE_MS) return null;
    const times: number[] = [];
    const end = performance.now() + seconds * 1000;
    do times.push(await once());
    while (performance.now() < end);
    times.sort((left, right) => left - right);
    return (batch * 1000) / (times[Math.floor(times.length / 2)] ?? Infinity);
  } finally {
    await session.release();
  }
}

/** What PyTorch makes of the same networks; a sentence where there is none to ask. */
function pytorch(): { readonly device: string; readonly rates: readonly Rate[] } | string {
  const script = fileURLToPath(new URL('gpu/pytorch.py', import.meta.url));
  try {
    const text = execFileSync('python3', [script, String(seconds)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(text) as { device: string; rates: readonly Rate[] };
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    const lines = (stderr ?? String(error)).trim().split('\n');
    return `not compared with PyTorch: ${lines.at(-1) ?? 'python3 did not run'}`;
  }
}

const rates: Rate[] = [];
const notes: string[] = [];
for (const provider of ['cpu', 'webgpu', 'cuda'] as const) {
  const lacking = lacks(provider, found, values.software);
  if (lacking !== null) {
    notes.push(`${provider} was not run: ${lacking}`);
    continue;
  }
  if (provider !== 'cpu') {
    const { operators, problems } = await selfTest(provider, ['']);
    notes.push(
      `${provider}: ${String(operators - problems.length)} of ${String(operators)} models of the self-test agree with the processor`,
      ...problems.map((problem) => `${provider} wrong: ${problem}`),
    );
  }
  for (const { name, build } of NETWORKS)
    for (const batch of BATCHES) {
      if (!values.json) process.stderr.write(`${provider} ${name} ${String(batch)} ...\n`);
      try {
        const images_per_s = await measure(build(batch), provider);
        rates.push({ network: name, batch, engine: 'onnxruntime', provider, images_per_s });
        if (images_per_s === null) break;
      } catch (error) {
        notes.push(`${provider} ${name} ${String(batch)}: ${String(error)}`);
        break;
      }
    }
}
const torch = pytorch();
if (typeof torch === 'string') notes.push(torch);
else {
  rates.push(...torch.rates);
  notes.push(`PyTorch ran on ${torch.device}`);
}

const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  threads,
  node: process.version,
  onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
  cards: found.adapters,
  drivers: found.drivers.map(({ manifest, software }) => ({ manifest, software })),
};

if (values.json) console.log(JSON.stringify({ machine, rates, notes }, null, 2));
else {
  console.log(`${machine.cpu}, ${String(machine.cores)} cores, ${String(threads)} threads`);
  console.log(
    machine.cards.length === 0
      ? 'no graphics card found'
      : machine.cards.map(({ name, driver }) => `${name}, driver ${driver}`).join('\n'),
  );
  console.log('\nimages per second');
  for (const { name, title } of NETWORKS) {
    const columns = [...new Set(rates.map(({ engine, provider }) => `${engine} ${provider}`))];
    console.log(`\n${title}`);
    console.log(['batch', ...columns].map((cell) => cell.padStart(18)).join(''));
    for (const batch of BATCHES) {
      const cells = columns.map((column) => {
        const rate = rates.find(
          (each) =>
            each.network === name &&
            each.batch === batch &&
            `${each.engine} ${each.provider}` === column,
        );
        if (rate === undefined) return '-';
        return rate.images_per_s === null ? 'too slow' : Math.round(rate.images_per_s).toString();
      });
      console.log([String(batch), ...cells].map((cell) => cell.padStart(18)).join(''));
    }
  }
  console.log(`\n${notes.join('\n')}`);
}
// Drivers keep threads that would hold the process.
process.exit(0);
