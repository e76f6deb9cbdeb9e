/** Loads everything that a child may load, so that Node writes it to the code cache when it ends. */
await Promise.all([
  import('isolated-vm'),
  import('onnxruntime-node'),
  import('@tensorflow/tfjs-core'),
  import('@tensorflow/tfjs-layers'),
  import('@tensorflow/tfjs-converter'),
  import('@tensorflow/tfjs-backend-cpu'),
  import('@tensorflow/tfjs-backend-wasm'),
  import('./load.ts'),
  import('./onnx.ts'),
  import('./tfjs.ts'),
  import('./javascript.ts'),
  import('./predictions.ts'),
]);
// Last, since it ends the process: nobody writes to its pipe.
await import('../child.ts');
