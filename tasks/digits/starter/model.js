// A submission in JavaScript that runs a model beside it five times on each image, as it is and moved by
// one pixel in each direction, and adds up the probabilities. Send it with one ONNX or TensorFlow.js model:
//
//   npx certamen evaluate --task tasks/digits --split public \
//     --model tasks/digits/starter/model.js --model tasks/digits/baselines/lenet5.onnx

export function setup(context) {
  if (Object.keys(context.models).length !== 1)
    throw new Error('send exactly one model beside this file');
}

export async function predict({ data, shape }, context) {
  const [rows, height, width] = shape;
  const [model] = Object.values(context.models);
  const [input] = model.inputs;
  const [output] = model.outputs;
  const scores = new Float32Array(rows * context.classes);
  for (const [down, right] of [
    [0, 0],
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    // Grey images have one channel, so the same numbers serve as [N, 784], [N, 28, 28, 1] and [N, 1, 28, 28].
    const moved = move(data, rows, height, width, down, right);
    const outputs = await model.run({ data: moved, shape: [rows, ...input.shape.slice(1)] });
    addProbabilities(scores, outputs[output.name].data, context.classes);
  }
  return scores;
}

/** The images, moved by whole pixels; what comes in at the edge is black. */
function move(images, rows, height, width, down, right) {
  const moved = new Float32Array(images.length);
  for (let row = 0; row < rows; row++) {
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      for (let x = Math.max(0, right); x < Math.min(width, width + right); x++) {
        moved[(row * height + y) * width + x] =
          images[(row * height + y - down) * width + x - right];
      }
    }
  }
  return moved;
}

/** Adds the softmax of each row of logits to the scores. */
function addProbabilities(scores, logits, classes) {
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const highest = Math.max(...row);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - highest);
    for (let k = 0; k < classes; k++) scores[start + k] += Math.exp(row[k] - highest) / sum;
  }
}
