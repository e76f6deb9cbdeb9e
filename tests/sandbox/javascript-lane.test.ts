import { describe, it } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import { processIsolation } from '../../sandbox/isolation/process-level.ts';
import { expectFailure } from './expect-failure.ts';
import { makeRequest } from './run-child.ts';

const files = [{ name: 'model.js', bytes: new TextEncoder().encode('const predict = () => [1];') }];
const task = { inputShape: [2, 2, 1], classes: 1 };

describe('the JavaScript lane where nothing walls code in', () => {
  const open = (accepts: ('javascript' | 'onnx')[]) =>
    openSandbox(makeRequest({ files, accepts, task }), { isolation: processIsolation([]) });

  it('is closed, and says that it is for want of isolation', async () => {
    await expectFailure(() => open(['javascript', 'onnx']), 'code-needs-isolation', {
      lane: 'javascript',
    });
  });

  it('says that the task does not take code where that is why', async () => {
    await expectFailure(() => open(['onnx']), 'lane-not-accepted', { lane: 'javascript' });
  });
});
